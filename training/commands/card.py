"""``python -m training card``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from edge_ser.console import standard_output
from training.commands import options


@click.command(name="card")
@options.finished_run
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

    The card lists what the model was trained on and under which licences, how it was evaluated, its
    figures with intervals, before and after quantization, on other corpora, its weaknesses, and what it
    is not for. `edge-ser model FILE` shows it again.

    \b
    Examples:
      python -m training card --run runs/mine
      python -m training evaluate --model runs/mine/model.tflite --corpus emovo --format json > emovo.json
      python -m training card --run runs/mine --elsewhere emovo.json
    """
    from edge_ser.cli.model import lines_of
    from training.experiment.run import reopen
    from training.experiment.write_card import write_card
    from training.support import records

    card = records.to_json(write_card(reopen(folder), elsewhere))
    text = json.dumps(card, indent=2) if format_ == "json" else "\n".join(lines_of(card))
    standard_output.write(text + "\n")
