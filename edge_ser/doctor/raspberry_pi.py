"""The machine: what it is, and, for a Raspberry Pi, its temperature and its power supply."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Final

from edge_ser.doctor.result import Finding, State
from edge_ser.machine import Throttling, pi_model, system, text_of, throttling

_ARCHITECTURES: Final = ("aarch64", "x86_64")

_HOT: Final = 80.0
"""Temperature from which a Raspberry Pi slows itself down, degrees Celsius."""

_SUPPLY: Final = "use the power supply made for this Raspberry Pi, and a short, thick cable"
_COOLING: Final = "give it a heat sink or a fan, and air"


def machine(root: Path) -> Finding:
    """Say what the machine and its system are."""
    return judge_machine(platform.machine(), system(root), pi_model(root))


def judge_machine(architecture: str, system: str, model: str | None) -> Finding:
    """Judge the kind of machine."""
    found = ", ".join(filter(None, (model, architecture, system)))
    if architecture not in _ARCHITECTURES:
        fix = f"use a 64-bit system, on a Raspberry Pi the 64-bit Raspberry Pi OS; tested: {', '.join(_ARCHITECTURES)}"
        return Finding(State.WARNING, found, fix)
    return Finding(State.OK, found)


def temperature(root: Path) -> Finding:
    """Check that a Raspberry Pi is not hot."""
    if pi_model(root) is None:
        return Finding(State.SKIPPED, "no Raspberry Pi")
    return judge_temperature(text_of(root / "sys/class/thermal/thermal_zone0/temp"))


def judge_temperature(text: str) -> Finding:
    """Judge the kernel's answer, thousandths of a degree Celsius."""
    try:
        degrees = int(text) / 1_000
    except ValueError:
        return Finding(State.SKIPPED, "the system does not report it")
    if degrees >= _HOT:
        return Finding(State.WARNING, f"{degrees:.0f} degrees Celsius; it slows down from {_HOT:.0f} on", _COOLING)
    return Finding(State.OK, f"{degrees:.0f} degrees Celsius")


def power(root: Path) -> Finding:
    """Check that a Raspberry Pi has the power it needs, and has not slowed itself down."""
    if pi_model(root) is None:
        return Finding(State.SKIPPED, "no Raspberry Pi")
    return judge_power(throttling(root))


def judge_power(found: Throttling | None) -> Finding:
    """Judge what the firmware says."""
    if found is None:
        fix = "sudo usermod -aG video $USER  # then log in again; vcgencmd needs this group"
        return Finding(State.SKIPPED, "the firmware does not report it", fix)
    if not found.now and not found.before:
        return Finding(State.OK, "enough, and never slowed down since boot")
    # Too little voltage slows it down too, so it is the cause wherever it appears.
    fix = _SUPPLY if "under-voltage" in found.now + found.before else _COOLING
    return Finding(State.FAILED if "under-voltage" in found.now else State.WARNING, str(found), fix)
