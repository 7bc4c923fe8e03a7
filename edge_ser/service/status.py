"""The state of the service: what systemd knows, and what the service reports itself."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from edge_ser import paths
from edge_ser.errors import NotInstalled
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
    "2": "wrong usage; to see how it is started: systemctl cat edge-ser",
    "15": "PyAudio cannot be used; see: edge-ser doctor",
    "30": "the model is damaged; install it again",
    "50": "a setting is not valid: edge-ser config check",
}
"""Exit statuses of the service that its owner can do something about, and what to do."""


@dataclass(frozen=True)
class Dashboard:
    """State of the live page's unit."""

    unit: str
    """Its name."""
    active: bool
    """Whether it is running and ready."""
    state: str
    """Its state in systemd's words."""
    address: str
    """Address of the page, as the unit reports it; empty while it is not running."""


@dataclass(frozen=True)
class Status:
    """State of the service."""

    active: bool
    """Whether it is running and ready."""
    state: str
    """Its state in systemd's words, such as ``active``, ``activating`` or ``failed``."""
    sub_state: str
    """Its substate, such as ``running``, ``dead`` or ``auto-restart``."""
    enabled: bool
    """Whether it starts at boot."""
    says: str
    """The line it reports: what it listens to, the state of the microphone, whether it is muted."""
    since: str | None
    """Local time since which it has been ready, ISO 8601; ``None`` if it is not."""
    restarts: int
    """Number of restarts since it was started by hand or at boot."""
    result: str
    """How it last ended: ``success``, ``exit-code``, ``watchdog``, ``oom-kill`` ..."""
    exit_status: int
    """Exit status when it last ended."""
    memory_bytes: int | None
    """Memory in use, bytes; ``None`` where it is not counted, as on Raspberry Pi OS by default."""
    processor_seconds: float | None
    """Processor time since it was started, s; ``None`` where it is not counted."""
    dashboard: Dashboard | None = None
    """State of the live page's unit; ``None`` where it is not installed."""


def read() -> Status:
    """Ask systemd for the state of the service.

    Raises:
        NoSystemd: systemd does not run.
        NotInstalled: the service is not installed.
    """
    properties = programs.properties(paths.UNIT, *_PROPERTIES)
    if properties.get("LoadState") == "not-found":
        raise NotInstalled("the service is not installed here; to install it: sudo edge-ser service install")
    dashboard = dashboard_of(programs.properties(paths.DASHBOARD_UNIT, *_DASHBOARD_PROPERTIES))
    return replace(status_of(properties, datetime.now().astimezone(), time.monotonic()), dashboard=dashboard)


def status_of(properties: Mapping[str, str], now: datetime, monotonic: float) -> Status:
    """Make a status from the properties of the unit.

    Args:
        properties: The properties, by name.
        now: The local time; systemd's own timestamp is wrong where the clock was set after the start.
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
    """Return the state of the live page's unit from its properties; ``None`` if it is not installed."""
    if properties.get("LoadState", "not-found") == "not-found":
        return None
    active = properties.get("ActiveState") in ("active", "reloading")
    address = properties.get("StatusText", "") if active else ""
    return Dashboard(paths.DASHBOARD_UNIT, active, properties.get("ActiveState", "unknown"), address)


def _number(text: str | None) -> int | None:
    # What is not counted is "[not set]", or in older versions of systemd the largest 64-bit number.
    return int(text) if text and text.isdecimal() and int(text) < 2**64 - 1 else None


def describe(status: Status, now: datetime) -> str:
    """Return a status as a few lines of text."""
    lines = []
    if status.active:
        lines.append(f"edge-ser is running: {status.says or 'no report yet'}")
    elif status.sub_state == "auto-restart":
        lines.append(f"edge-ser ended ({_why(status)}) and restarts in a moment")
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
        return "it was stopped" if status.state == "inactive" else "no error"
    if status.result != "exit-code":
        return status.result
    reason = _REASONS.get(str(status.exit_status))
    return f"exit status {status.exit_status}" + (f", {reason}" if reason else "")


def _span(span: timedelta) -> str:
    minutes = max(0, int(span.total_seconds())) // 60
    if minutes >= 48 * 60:
        return f"{minutes // 1440} days"
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
