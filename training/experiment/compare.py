"""Families side by side: one protocol, the same recordings, one table."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from edge_ser.model.bundle import read_bundle
from edge_ser.model.interpreter import choose_interpreter
from training.data.protocols import Split
from training.data.utterances import FRONT_END
from training.experiment.fold import BACKEND, Fold
from training.fitting import batches
from training.scoring import predict
from training.support import files

_TIMED_CLIPS: Final = 40
_ROUNDS: Final = 5  # the quickest counts: other work on the machine only ever adds time


def row(evaluation: dict[str, Any], folds: Sequence[tuple[Fold, Split]]) -> dict[str, Any]:
    """Return a family's line of the table, as :func:`training.reporting.tables.comparison` takes it."""
    overall = evaluation["overall"]
    int8 = overall.get("int8", {})
    facts: dict[str, Any] = {
        "family": evaluation["family"],
        "uar": overall["float"]["uar"],
        "uar_interval": overall["float"]["uar_interval"],
        "uar_int8": int8.get("uar"),
        "uar_int8_interval": int8.get("uar_interval"),
        "parameters": None,
        "multiply_adds_a_second": None,
        "int8_bytes": None,
        "latency_us_a_second": None,
        "seconds": sum(fold["seconds"] for fold in evaluation["folds"].values()),
    }
    first, split = folds[0]
    if not first.classical:
        quantization = files.read_json(first.folder / "quantization.json")
        facts |= {key: quantization[key] for key in ("parameters", "multiply_adds_a_second")}
        facts["int8_bytes"] = quantization["variants"]["int8"]["bytes"]
        facts["latency_us_a_second"] = round(_latency(first, split), 1)
    return facts


def _latency(fold: Fold, split: Split) -> float:
    """Return the int8 model's time for a second of speech, µs, on one core of this machine."""
    bundle = read_bundle(fold.model("int8"))
    steps = predict.model_steps(bundle, choose_interpreter(BACKEND))
    clips = [clip for clip in split.validation if clip.label is not None][:_TIMED_CLIPS]
    features = [batches.quantize(u.cepstra, fold.gains) for u in fold.dataset.utterances(clips)]
    seconds = sum(map(len, features)) * FRONT_END.hop_samples / FRONT_END.rate
    took = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        steps(features)
        took.append(time.perf_counter() - begun)
    return float(np.min(took)) / seconds * 1e6
