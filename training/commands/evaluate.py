"""``python -m training evaluate``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge_ser.console import standard_output
from training.commands import options
from training.commands.options import Chosen, Place

if TYPE_CHECKING:
    from training.experiment.results import ModelEvaluation, RunEvaluation


@click.command(name="evaluate")
@options.data
@click.option(
    "--model",
    "model_path",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    help="Evaluate this finished model on the corpora, instead of a run.",
)
@options.folder
@options.of_a_run()
@options.cache
@options.jobs
@options.format_
@options.placed
def command(place: Place, model_path: Path | None, folder: Path | None, format_: str, chosen: Chosen) -> None:
    """Evaluate a run, or a finished model, on people it was not trained on.

    Without --model: runs the stages of a run that are missing (training, export, evaluation), by a
    protocol that keeps speakers apart: `holdout`, `kfold` by speaker, `loso` (each speaker once), or
    `cross` (train on some corpora, evaluate others). Both the float and the full-int8 network are
    evaluated; every clip counts as labelled, and one without detected speech counts as wrong.

    With --model: evaluates a model file on whole corpora, over the labels that both know; its training
    speakers are left out. The 4 classes are anger, happiness, neutral and sadness.

    \b
    Examples:
      python -m training evaluate --family cnn_lstm --corpus emodb --protocol loso
      python -m training evaluate --family cnn_lstm --corpus ravdess --protocol kfold --folds 5
      python -m training evaluate --corpus emodb --learn-from crema-d --protocol cross --classes 4
      python -m training evaluate --run runs/mine
      python -m training evaluate --model model.tflite --corpus emovo --classes 4 --format json
    """
    from training.support import records

    if model_path is None:
        run, of_run = _evaluate_run(place, folder, chosen)
        subject, evaluation, lines = {"run": run}, records.to_json(of_run), _run_lines(run, of_run)
    else:
        of_model = _evaluate_model(place, model_path, folder, chosen)
        name = str(model_path)
        subject, evaluation, lines = {"model": name}, records.to_json(of_model), _model_lines(name, of_model)
    text = json.dumps(subject | evaluation, indent=2) if format_ == "json" else "\n".join(lines)
    standard_output.write(text + "\n")


def _evaluate_run(place: Place, folder: Path | None, chosen: Chosen) -> tuple[str, RunEvaluation]:
    from training.experiment.evaluate import evaluate_run
    from training.experiment.run import advance, open_run

    run = options.run_of(folder, chosen)
    folds, record = open_run(run, place.workplace())
    advance(folds, "evaluate", place.jobs)
    return str(run.folder), evaluate_run(run, folds, record)


def _evaluate_model(place: Place, model_path: Path, folder: Path | None, chosen: Chosen) -> ModelEvaluation:
    from edge_ser.model.bundle import read_bundle
    from training.experiment.evaluate import evaluate_model
    from training.settings import DataSettings

    corpora, classes = chosen.corpora_for_model()
    bundle = read_bundle(model_path)
    recordings = place.workplace().recordings_for(bundle.labels, DataSettings(corpora, (), classes, noise=""))
    return evaluate_model(bundle, recordings, folder)


def _run_lines(run: str, evaluation: RunEvaluation) -> list[str]:
    from training.reporting import tables

    learned = f", trained on {', '.join(evaluation.learn_from)}" if evaluation.learn_from else ""
    lines = [f"{run}: {', '.join(evaluation.corpora)}{learned}; {evaluation.protocol}, {evaluation.family}"]
    lines += _data_lines(evaluation.data.skipped, evaluation.data.warnings)
    lines += ["", tables.table(evaluation.figures)]
    if whole := evaluation.whole_path:
        line = f"whole path: {whole.speech_missed:.1%} of the speech clips missed"
        if whole.noise_hours is not None:
            line += f", {whole.emotions_an_hour_of_noise:g} emotions per hour of noise ({whole.noise_hours:g} h)"
        lines += ["", line]
    return lines


def _model_lines(model: str, evaluation: ModelEvaluation) -> list[str]:
    from training.reporting import tables

    lines = [f"{model}: {', '.join(evaluation.corpora)}"]
    if left_out := evaluation.data.speakers_it_learned_from:
        lines.append(f"{len(left_out)} training speakers of the model are left out")
    lines += _data_lines(evaluation.data.skipped, evaluation.data.warnings)
    return [*lines, "", tables.table(evaluation.figures)]


def _data_lines(skipped: Mapping[str, int], warnings: Sequence[str]) -> list[str]:
    lines = []
    if skipped:
        lines.append(f"{sum(skipped.values())} recordings left out:")
        lines += [f"  {count:5d}  {reason}" for reason, count in skipped.items()]
    return lines + [f"warning: {line}" for line in warnings]
