"""The optional libraries behind the pictures."""

from __future__ import annotations

import importlib
import io
import warnings
from typing import Any

from edge_ser.errors import EdgeSerError


def require(module: str, what: str, instead: str = "") -> Any:
    """Import a module of the extra ``plots``.

    Args:
        module: Name of the module.
        what: What needs it, for the message.
        instead: What to do without it, for the message.

    Raises:
        EdgeSerError: it is not installed; the message says how to install it.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise EdgeSerError(f"{what} needs {package}: install it with pip install 'edge-ser[plots]'{instead}") from None


def png(figure: Any) -> bytes:
    """Return a figure as a PNG file."""
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # characters that the font lacks become boxes
        figure.savefig(out, format="png")
    return out.getvalue()
