"""The locations of all files: those that the package ships, those of the service, and those of a user.

The unit files in `systemd/` name the same locations.
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
"""Name of the systemd unit that serves the live page."""

UNITS: Final = Path("/etc/systemd/system")
"""Folder of units that administrators install; packages use another one."""

UNIT_FILE: Final = UNITS / UNIT
DASHBOARD_UNIT_FILE: Final = UNITS / DASHBOARD_UNIT
DROP_INS: Final = UNITS / f"{UNIT}.d"
"""Folder of drop-in files that change the unit."""

READERS: Final = "edge-ser-readers"
"""Group of the live page, which may read labels once the drop-in `dashboard` is installed."""

VENV: Final = Path("/opt/edge-ser")
"""Virtual environment of the service, outside all home folders, which the unit cannot see."""

COMMAND: Final = Path("/usr/local/bin/edge-ser")
"""Link to the command in the virtual environment, so that it is on everybody's PATH."""

CONFIGURATION: Final = Path("/etc/edge-ser/config.toml")
STATE: Final = Path("/var/lib/edge-ser")
MUTED: Final = STATE / "muted"
"""Mute file of the service: while it exists the service does not listen, even after a restart."""

SOCKET: Final = Path("/run/edge-ser/events.sock")

# What the package ships ----------------------------------------------------------------------------------------------


def resource_folder(name: str) -> Path:
    """Return the path of the folder ``systemd`` or ``firmware_config``.

    A wheel has it inside the package, a checkout beside it.
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
    """Return the state folder of this process: the one that systemd gives a service, else the user's."""
    state = os.environ.get("STATE_DIRECTORY")
    return Path(state.split(":")[0]) if state else user_state()


def user_state() -> Path:
    """Return the user's state folder (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "edge-ser"


def mute_file_of_commands() -> Path:
    """Return the mute file that `edge-ser mute` writes: the service's if one is installed, else the user's."""
    return MUTED if os.path.lexists(STATE) else user_state() / MUTED.name


def effective_mute_file() -> Path:
    """Return the mute file that `edge-ser listen` obeys if no setting names one.

    Only root and the service can look into the service's state folder; other users have their own.
    """
    if not os.environ.get("STATE_DIRECTORY") and os.geteuid() == 0:
        return mute_file_of_commands()
    return process_state() / MUTED.name


HISTORY_SUFFIX: Final = ".sqlite"
"""Required ending of a history's name: a damaged history is renamed, which must never happen to another file."""

_HISTORY: Final = f"history{HISTORY_SUFFIX}"


def history_to_write() -> Path:
    """Return the history that `edge-ser listen` writes: in the service's state folder, else in the user's."""
    return process_state() / _HISTORY


def history_to_read() -> Path:
    """Return the history that commands read.

    Root prefers the service's history, other users their own; if that one does not exist it is the other.  If neither
    is found it is the service's where a service is installed, since only root can see whether that one exists.
    """
    service, own = STATE / _HISTORY, user_state() / _HISTORY
    both = (service, own) if os.geteuid() == 0 else (own, service)
    default = service if os.path.lexists(STATE) else own
    return next((path for path in both if os.path.lexists(path)), default)
