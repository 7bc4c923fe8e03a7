"""Figures of a run over all its folds, and of a finished model on any corpus."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edge_ser.errors import EdgeSerError
from edge_ser.model.bundle import Bundle, read_bundle
from edge_ser.model.interpreter import choose_interpreter
from training.corpora import Clip
from training.data.dataset import Dataset
from training.data.protocols import Split
from training.experiment.fold import BACKEND, Fold
from training.experiment.run import Run
from training.reporting import plots
from training.scoring import false_alarms, metrics, predict
from training.scoring.predictions import Outputs
from training.support import files


def of_run(run: Run, folds: Sequence[tuple[Fold, Split]], record: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of a run whose folds have been judged, and write them with their pictures into its folder.

    A protocol of one fold, whose model can ship, is also judged as a whole path, from samples to events.
    """
    kinds = folds[0][0].outputs
    joined = {kind: Outputs.join([Outputs.load(fold.outputs[kind]) for fold, _ in folds]) for kind in kinds}
    protocol = run.settings.protocol
    result: dict[str, Any] = {
        "family": run.settings.network.family,
        "protocol": f"{protocol.name} of {protocol.folds}" if protocol.name == "kfold" else protocol.name,
        "corpora": list(run.settings.data.corpora),
        "learn_from": list(run.settings.data.learn_from),
        "data": record["data"],
        **metrics.evaluation(joined["float"], joined.get("int8")),
        "folds": {fold.folder.name: _of_fold(fold, kinds) for fold, _ in folds},
    }
    fold, split = folds[0]
    if len(folds) == 1 and not fold.classical:
        result["whole_path"] = _whole_path(fold, split)
    files.write_json(run.folder / "evaluation.json", result)
    _draw(run.folder, result, {f.folder.name: files.read_json(f.folder / "training.json")["history"] for f, _ in folds})
    return result


def _of_fold(fold: Fold, kinds: Iterable[str]) -> dict[str, Any]:
    training = files.read_json(fold.folder / "training.json")
    facts = {key: training[key] for key in ("seconds", "parameters", "weights_sha256") if key in training}
    for kind in kinds:
        outputs = Outputs.load(fold.outputs[kind])
        facts[f"uar_{kind}"] = round(metrics.uar(outputs.said, outputs.targets), 4)
    return facts


def _whole_path(fold: Fold, split: Split) -> dict[str, float]:
    """Measure once: it takes a while, and depends on nothing that could change."""
    path = fold.folder / "whole-path.json"
    if not path.exists():
        model = read_bundle(fold.model("int8"))
        files.write_json(path, false_alarms.measure(split.test, model, choose_interpreter(BACKEND)))
    measured: dict[str, float] = files.read_json(path)
    return measured


def _draw(folder: Path, result: dict[str, Any], histories: dict[str, list[dict[str, float]]]) -> None:
    plots.confusion(result, folder / "confusion.png")
    plots.reliability(result, folder / "reliability.png")
    if any(histories.values()):
        plots.curves(histories, folder / "curves.png")


def of_model(bundle: Bundle, dataset: Dataset, folder: Path | None) -> dict[str, Any]:
    """Return the figures of a finished model on whole corpora, without the speakers that it learned from.

    Args:
        bundle: The model; its card names those speakers.
        dataset: The recordings, their labels narrowed to those that the model knows.
        folder: Where figures and pictures are written; ``None`` for nowhere.

    Raises:
        EdgeSerError: the model learned from all of these speakers.
    """
    clips, left_out, warnings = unheard(bundle, dataset)
    said = predict.outputs(
        clips,
        dataset.utterances(clips),
        bundle.front_end.gains,
        bundle.labels,
        predict.model_steps(bundle, choose_interpreter(BACKEND)),
        bundle.decision.temperature,
    ).over(dataset.labels)
    kind = "int8" if _is_int8(bundle) else "float"
    result = {
        "model_sha256": bundle.sha256,
        "corpora": sorted({clip.corpus for clip in clips}),
        "data": {
            "fingerprint": dataset.fingerprint,
            "clips": len(clips),
            "skipped": dataset.reasons,
            "warnings": warnings,
            "speakers_it_learned_from": left_out,
        },
        **metrics.evaluation(said if kind == "float" else None, said if kind == "int8" else None),
    }
    if folder is not None:
        files.write_json(folder / "evaluation.json", result)
        _draw(folder, result, {})
    return result


def unheard(bundle: Bundle, dataset: Dataset) -> tuple[list[Clip], list[str], list[str]]:
    """Return the clips of people whom a model never heard, the speakers left out, and warnings, a line each.

    Raises:
        EdgeSerError: the model learned from all of these speakers.
    """
    known = set(bundle.card.get("learned_from", ()))
    warnings = list(dataset.warnings)
    if not known:
        warnings.append("the model does not say whom it learned from: on its own corpora the figures are too good")
    clips = [clip for clip in dataset.judged if clip.speaker not in known]
    if not clips:
        raise EdgeSerError("the model learned from all speakers of these corpora; judge it on others")
    return clips, sorted({clip.speaker for clip in dataset.judged} & known), warnings


def _is_int8(bundle: Bundle) -> bool:
    interpreter = choose_interpreter(BACKEND).load(bundle.network)
    return bool(interpreter.get_input_details()[0]["dtype"] is np.int8)
