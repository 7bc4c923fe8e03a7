"""The commands of ``python -m training``, one file each, imported only when they run."""

from __future__ import annotations

from typing import Final

import click

from edge_ser.cli.group import LazyGroup

COMMANDS: Final = {
    "corpora": ("training.commands.corpora", "List the corpora: licence, how to get them, what is there."),
    "train": ("training.commands.train", "Train a family on speakers chosen by a protocol."),
    "quantize": ("training.commands.quantize", "Export a run: full int8, dynamic range, float."),
    "evaluate": ("training.commands.evaluate", "Judge a run, or a finished model, on people it never heard."),
    "robustness": (
        "training.commands.robustness",
        "Test how a finished model stands noise, levels, rooms, non-speech.",
    ),
    "compare": ("training.commands.compare", "Judge several families by one protocol and write one table."),
    "card": ("training.commands.card", "Write the model card into the model file of a run."),
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
def cli() -> None:
    """Train models from labelled recordings, judge them on people they never heard, make model files.

    Runs are reproducible: the same settings, seed and recordings on the same machine give the same
    weights. Whatever is interrupted goes on when the same command is given again.

    \b
    Examples:
      python -m training corpora --data DATA
      python -m training evaluate --family cnn_lstm --corpus emodb --protocol loso --data DATA
      python -m training evaluate --model FILE.tflite --corpus emovo --classes 4 --data DATA
      python -m training train --config run.toml --run runs/mine --data DATA
      python -m training quantize --run runs/mine --data DATA
      python -m training evaluate --run runs/mine --data DATA
      python -m training card --run runs/mine
    """
