"""Figures of a run over all its folds, and of a finished model on any corpus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge_ser.errors import EdgeSerError
from edge_ser.model.bundle import Bundle, read_bundle
from edge_ser.model.interpreter import choose_interpreter
from training.corpora import Clip
from training.data.dataset import Dataset
from training.experiment.fold import Fold
from training.experiment.results import FoldResult, ModelData, ModelEvaluation, RunEvaluation, RunRecord
from training.experiment.run import Run
from training.fitting.history import Epoch
from training.reporting import plots
from training.scoring import false_alarms, metrics, predict
from training.scoring.false_alarms import WholePath
from training.scoring.figures import Evaluation
from training.scoring.predict import INTERPRETER
from training.scoring.predictions import Predictions
from training.support import records


def evaluate_run(run: Run, folds: Sequence[Fold], record: RunRecord) -> RunEvaluation:
    """Return the figures of a run whose folds are evaluated, and write them with their pictures into its folder.

    A protocol of one fold, whose model can ship, is also measured as a whole path, from samples to events.
    """
    forms = folds[0].learner.forms
    joined = {form: Predictions.join([fold.predictions(form) for fold in folds]) for form in forms}
    settings, protocol = run.settings, run.settings.protocol
    evaluation = RunEvaluation(
        family=settings.network.family,
        protocol=f"{protocol.name} of {protocol.folds}" if protocol.name == "kfold" else protocol.name,
        corpora=settings.data.corpora,
        learn_from=settings.data.learn_from,
        data=record.data,
        figures=metrics.evaluate(joined["float"], joined.get("int8")),
        folds={fold.name: _fold_result(fold) for fold in folds},
        whole_path=_whole_path(folds[0]) if len(folds) == 1 and folds[0].can_be_exported else None,
    )
    records.write(run.folder / "evaluation.json", evaluation)
    _draw(run.folder, evaluation.figures, {fold.name: fold.training().history for fold in folds})
    return evaluation


def _fold_result(fold: Fold) -> FoldResult:
    training = fold.training()
    predictions = {form: fold.predictions(form) for form in fold.learner.forms}
    uar = {form: round(metrics.uar(made.predicted, made.targets), 4) for form, made in predictions.items()}
    return FoldResult(
        seconds=training.seconds,
        parameters=training.parameters,
        weights_sha256=training.weights_sha256,
        uar_float=uar["float"],
        uar_int8=uar.get("int8"),
    )


def _whole_path(fold: Fold) -> WholePath:
    """Measure once: it takes a while, and depends on nothing that could change."""
    path = fold.folder / "whole-path.json"
    if not path.exists():
        model = read_bundle(fold.model("int8"))
        records.write(path, false_alarms.measure(fold.split.test, model, choose_interpreter(INTERPRETER)))
    return records.read(WholePath, path)


def _draw(folder: Path, figures: Evaluation, histories: Mapping[str, Sequence[Epoch]]) -> None:
    plots.confusion(figures, folder / "confusion.png")
    plots.reliability(figures, folder / "reliability.png")
    if any(histories.values()):
        plots.curves(histories, folder / "curves.png")


def evaluate_model(bundle: Bundle, recordings: Dataset, folder: Path | None) -> ModelEvaluation:
    """Return the figures of a finished model on whole corpora, without the speakers it was trained on.

    Args:
        bundle: The model; its card names those speakers.
        recordings: The recordings, their labels narrowed to those that the model knows.
        folder: Where figures and pictures are written; ``None`` for nowhere.

    Raises:
        EdgeSerError: the model was trained on all of these speakers.
    """
    strangers = strangers_among(bundle, recordings)
    clips = list(strangers.clips)
    predictions = predict.predict_clips(
        clips,
        recordings.utterances(clips),
        bundle.front_end.gains,
        bundle.labels,
        predict.model_steps(bundle, choose_interpreter(INTERPRETER)),
        bundle.decision.temperature,
    ).over(recordings.labels)
    int8 = _is_int8(bundle)
    evaluation = ModelEvaluation(
        model_sha256=bundle.sha256,
        corpora=strangers.corpora,
        data=ModelData(
            fingerprint=recordings.fingerprint,
            clips=len(clips),
            skipped=recordings.reasons,
            warnings=strangers.warnings,
            speakers_it_learned_from=strangers.left_out,
        ),
        figures=metrics.evaluate(None if int8 else predictions, predictions if int8 else None),
    )
    if folder is not None:
        records.write(folder / "evaluation.json", evaluation)
        _draw(folder, evaluation.figures, {})
    return evaluation


@dataclass(frozen=True)
class Strangers:
    """The clips of people on whom a model was not trained.

    Attributes:
        clips: At least one.
        left_out: Speakers on whom it was trained.
        warnings: What a reader of the figures should know, one line each.
    """

    clips: tuple[Clip, ...]
    left_out: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def corpora(self) -> tuple[str, ...]:
        """Names of their corpora."""
        return tuple(sorted({clip.corpus for clip in self.clips}))

    @property
    def speakers(self) -> tuple[str, ...]:
        """Who they are."""
        return tuple(sorted({clip.speaker for clip in self.clips}))


def strangers_among(bundle: Bundle, recordings: Dataset) -> Strangers:
    """Return the clips of people on whom a model was not trained.

    Raises:
        EdgeSerError: the model was trained on all of these speakers.
    """
    known = set(bundle.card.get("learned_from", ()))
    warnings = list(recordings.warnings)
    if not known:
        warnings.append("the model does not name its training speakers: on their corpora the figures are too good")
    clips = tuple(clip for clip in recordings.evaluated if clip.speaker not in known)
    if not clips:
        raise EdgeSerError("the model was trained on all speakers of these corpora; evaluate it on others")
    left_out = sorted({clip.speaker for clip in recordings.evaluated} & known)
    return Strangers(clips, tuple(left_out), tuple(warnings))


def _is_int8(bundle: Bundle) -> bool:
    interpreter = choose_interpreter(INTERPRETER).load(bundle.network)
    return bool(interpreter.get_input_details()[0]["dtype"] is np.int8)
