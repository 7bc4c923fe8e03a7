"""The machine: what it is and, for a Raspberry Pi, its temperature and its power supply."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Final

from edge_ser.doctor.result import Finding, State
from edge_ser.machine import Throttling, pi_model, system, text_of, throttling

_ARCHITECTURES: Final = ("aarch64", "x86_64")

_HOT: Final = 80.0
"""Temperature at which a Raspberry Pi slows itself down, degrees Celsius."""

_SUPPLY: Final = "use the power supply made for this Raspberry Pi, and a short, thick cable"
_COOLING: Final = "add a heat sink or a fan, and let air reach it"


def check_machine(root: Path) -> Finding:
    """Check the kind of machine and its system."""
    return rate_machine(platform.machine(), system(root), pi_model(root))


def rate_machine(architecture: str, system: str, model: str | None) -> Finding:
    """Rate the kind of machine."""
    found = ", ".join(filter(None, (model, architecture, system)))
    if architecture not in _ARCHITECTURES:
        fix = f"use a 64-bit system, on a Raspberry Pi the 64-bit Raspberry Pi OS; tested: {', '.join(_ARCHITECTURES)}"
        return Finding(State.WARNING, found, fix)
    return Finding(State.OK, found)


def check_temperature(root: Path) -> Finding:
    """Check that a Raspberry Pi is not hot."""
    if pi_model(root) is None:
        return Finding(State.SKIPPED, "not a Raspberry Pi")
    return rate_temperature(text_of(root / "sys/class/thermal/thermal_zone0/temp"))


def rate_temperature(text: str) -> Finding:
    """Rate the temperature, given as the kernel's text in thousandths of a degree Celsius."""
    try:
        degrees = int(text) / 1_000
    except ValueError:
        return Finding(State.SKIPPED, "the system does not report it")
    if degrees >= _HOT:
        return Finding(State.WARNING, f"{degrees:.0f} degrees Celsius; it slows down at {_HOT:.0f}", _COOLING)
    return Finding(State.OK, f"{degrees:.0f} degrees Celsius")


def check_power(root: Path) -> Finding:
    """Check that a Raspberry Pi has the power it needs, and has not slowed itself down."""
    if pi_model(root) is None:
        return Finding(State.SKIPPED, "not a Raspberry Pi")
    return rate_power(throttling(root))


def rate_power(found: Throttling | None) -> Finding:
    """Rate what the firmware reports; ``None`` if it reports nothing."""
    if found is None:
        fix = "sudo usermod -aG video $USER  # then log in again; vcgencmd needs this group"
        return Finding(State.SKIPPED, "the firmware does not report it", fix)
    if not found.now and not found.before:
        return Finding(State.OK, "enough, and never slowed down since boot")
    # Low voltage slows a Pi down as well, so where it appears it is the cause.
    fix = _SUPPLY if "under-voltage" in found.now + found.before else _COOLING
    return Finding(State.FAILED if "under-voltage" in found.now else State.WARNING, str(found), fix)
