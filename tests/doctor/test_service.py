"""Checks of the service and of muting."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge_ser.doctor import service
from edge_ser.doctor.result import State
from edge_ser.service import programs
from tests.doctor.simulated_pi import put


def shown(**changes: str) -> dict[str, str]:
    text = (
        "NRestarts=0\nStatusText=listening to USB PnP\nLoadState=loaded\n"
        "ActiveState=active\nSubState=running\nUnitFileState=enabled\n"
    )
    return programs.parse_properties(text) | changes


@pytest.mark.parametrize(
    ("properties", "state", "found", "fix"),
    [
        (shown(), State.OK, "active (running); it reports: listening to USB PnP", None),
        (
            shown(NRestarts="3", StatusText="a=b"),
            State.OK,
            "active (running), restarted 3 times; it reports: a=b",
            None,
        ),
        (shown(UnitFileState="disabled"), State.WARNING, "not started at boot", "systemctl enable"),
        (
            shown(LoadState="not-found", ActiveState="inactive"),
            State.SKIPPED,
            "not installed",
            "sudo edge-ser service install",
        ),
        (shown(LoadState="masked"), State.FAILED, "masked", "systemctl status"),
        (shown(ActiveState="inactive", SubState="dead"), State.FAILED, "inactive (dead)", "systemctl start"),
        (shown(ActiveState="failed", SubState="failed"), State.FAILED, "failed (failed)", "edge-ser service logs"),
        (
            shown(ActiveState="activating", SubState="auto-restart"),
            State.FAILED,
            "auto-restart",
            "edge-ser service logs",
        ),
        (shown(ActiveState="activating", SubState="start"), State.WARNING, "(start)", "edge-ser service logs"),
        ({}, State.FAILED, "unknown", "systemctl status"),
    ],
)
def test_states_of_the_service(properties: dict[str, str], state: State, found: str, fix: str | None) -> None:
    finding = service.rate_service(properties)
    assert finding.state is state
    assert found in finding.found
    assert (fix is None and finding.fix is None) or str(fix) in str(finding.fix)


def test_service_is_skipped_without_systemd(tmp_path: Path) -> None:
    assert service.check_service(tmp_path).state is State.SKIPPED


@pytest.mark.parametrize(
    ("script", "state"),
    [
        ("echo LoadState=not-found", State.SKIPPED),
        ("echo no bus >&2; exit 1", State.SKIPPED),
        ("printf 'LoadState=loaded\\nActiveState=active\\nSubState=running\\n'", State.OK),
    ],
)
def test_answers_of_systemd(pi: Path, monkeypatch: pytest.MonkeyPatch, script: str, state: State) -> None:
    (pi / "run/systemd/system").mkdir(parents=True)
    put(pi, "bin/systemctl", f"#!/bin/sh\n{script}\n").chmod(0o755)
    monkeypatch.setenv("PATH", f"{pi}/bin", prepend=os.pathsep)
    assert service.check_service(pi).state is state


def test_hanging_systemd_is_not_waited_for(pi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (pi / "run/systemd/system").mkdir(parents=True)
    put(pi, "bin/systemctl", "#!/bin/sh\nexec sleep 60\n").chmod(0o755)
    monkeypatch.setenv("PATH", f"{pi}/bin", prepend=os.pathsep)
    monkeypatch.setattr(service, "_TIMEOUT", 0.2)
    assert service.check_service(pi).state is State.FAILED


@pytest.mark.parametrize(
    ("reason", "file", "state", "fix"),
    [
        (None, None, State.OK, None),
        ("muted until 12:30", None, State.WARNING, "edge-ser unmute"),
        ("muted", "/x/muted", State.WARNING, "edge-ser unmute --file /x/muted"),
        ("quiet hours until 07:00", None, State.WARNING, "change `privacy.quiet_hours` in /etc/edge-ser/config.toml"),
    ],
)
def test_ratings_of_mute(reason: str | None, file: str | None, state: State, fix: str | None) -> None:
    finding = service.rate_mute(reason, file)
    assert (finding.state, finding.fix) == (state, fix)
