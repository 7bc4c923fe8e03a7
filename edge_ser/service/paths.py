"""Where the service's files stand on a device; the unit in `systemd/` names the same places."""

from __future__ import annotations

from pathlib import Path
from typing import Final

UNIT: Final = "edge-ser.service"
"""Name of the systemd unit."""

UNIT_FILE: Final = Path("/etc/systemd/system") / UNIT
DROP_INS: Final = Path("/etc/systemd/system") / f"{UNIT}.d"
"""Folder of files that widen or change the unit."""

VENV: Final = Path("/opt/edge-ser")
"""Virtual environment of the service: outside every home folder, which the unit cannot see."""

COMMAND: Final = Path("/usr/local/bin/edge-ser")
"""Link to the command in the virtual environment, so that people can call it by its name."""

CONFIGURATION: Final = Path("/etc/edge-ser/config.toml")
STATE: Final = Path("/var/lib/edge-ser")
MUTED: Final = STATE / "muted"
"""While this file is there the service does not listen; it outlives restarts."""

SOCKET: Final = Path("/run/edge-ser/events.sock")
