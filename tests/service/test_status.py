"""The state of the service as text, from the properties of its unit."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.service.status import dashboard_of, describe, status_of

NOW = datetime(2026, 11, 24, 21, 30, tzinfo=timezone(timedelta(hours=1)))
RUNNING = {
    "LoadState": "loaded",
    "ActiveState": "active",
    "SubState": "running",
    "UnitFileState": "enabled",
    "StatusText": "listening to USB PnP; muted",
    "Result": "success",
    "ExecMainStatus": "0",
    "NRestarts": "2",
    "ActiveEnterTimestampMonotonic": "100000000",
    "MemoryCurrent": "47185920",
    "CPUUsageNSec": "12300000000",
}


def described(**changes: str) -> str:
    return describe(status_of(RUNNING | changes, NOW, 4_000.0), NOW)


def test_running() -> None:
    assert described() == (
        "edge-ser is running: listening to USB PnP; muted\n"
        "  since      2026-11-24 20:25, for 1 h 5 min\n"
        "  at boot    starts\n"
        "  restarts   2\n"
        "  memory     47 MB\n"
        "  processor  12.3 s\n"
    )


def test_dashboard_is_shown_where_it_is_installed() -> None:
    def described_with(**properties: str) -> str:
        status = replace(status_of(RUNNING, NOW, 4_000.0), dashboard=dashboard_of(properties))
        return describe(status, NOW).removeprefix(described())

    assert described_with(LoadState="not-found") == described_with() == ""
    url = "http://127.0.0.1:8765/"
    running = described_with(LoadState="loaded", ActiveState="active", StatusText=url)
    assert running == f"  dashboard  {url} (edge-ser-dashboard.service)\n"
    failed = described_with(LoadState="loaded", ActiveState="failed", StatusText=url)
    assert failed.startswith("  dashboard  edge-ser-dashboard.service is not running: failed; why: journalctl")


@pytest.mark.parametrize("missing", ["[not set]", "18446744073709551615", ""])
def test_missing_figures_are_left_out(missing: str) -> None:
    text = described(MemoryCurrent=missing, CPUUsageNSec=missing)
    assert "memory" not in text
    assert "processor" not in text


def test_not_running() -> None:
    stopped = described(ActiveState="inactive", SubState="dead", UnitFileState="disabled")
    assert "edge-ser is not running: inactive (it was stopped)\n" in stopped
    assert "does not start: sudo systemctl enable edge-ser" in stopped
    failed = described(ActiveState="failed", SubState="failed", Result="exit-code", ExecMainStatus="50")
    assert "failed (exit status 50, a setting is not valid: edge-ser config check)" in failed
    assert "edge-ser service logs" in failed
    again = described(ActiveState="activating", SubState="auto-restart", Result="watchdog")
    assert again.startswith("edge-ser ended (watchdog) and restarts in a moment\n")
    assert described(ActiveState="activating", SubState="start").startswith("edge-ser is starting\n")
    assert "since" not in stopped + failed + again


@given(st.dictionaries(st.sampled_from(sorted(RUNNING)), st.text()))
def test_any_properties_can_be_described(properties: dict[str, str]) -> None:
    for of in (properties, RUNNING | properties):
        try:
            assert describe(status_of(of, NOW, 4_000.0), NOW).startswith("edge-ser ")
        except OverflowError:  # systemd reports no start before the year 1
            assert len(properties["ActiveEnterTimestampMonotonic"]) > 15
