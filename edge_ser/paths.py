"""Where files are: what the package ships, what the service owns, what a user keeps.  The only place that knows.

The unit files in `systemd/` name the same places.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent

# The service ---------------------------------------------------------------------------------------------------------

UNIT: Final = "edge-ser.service"
"""Name of the systemd unit."""

DASHBOARD_UNIT: Final = "edge-ser-dashboard.service"
"""Name of the unit that serves the live page."""

UNITS: Final = Path("/etc/systemd/system")
"""Folder of the units that people or programs install, as opposed to packages."""

UNIT_FILE: Final = UNITS / UNIT
DASHBOARD_UNIT_FILE: Final = UNITS / DASHBOARD_UNIT
DROP_INS: Final = UNITS / f"{UNIT}.d"
"""Folder of files that widen or change the unit."""

READERS: Final = "edge-ser-readers"
"""Group that may read the labels where the drop-in `dashboard` is installed; the live page's own group."""

VENV: Final = Path("/opt/edge-ser")
"""Virtual environment of the service: outside every home folder, which the unit cannot see."""

COMMAND: Final = Path("/usr/local/bin/edge-ser")
"""Link to the command in the virtual environment, so that people can call it by its name."""

CONFIGURATION: Final = Path("/etc/edge-ser/config.toml")
STATE: Final = Path("/var/lib/edge-ser")
MUTED: Final = STATE / "muted"
"""While this file exists the service does not listen; it survives restarts."""

SOCKET: Final = Path("/run/edge-ser/events.sock")

# What the package ships ----------------------------------------------------------------------------------------------


def resource_folder(name: str) -> Path:
    """Return the folder ``systemd`` or ``firmware_config``.

    In a wheel it is part of the package, in a checkout it stands beside it.
    """
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def default_model() -> Path:
    """Return the path of the model that the package ships."""
    return _PACKAGE / "models" / "default.tflite"


def demonstration() -> Path:
    """Return the path of the demonstration recording that the package ships (synthesized speech)."""
    return _PACKAGE / "demonstration.flac"


# State that survives a restart ---------------------------------------------------------------------------------------


def process_state() -> Path:
    """Return the state folder of this process: a service's, as systemd names it, otherwise the user's own."""
    state = os.environ.get("STATE_DIRECTORY")
    return Path(state.split(":")[0]) if state else user_state()


def user_state() -> Path:
    """Return the user's own state folder (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "edge-ser"


def mute_file_of_commands() -> Path:
    """Return the mute file that `edge-ser mute` writes: the service's where one is installed, else the user's own."""
    return MUTED if os.path.lexists(STATE) else user_state() / MUTED.name


def effective_mute_file() -> Path:
    """Return the mute file that `edge-ser listen` obeys if no setting names one.

    Only root and the service itself can look into the service's state folder; for others it is their own.
    """
    if not os.environ.get("STATE_DIRECTORY") and os.geteuid() == 0:
        return mute_file_of_commands()
    return process_state() / MUTED.name


HISTORY_SUFFIX: Final = ".sqlite"
"""How a history's name ends: a damaged one is renamed, which must never happen to somebody's photograph."""

_HISTORY: Final = f"history{HISTORY_SUFFIX}"


def history_to_write() -> Path:
    """Return the history that `edge-ser listen` writes: in its service's state folder, else in the user's own."""
    return process_state() / _HISTORY


def history_to_read() -> Path:
    """Return the history that commands read.

    Root reads the service's, others read their own; where that one does not exist it is the other.  Only root can see
    whether the service's exists: where a service is installed, others are told of that one.
    """
    service, own = STATE / _HISTORY, user_state() / _HISTORY
    both = (service, own) if os.geteuid() == 0 else (own, service)
    default = service if os.path.lexists(STATE) else own
    return next((path for path in both if os.path.lexists(path)), default)
