"""Families, or values of a setting, side by side: one protocol, the same recordings, one table."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from edge_ser.errors import InvalidSetting
from edge_ser.model.bundle import read_bundle
from edge_ser.model.interpreter import choose_interpreter
from training import families
from training.data.utterances import FRONT_END
from training.experiment.evaluate import evaluate_run
from training.experiment.fold import Fold
from training.experiment.results import Comparison, RunEvaluation
from training.experiment.run import Workplace, advance, begin, open_run
from training.fitting import batches
from training.reporting import plots, tables
from training.scoring import predict
from training.scoring.figures import ComparisonRow
from training.settings import RunSettings
from training.support import files, records

FAMILY: Final = "network.family"
"""Key of the setting that is compared by default."""

_TIMED_CLIPS: Final = 40
_ROUNDS: Final = 5  # the fastest one counts: other work on the machine only ever adds time


@dataclass(frozen=True)
class Candidates:
    """What is compared.

    Attributes:
        key: Of the setting that differs.
        settings: Of each run, by the value of that setting.
        folder: Each run has a folder in it.
    """

    key: str
    settings: Mapping[str, RunSettings]
    folder: Path

    def __post_init__(self) -> None:
        for settings in self.settings.values():
            families.check(settings.network.family)

    def folder_of(self, value: str) -> Path:
        """Return the folder of one run."""
        return self.folder / (value if self.key == FAMILY else f"{self.key}={value}")


def parse_vary(text: str) -> tuple[str, tuple[str, ...]]:
    """Return key and values of ``table.key=value,value,...``.

    Raises:
        InvalidSetting: there are fewer than two values.
    """
    key, _, values = text.partition("=")
    found = tuple(value.strip() for value in values.split(","))
    if len(found) < 2 or not all(found):
        raise InvalidSetting(
            f"--vary {text}: allowed is KEY=V1,V2,..., for example training.imbalance=none,over-sampling"
        )
    return key.strip(), found


def compare(candidates: Candidates, workplace: Workplace) -> Comparison:
    """Train and evaluate what has not been evaluated yet; write the comparison and return it."""
    evaluated = {}
    for value, settings in candidates.settings.items():
        workplace.say(f"{value} ...")
        run = begin(candidates.folder_of(value), settings)
        folds, record = open_run(run, workplace)
        advance(folds, "evaluate", workplace.jobs)
        evaluated[value] = evaluate_run(run, folds, record), folds
    # Timed last, when nothing else runs.
    rows = tuple(replace(_row(evaluation, folds), family=value) for value, (evaluation, folds) in evaluated.items())
    first, _ = next(iter(evaluated.values()))
    scores = first.figures.overall.forms["float"]
    comparison = Comparison(
        protocol=first.protocol,
        corpora=first.corpora,
        learn_from=first.learn_from,
        labels=first.figures.labels,
        clips=scores.clips,
        speakers=scores.speakers,
        data_fingerprint=first.data.fingerprint,
        compared=candidates.key,
        rows=rows,
    )
    _write(comparison, candidates.folder)
    return comparison


def title_of(comparison: Comparison) -> str:
    """Return the heading of a comparison."""
    title = f"{', '.join(comparison.corpora)}: {comparison.protocol}, {len(comparison.labels)} classes"
    return title + (f", by {comparison.compared}" if comparison.compared not in (None, FAMILY) else "")


def column_of(comparison: Comparison) -> str:
    """Return the heading of the first column."""
    return (comparison.compared or FAMILY).rpartition(".")[2]


def _write(comparison: Comparison, folder: Path) -> None:
    title = title_of(comparison)
    table = tables.comparison(comparison.rows, column_of(comparison))
    records.write(folder / "comparison.json", comparison)
    files.write_bytes(folder / "comparison.md", f"# {title}\n\n{table}\n".encode())
    plots.comparison({title: comparison.rows}, folder / "comparison.png")


def _row(evaluation: RunEvaluation, folds: Sequence[Fold]) -> ComparisonRow:
    scores = evaluation.figures.overall.forms
    row = ComparisonRow(
        family=evaluation.family,
        uar=scores["float"].uar,
        uar_interval=scores["float"].uar_interval,
        uar_int8=scores["int8"].uar if "int8" in scores else None,
        uar_int8_interval=scores["int8"].uar_interval if "int8" in scores else None,
        parameters=None,
        multiply_adds_a_second=None,
        int8_bytes=None,
        latency_us_a_second=None,
        seconds=sum(fold.seconds for fold in evaluation.folds.values()),
    )
    if not folds[0].can_be_exported:
        return row
    quantization = folds[0].quantization()
    return replace(
        row,
        parameters=quantization.parameters,
        multiply_adds_a_second=quantization.multiply_adds_a_second,
        int8_bytes=quantization.forms["int8"].bytes,
        latency_us_a_second=round(_latency(folds[0]), 1),
    )


def _latency(fold: Fold) -> float:
    """Return the int8 model's computing time for a second of speech, µs, on one core of this machine."""
    bundle = read_bundle(fold.model("int8"))
    steps = predict.model_steps(bundle, choose_interpreter(predict.INTERPRETER))
    clips = [clip for clip in fold.split.validation if clip.label is not None][:_TIMED_CLIPS]
    features = [batches.quantize(u.cepstra, bundle.front_end.gains) for u in fold.dataset.utterances(clips)]
    seconds = sum(map(len, features)) * FRONT_END.hop_samples / FRONT_END.rate
    took = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        steps(features)
        took.append(time.perf_counter() - begun)
    return float(np.min(took)) / seconds * 1e6
