"""All checks together, on a simulated Raspberry Pi, and their parsers with any text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser import machine
from edge_ser.doctor import checks, microphone, raspberry_pi, service, sound_system
from edge_ser.doctor.result import Finding, State
from edge_ser.service import programs
from tests.doctor.simulated_pi import put


def test_all_checks_on_a_simulated_pi(pi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("XDG_STATE_HOME", str(pi))
    monkeypatch.setattr("edge_ser.sources.devices.list_inputs", lambda: [])
    put(pi, "etc/edge-ser/config.toml", "[microphone]\nwait = 7\n")
    findings = dict(checks.examine(checks.Scope(seconds=None), pi))
    assert findings["configuration"].state is State.FAILED
    assert "microphone.wait" in findings["configuration"].found
    assert findings["machine"].found.startswith("Raspberry Pi 4")
    assert findings["microphone"].state is State.OK  # the service has it
    assert findings["level"] == Finding(State.SKIPPED, "not requested")
    assert findings["power"].state is State.WARNING


def test_muted_microphone_stays_closed(pi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_ser.sources.devices.list_inputs", lambda: [])
    monkeypatch.setattr(microphone, "_record", lambda *_: pytest.fail("it was opened"))
    muted = put(pi, "muted", "")
    put(pi, "etc/edge-ser/config.toml", f'[privacy]\nmute_file = "{muted}"\n')
    findings = dict(checks.examine(checks.Scope(), pi))
    assert findings["privacy"].state is State.WARNING
    assert findings["level"].state is State.SKIPPED


@given(st.text())
def test_parsers_accept_any_text(text: str) -> None:
    machine.parse_os_release(text)
    raspberry_pi.rate_temperature(text)
    raspberry_pi.rate_power(machine.parse_throttling(text))
    sound_system.parse_cards(text)
    sound_system.parse_recording(text)
    sound_system.fault_of(text, ["Device"])
    microphone.parse_owner(text)
    service.rate_service(programs.parse_properties(text))
