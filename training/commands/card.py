"""``python -m training card``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from edge_ser.console import standard_output
from edge_ser.errors import EdgeSerError, InvalidSetting
from training.commands import options


@click.command(name="card")
@click.option(
    "--run", "folder", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="DIR", help="The run."
)
@click.option(
    "--elsewhere",
    type=click.Path(dir_okay=False, path_type=Path),
    multiple=True,
    metavar="JSON",
    help="Figures on another corpus: what `evaluate --model ... --format json` printed, or the evaluation.json of a "
    "run by the protocol cross; may be repeated.",
)
@click.option("--data", expose_value=False, hidden=True)  # not needed, but every other command takes it
@options.format_
def command(folder: Path, elsewhere: tuple[Path, ...], format_: str) -> None:
    """Write the model card of a run into its model file, DIR/model.tflite, and show it.

    The card says what the model learned from and under which licences, how it was judged, its figures
    with intervals, before and after quantization, on other corpora, its weaknesses, and what it is not
    for. `edge-ser model FILE` shows it again.

    \b
    Examples:
      python -m training card --run runs/mine
      python -m training evaluate --model runs/mine/model.tflite --corpus emovo --format json > emovo.json
      python -m training card --run runs/mine --elsewhere emovo.json
    """
    from dataclasses import asdict, replace

    from edge_ser.cli.model import lines_of
    from edge_ser.model.bundle import read_bundle
    from training.experiment.run import reopen
    from training.export import card
    from training.support import files

    run = reopen(folder)
    evaluation = folder / "evaluation.json"
    if not evaluation.exists():
        raise EdgeSerError(f"{folder} has not been judged; first: python -m training evaluate --run {folder}")
    record = files.read_json(folder / "record.json")
    if len(record["speakers"]) != 1:
        raise EdgeSerError(
            f"{folder} has {len(record['speakers'])} folds, each with a model of its own; a card is for the one model "
            "of a run by the protocol holdout or cross"
        )
    (fold,) = record["speakers"]
    if not (folder / fold / "model.tflite").exists():
        raise EdgeSerError(f"{run.settings.network.family} is a baseline without a model file; take a deep family")
    text = card.write(
        asdict(run.settings),
        record,
        files.read_json(evaluation),
        files.read_json(folder / fold / "quantization.json"),
        [_evaluation(path) for path in elsewhere],
    )
    bundle = replace(read_bundle(folder / fold / "model.tflite"), card=text)
    files.write_bytes(folder / "model.tflite", bundle.to_bytes())
    shown = json.dumps(text, indent=2) if format_ == "json" else "\n".join(lines_of(text))
    standard_output.write(shown + "\n")


def _evaluation(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text())
        found["overall"], found["labels"], found["corpora"]
    except (OSError, ValueError, KeyError, TypeError):
        raise InvalidSetting(
            f"--elsewhere {path}: allowed is what `python -m training evaluate --model FILE --format json` printed, or "
            "the evaluation.json of a run"
        ) from None
    return dict(found)
