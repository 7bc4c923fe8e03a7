"""``python -m training COMMAND``: train, quantize and evaluate a model."""

from __future__ import annotations

import sys

import click

from edge_ser.errors import EdgeSerError

try:
    from training.commands import evaluate, quantize, train
except ModuleNotFoundError as missing:
    sys.exit(f"training: needs {missing.name}: install the extra with pip install -e '.[train]'")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def cli() -> None:
    """Build a model: train the float network, quantize it to int8, judge it on speakers it never heard.

    \b
    Example:
      python -m training train --data DATA --run runs/first
      python -m training quantize --run runs/first
      python -m training evaluate --run runs/first
    """


cli.add_command(train.command)
cli.add_command(quantize.command)
cli.add_command(evaluate.command)

if __name__ == "__main__":
    try:
        cli()
    except EdgeSerError as error:
        click.echo(f"training: {error}", err=True)
        sys.exit(error.exit_status)
