"""The service: its configuration, whether it may listen, and whether it runs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from edge_ser import paths
from edge_ser.doctor.result import Finding, State
from edge_ser.service.programs import parse_properties
from edge_ser.settings import PrivacySettings

_TIMEOUT: Final = 5.0
"""How long systemd may take to answer, s."""

_PROPERTIES: Final = ("LoadState", "ActiveState", "SubState", "UnitFileState", "NRestarts", "StatusText")

_INSTALL: Final = "sudo edge-ser service install"
_LOGS: Final = "edge-ser service logs"


def configuration_file(root: Path) -> Path | None:
    """Return the service's configuration file, if there is one."""
    path = root / paths.CONFIGURATION.relative_to("/")
    return path if os.path.lexists(path) else None


def check_configuration(path: Path | None) -> Finding:
    """Check a configuration file."""
    from edge_ser.listening.configuration import read_settings

    if path is None:
        return Finding(State.SKIPPED, f"no {paths.CONFIGURATION}: the defaults apply")
    read_settings(path)
    return Finding(State.OK, f"{path} is valid")


def check_mute(settings: PrivacySettings) -> Finding:
    """Check whether the microphone is muted now."""
    from edge_ser.mute import MuteSwitch, local_now

    return rate_mute(MuteSwitch(settings, local_now).reason(), settings.mute_file)


def rate_mute(reason: str | None, mute_file: str | None) -> Finding:
    """Rate the reason why the microphone is muted; ``None`` if it is not."""
    if reason is None:
        return Finding(State.OK, "not muted")
    found = f"{reason}: the microphone stays closed"
    if reason.startswith("muted"):
        return Finding(State.WARNING, found, f"edge-ser unmute --file {mute_file}" if mute_file else "edge-ser unmute")
    return Finding(State.WARNING, found, f"change `privacy.quiet_hours` in {paths.CONFIGURATION}")


def check_service(root: Path) -> Finding:
    """Check that the service is running, if it is installed."""
    if shutil.which("systemctl") is None or not (root / "run/systemd/system").is_dir():
        return Finding(State.SKIPPED, "systemd does not run here")
    command = ["systemctl", "show", paths.UNIT, f"--property={','.join(_PROPERTIES)}"]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT,
            check=True,
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        return Finding(State.SKIPPED, f"systemd cannot be asked: {error.stderr.strip() or error}")
    except subprocess.TimeoutExpired:
        return Finding(State.FAILED, f"systemd did not answer within {_TIMEOUT:g} s", " ".join(command))
    return rate_service(parse_properties(done.stdout))


def rate_service(properties: dict[str, str]) -> Finding:
    """Rate the unit's state by its properties."""
    if properties.get("LoadState") == "not-found":
        return Finding(State.SKIPPED, f"{paths.UNIT} is not installed", _INSTALL)
    if properties.get("LoadState") != "loaded":
        found = f"{paths.UNIT} cannot be used: {properties.get('LoadState', 'unknown')}"
        return Finding(State.FAILED, found, f"systemctl status {paths.UNIT}")
    active, sub = properties.get("ActiveState", "unknown"), properties.get("SubState", "unknown")
    restarts = properties.get("NRestarts", "0")
    found = f"{active} ({sub})"
    if restarts != "0":
        found += f", restarted {restarts} times"
    if properties.get("StatusText"):
        found += f"; it reports: {properties['StatusText']}"
    if active in ("active", "reloading"):
        if properties.get("UnitFileState") == "disabled":
            found += "; not started at boot"
            return Finding(State.WARNING, found, f"sudo systemctl enable {paths.UNIT}")
        return Finding(State.OK, found)
    if (active, sub) == ("inactive", "dead"):
        return Finding(State.FAILED, found, f"sudo systemctl start {paths.UNIT}; {_LOGS}")
    if (active, sub) == ("activating", "start"):
        return Finding(State.WARNING, found, f"wait a moment; if nothing changes: {_LOGS}")
    return Finding(State.FAILED, found, _LOGS)
