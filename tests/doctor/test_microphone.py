"""Checks of the microphone and of the programs that use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_ser.doctor import microphone
from edge_ser.doctor.microphone import Holder
from edge_ser.doctor.result import Finding, State
from edge_ser.errors import MicrophoneBusy, NoMicrophone
from edge_ser.settings import MicrophoneSettings
from tests.doctor.simulated_pi import put


def test_service_may_hold_the_microphone(pi: Path) -> None:
    assert microphone.holders(pi) == [Holder(2, 734, "edge-ser", True)]
    assert microphone.check_in_use(pi) == Finding(
        State.OK, "card 2: edge-ser.service, which is listening, as it should"
    )


def test_other_program_that_records_is_named(pi: Path) -> None:
    put(pi, "proc/734/comm", "arecord\n")
    put(pi, "proc/734/cgroup", "0::/user.slice/user-1000.slice/session-3.scope\n")
    finding = microphone.check_in_use(pi)
    assert finding.state is State.WARNING
    assert finding.found == "card 2: arecord (process 734)"
    assert str(finding.fix).endswith("kill 734")


@pytest.mark.parametrize("status", ["closed\n", ""])
def test_closed_microphone_has_no_holder(pi: Path, status: str) -> None:
    put(pi, "proc/asound/card2/pcm0c/sub0/status", status)
    assert microphone.check_in_use(pi) == Finding(State.OK, "no other program is recording")


def test_sound_server_shares() -> None:
    finding = microphone.rate_holders([Holder(2, 9, "pipewire", False)])
    assert finding == Finding(State.OK, "card 2: pipewire (process 9), which shares the card")


def test_microphone_hidden_by_the_service_passes(pi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_ser.sources.devices.list_inputs", lambda: [])
    assert microphone.check_presence("usb", pi).state is State.OK
    put(pi, "proc/734/cgroup", "0::/user.slice\n")
    with pytest.raises(NoMicrophone):
        microphone.check_presence("usb", pi)


def test_microphone_held_by_the_service_is_skipped(pi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> None:
        raise MicrophoneBusy("microphone 'usb' cannot be opened; close it")

    monkeypatch.setattr(microphone, "_record", busy)
    finding = microphone.check_sound(MicrophoneSettings(), 3, pi, None)
    assert finding.state is State.SKIPPED
    assert "systemctl stop edge-ser.service" in str(finding.fix)
    put(pi, "proc/734/cgroup", "0::/user.slice\n")
    with pytest.raises(MicrophoneBusy):
        microphone.check_sound(MicrophoneSettings(), 3, pi, None)
