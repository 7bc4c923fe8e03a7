"""``python -m training evaluate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from edge_ser.console import standard_output
from edge_ser.errors import EdgeSerError
from training.commands import options


@click.command(name="evaluate")
@options.data
@click.option(
    "--model",
    "model_path",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    help="Judge this finished model on the corpora instead of a run.",
)
@options.folder
@options.of_a_run()
@options.cache
@options.jobs
@options.format_
def command(
    data: Path | None,
    model_path: Path | None,
    folder: Path | None,
    cache: Path,
    jobs: int,
    format_: str,
    **chosen: Any,
) -> None:
    """Judge a run, or a finished model, on people it never heard.

    Without --model: trains, exports and judges what of a run is not there yet, by a protocol that keeps
    speakers apart: `holdout`, `kfold` by speaker, `loso` (each speaker once), or `cross` (learn from some
    corpora, judge others). Float and full-int8 network are both judged; every clip counts as labelled,
    and one in which no speech is heard counts as wrong.

    With --model: judges a model file on whole corpora, over the labels that both know; speakers that it
    learned from are left out. 4 classes are anger, happiness, neutral and sadness.

    \b
    Examples:
      python -m training evaluate --family cnn_lstm --corpus emodb --protocol loso
      python -m training evaluate --family cnn_lstm --corpus ravdess --protocol kfold --folds 5
      python -m training evaluate --corpus emodb --learn-from crema-d --protocol cross --classes 4
      python -m training evaluate --run runs/mine
      python -m training evaluate --model model.tflite --corpus emovo --classes 4 --format json
    """
    evaluation = (
        _of_run(data, folder, cache, jobs, chosen)
        if model_path is None
        else _of_model(model_path, data, folder, cache, jobs, chosen)
    )
    if format_ == "json":
        standard_output.write(json.dumps(evaluation, indent=2) + "\n")
    else:
        standard_output.write("\n".join(_lines(evaluation)) + "\n")


def _of_run(data: Path | None, folder: Path | None, cache: Path, jobs: int, chosen: dict[str, Any]) -> dict[str, Any]:
    from training.experiment import evaluate
    from training.experiment.run import advance

    run = options.run_of(folder, chosen)
    folds, facts = options.folds_of(run, data, cache, jobs)
    advance(folds, "evaluate", jobs)
    return {"run": str(run.folder), **evaluate.of_run(run, folds, facts)}


def _of_model(
    model: Path, data: Path | None, folder: Path | None, cache: Path, jobs: int, chosen: dict[str, Any]
) -> dict[str, Any]:
    from edge_ser.model.bundle import read_bundle
    from training.experiment import evaluate
    from training.settings import DataSettings

    if not chosen["data_corpora"]:
        raise EdgeSerError("--model: name a corpus to judge it on with --corpus")
    others = {"config": chosen["config"], "--set": chosen["assignments"]}
    of_run = {k: v for k, v in chosen.items() if k not in ("config", "assignments", "data_corpora", "data_classes")}
    if given := [name for name, value in {**others, **of_run}.items() if value not in (None, ())]:
        raise EdgeSerError(f"--model is finished: {given[0].split('_')[-1]} is an option of a training")
    bundle = read_bundle(model)
    settings = DataSettings(chosen["data_corpora"], (), chosen["data_classes"] or "all", noise="")
    dataset = options.dataset_for_model(settings, bundle.labels, data, cache, jobs)
    return {"model": str(model), **evaluate.of_model(bundle, dataset, folder)}


def _lines(evaluation: dict[str, Any]) -> list[str]:
    from training.reporting import tables

    skipped = evaluation["data"]["skipped"]
    head = [f"{evaluation.get('run') or evaluation['model']}: {', '.join(evaluation['corpora'])}"]
    if "protocol" in evaluation:
        learned = f", learned from {', '.join(evaluation['learn_from'])}" if evaluation["learn_from"] else ""
        head[0] += f"{learned}; {evaluation['protocol']}, {evaluation['family']}"
    if left_out := evaluation["data"].get("speakers_it_learned_from"):
        head.append(f"{len(left_out)} speakers that it learned from are left out")
    if skipped:
        head.append(f"{sum(skipped.values())} recordings left out:")
        head += [f"  {count:5d}  {reason}" for reason, count in skipped.items()]
    head += [f"warning: {line}" for line in evaluation["data"]["warnings"]]
    lines = [*head, "", tables.table(evaluation)]
    if whole := evaluation.get("whole_path"):
        line = f"whole path: {whole['speech_missed']:.1%} of the speech clips missed"
        if "noise_hours" in whole:
            rate, hours = whole["emotions_an_hour_of_noise"], whole["noise_hours"]
            line += f", {rate:g} emotions an hour of noise ({hours:g} h)"
        lines += ["", line]
    return lines
