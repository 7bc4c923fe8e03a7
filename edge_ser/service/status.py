"""How the service is, as systemd knows it and as it says itself."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from edge_ser import paths
from edge_ser.errors import NotInstalled, NotPermitted
from edge_ser.service import programs

_PROPERTIES: Final = (
    "LoadState",
    "ActiveState",
    "SubState",
    "UnitFileState",
    "StatusText",
    "Result",
    "ExecMainStatus",
    "NRestarts",
    "ActiveEnterTimestampMonotonic",
    "MemoryCurrent",
    "CPUUsageNSec",
)

_DASHBOARD_PROPERTIES: Final = ("LoadState", "ActiveState", "StatusText")

_REASONS: Final = {
    "2": "wrong use; what it is started with: systemctl cat edge-ser",
    "15": "PyAudio cannot be used; see: edge-ser doctor",
    "30": "the model is damaged; install it anew",
    "50": "something in the configuration is wrong: edge-ser config check",
}
"""Exit statuses of the service that an owner can do something about, and what."""

_JOURNALS: Final = (Path("/var/log/journal"), Path("/run/log/journal"))


@dataclass(frozen=True)
class Dashboard:
    """How the live page's unit is."""

    unit: str
    """Its name."""
    active: bool
    """Whether it runs and is ready."""
    state: str
    """systemd's word for it."""
    address: str
    """Where the page is, as it says itself; empty where it does not run."""


@dataclass(frozen=True)
class Status:
    """How the service is."""

    active: bool
    """Whether it runs and is ready."""
    state: str
    """systemd's word for it, such as ``active``, ``activating`` or ``failed``."""
    sub_state: str
    """A finer word, such as ``running``, ``dead`` or ``auto-restart``."""
    enabled: bool
    """Whether it starts with the machine."""
    says: str
    """Its own line: what it listens to, how the microphone is, whether it is muted."""
    since: str | None
    """Local time from which it has been ready, ISO 8601; ``None`` if it is not."""
    restarts: int
    """How often it had to be started again since it was started by hand or with the machine."""
    result: str
    """How it ended the last time: ``success``, ``exit-code``, ``watchdog``, ``oom-kill`` ..."""
    exit_status: int
    """Of the last end."""
    memory_bytes: int | None
    """Used now; ``None`` where that is not counted, as on Raspberry Pi OS before it is told to."""
    processor_seconds: float | None
    """Used since it was started, s; ``None`` where that is not counted."""
    dashboard: Dashboard | None = None
    """How the live page's unit is; ``None`` where it is not installed."""


def read() -> Status:
    """Ask systemd how the service is.

    Raises:
        NoSystemd: systemd does not run.
        NotInstalled: there is no such service.
    """
    properties = programs.properties(paths.UNIT, *_PROPERTIES)
    if properties.get("LoadState") == "not-found":
        raise NotInstalled("the service is not installed here; to install it: sudo edge-ser service install")
    dashboard = dashboard_of(programs.properties(paths.DASHBOARD_UNIT, *_DASHBOARD_PROPERTIES))
    return replace(status_of(properties, datetime.now().astimezone(), time.monotonic()), dashboard=dashboard)


def status_of(properties: Mapping[str, str], now: datetime, monotonic: float) -> Status:
    """Make a status of what systemd says.

    Args:
        properties: Those of the unit.
        now: The local wall clock; systemd's own stamp would be wrong where the clock was set after the start.
        monotonic: The monotonic clock at that time, s.
    """
    active = properties.get("ActiveState") in ("active", "reloading")
    entered = _number(properties.get("ActiveEnterTimestampMonotonic")) or 0
    since = now - timedelta(seconds=monotonic - entered / 1e6)
    processor = _number(properties.get("CPUUsageNSec"))
    return Status(
        active=active,
        state=properties.get("ActiveState", "unknown"),
        sub_state=properties.get("SubState", "unknown"),
        enabled=properties.get("UnitFileState") == "enabled",
        says=properties.get("StatusText", ""),
        since=since.isoformat(timespec="seconds") if active and entered else None,
        restarts=_number(properties.get("NRestarts")) or 0,
        result=properties.get("Result", "unknown"),
        exit_status=_number(properties.get("ExecMainStatus")) or 0,
        memory_bytes=_number(properties.get("MemoryCurrent")),
        processor_seconds=None if processor is None else processor / 1e9,
    )


def dashboard_of(properties: Mapping[str, str]) -> Dashboard | None:
    """Make what is known of the live page's unit of what systemd says of it, if it is there at all."""
    if properties.get("LoadState", "not-found") == "not-found":
        return None
    active = properties.get("ActiveState") in ("active", "reloading")
    address = properties.get("StatusText", "") if active else ""
    return Dashboard(paths.DASHBOARD_UNIT, active, properties.get("ActiveState", "unknown"), address)


def _number(text: str | None) -> int | None:
    # What is not counted is "[not set]", or in older versions the largest number there is.
    return int(text) if text and text.isdecimal() and int(text) < 2**64 - 1 else None


def describe(status: Status, now: datetime) -> str:
    """Return a status as a few lines for people."""
    lines = []
    if status.active:
        lines.append(f"edge-ser is running: {status.says or 'it has not said anything yet'}")
    elif status.sub_state == "auto-restart":
        lines.append(f"edge-ser ended ({_why(status)}) and starts again in a moment")
    elif status.state == "activating":
        lines.append("edge-ser is starting")
    else:
        lines.append(f"edge-ser is not running: {status.state} ({_why(status)})")
    if status.since is not None:
        since = datetime.fromisoformat(status.since)
        lines.append(f"  since      {since:%Y-%m-%d %H:%M}, for {_span(now - since)}")
    lines.append(f"  at boot    {'starts' if status.enabled else 'does not start: sudo systemctl enable edge-ser'}")
    lines.append(f"  restarts   {status.restarts}")
    if status.active and status.memory_bytes is not None:
        lines.append(f"  memory     {status.memory_bytes / 1e6:.0f} MB")
    if status.active and status.processor_seconds is not None:
        lines.append(f"  processor  {status.processor_seconds:.1f} s")
    if not status.active:
        lines.append("  why        edge-ser service logs -n 20")
    if status.dashboard is not None:
        lines.append(f"  dashboard  {_describe_dashboard(status.dashboard)}")
    return "\n".join(lines) + "\n"


def _describe_dashboard(dashboard: Dashboard) -> str:
    if dashboard.active:
        return f"{dashboard.address} ({dashboard.unit})".lstrip()
    return f"{dashboard.unit} is not running: {dashboard.state}; why: journalctl --unit {dashboard.unit} -n 20"


def _why(status: Status) -> str:
    if status.result == "success":
        return "it was stopped" if status.state == "inactive" else "nothing went wrong"
    if status.result != "exit-code":
        return status.result
    reason = _REASONS.get(str(status.exit_status))
    return f"exit status {status.exit_status}" + (f", {reason}" if reason else "")


def _span(span: timedelta) -> str:
    minutes = max(0, int(span.total_seconds())) // 60
    if minutes >= 48 * 60:
        return f"{minutes // 1440} days"
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def require_readable_journal(folders: tuple[Path, ...] = _JOURNALS) -> None:
    """Raise an error if this user may not read the journal; journalctl itself then shows nothing.

    Raises:
        NotPermitted: the user may not; the message says what to do.
    """
    journals = [path for folder in folders for path in folder.glob("*/system.journal")]
    if journals and not any(os.access(path, os.R_OK) for path in journals):
        raise NotPermitted(
            "you may not read the journal: sudo edge-ser service logs, or join its readers with "
            "sudo usermod -aG systemd-journal $USER and log in again"
        )
