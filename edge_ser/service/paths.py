"""Where the service's files stand on a device; the unit in `systemd/` names the same places."""

from __future__ import annotations

from pathlib import Path
from typing import Final

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
"""Group that may read the labels, with the drop-in `dashboard`, and the live page's own."""

VENV: Final = Path("/opt/edge-ser")
"""Virtual environment of the service: outside every home folder, which the unit cannot see."""

COMMAND: Final = Path("/usr/local/bin/edge-ser")
"""Link to the command in the virtual environment, so that people can call it by its name."""

CONFIGURATION: Final = Path("/etc/edge-ser/config.toml")
STATE: Final = Path("/var/lib/edge-ser")
MUTED: Final = STATE / "muted"
"""While this file is there the service does not listen; it outlives restarts."""

SOCKET: Final = Path("/run/edge-ser/events.sock")
