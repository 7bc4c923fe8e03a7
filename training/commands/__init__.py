"""The commands of ``python -m training``, one file each, imported only when they run."""

from __future__ import annotations

from typing import Final

import click

from edge_ser.cli.group import LazyGroup

COMMANDS: Final = {
    "corpora": ("training.commands.corpora", "List the corpora: licences, how to get them, what is there."),
    "train": ("training.commands.train", "Train a family on the speakers that a protocol chooses."),
    "quantize": ("training.commands.quantize", "Export a run as full int8, dynamic range and float models."),
    "evaluate": ("training.commands.evaluate", "Evaluate a run, or a finished model, on people it was not trained on."),
    "robustness": (
        "training.commands.robustness",
        "Test a finished model in noise, in rooms, at other levels, without speech.",
    ),
    "compare": ("training.commands.compare", "Evaluate several families by one protocol and write one table."),
    "card": ("training.commands.card", "Write the model card of a run into its model file."),
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
def cli() -> None:
    """Train models on labelled recordings, evaluate them on other people, and make model files.

    Runs are reproducible: the same settings, seed and recordings on the same machine give the same
    weights. An interrupted command continues when it is run again.

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
