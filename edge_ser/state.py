"""The folder of what has to outlast a restart: the service's own, or the user's."""

from __future__ import annotations

import os
from pathlib import Path


def of_this_process() -> Path:
    """Return the folder of whoever runs this: a service's, as systemd tells it, else the user's own."""
    state = os.environ.get("STATE_DIRECTORY")
    return Path(state.split(":")[0]) if state else of_user()


def of_user() -> Path:
    """Return the user's own folder (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "edge-ser"
