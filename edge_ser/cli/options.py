"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from edge_ser.model.interpreter import INTERPRETERS

if TYPE_CHECKING:
    from edge_ser.model.bundle import Bundle
    from edge_ser.model.interpreter import Interpreter

model = click.option(
    "--model",
    "model_path",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    help="Model file.  [default: the one in the package]",
)
interpreter = click.option(
    "--interpreter",
    type=click.Choice(list(INTERPRETERS)),
    help="TensorFlow Lite interpreter.  [default: the first that is installed]",
)


_Command = TypeVar("_Command", bound=Callable[..., Any])


def format_of(*choices: str, help: str = "Output format.") -> Callable[[_Command], _Command]:
    """Make the option ``--format``; the first choice is the default."""
    return click.option(
        "--format", "format_", type=click.Choice(choices), default=choices[0], show_default=True, help=help
    )


def load(model_path: Path | None, interpreter: str | None) -> tuple[Bundle, Interpreter]:
    """Return the model and the interpreter that the options name."""
    from edge_ser.model.bundle import read_bundle
    from edge_ser.model.interpreter import choose_interpreter

    return read_bundle(model_path), choose_interpreter(interpreter)
