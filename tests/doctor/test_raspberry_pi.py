"""Checks of the machine, its temperature and its power."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_ser import machine
from edge_ser.doctor import raspberry_pi
from edge_ser.doctor.result import Finding, State
from tests.doctor.simulated_pi import put


def test_raspberry_pi_is_recognized(pi: Path) -> None:
    finding = raspberry_pi.check_machine(pi)
    assert finding.found.startswith("Raspberry Pi 4 Model B Rev 1.4, ")
    assert finding.found.endswith(", Debian GNU/Linux 12 (bookworm)")
    assert raspberry_pi.check_temperature(pi) == Finding(State.OK, "48 degrees Celsius")
    power = raspberry_pi.check_power(pi)
    assert (power.state, power.found) == (State.WARNING, "since boot: under-voltage, throttled")


def test_other_boards_skip_temperature_and_power(tmp_path: Path) -> None:
    put(tmp_path, "proc/device-tree/model", "Another Board\0")
    assert raspberry_pi.check_temperature(tmp_path).state is State.SKIPPED
    assert raspberry_pi.check_power(tmp_path).state is State.SKIPPED


def test_32_bit_system_is_reported() -> None:
    finding = raspberry_pi.rate_machine("armv7l", "Raspbian GNU/Linux 11 (bullseye)", "Raspberry Pi 3 Model B")
    assert finding.state is State.WARNING
    assert "64-bit" in str(finding.fix)


@pytest.mark.parametrize(("text", "state"), [("79999\n", State.OK), ("80000\n", State.WARNING), ("", State.SKIPPED)])
def test_temperatures(text: str, state: State) -> None:
    assert raspberry_pi.rate_temperature(text).state is state


@pytest.mark.parametrize(
    ("text", "state", "found"),
    [
        ("throttled=0x0\n", State.OK, "enough"),
        ("throttled=0x50005\n", State.FAILED, "now: under-voltage, throttled"),
        ("50005\n", State.FAILED, "now: under-voltage, throttled"),
        ("throttled=0x50000\n", State.WARNING, "since boot: under-voltage, throttled"),
        ("throttled=0xe0008\n", State.WARNING, "now: soft temperature limit; since boot: frequency capped"),
        ("error", State.SKIPPED, ""),
    ],
)
def test_ratings_of_the_firmware_bits(text: str, state: State, found: str) -> None:
    finding = raspberry_pi.rate_power(machine.parse_throttling(text))
    assert finding.state is state
    assert found in finding.found
    if state in (State.FAILED, State.WARNING):
        assert ("power supply" in str(finding.fix)) == ("under-voltage" in finding.found)
