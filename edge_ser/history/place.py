"""Where the history stands, if nobody says otherwise."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from edge_ser import state
from edge_ser.service import paths

SUFFIX: Final = ".sqlite"
"""How a history's name ends: a damaged one is renamed, which must never befall somebody's photograph."""

_NAME: Final = f"history{SUFFIX}"


def written() -> Path:
    """Return the file that `edge-ser listen` writes: in its service's state folder, else in the user's own."""
    return state.of_this_process() / _NAME


def read() -> Path:
    """Return the file that commands read.

    Root's is the service's, others' is their own; where that one is not there it is the other.  The service's cannot
    even be looked for by others: it is what they are told of where a service is installed.
    """
    service = paths.STATE / _NAME
    both = (service, _own()) if os.geteuid() == 0 else (_own(), service)
    default = service if os.path.lexists(paths.STATE) else _own()
    return next((path for path in both if os.path.lexists(path)), default)


def _own() -> Path:
    return state.of_user() / _NAME
