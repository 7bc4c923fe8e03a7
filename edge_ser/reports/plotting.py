"""The libraries behind the pictures, which are an extra."""

from __future__ import annotations

import importlib
import io
import warnings
from typing import Any

from edge_ser.errors import EdgeSerError


def require(module: str, what: str) -> Any:
    """Import a module of the extra ``plots``.

    Args:
        module: Its name.
        what: What needs it, for the message.

    Raises:
        EdgeSerError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise EdgeSerError(f"{what} needs {package}: install it with pip install 'edge-ser[plots]'") from None


def png(figure: Any) -> bytes:
    """Return a figure as a PNG file."""
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a title in a script that the font lacks is shown as boxes; no more to say
        figure.savefig(out, format="png")
    return out.getvalue()
