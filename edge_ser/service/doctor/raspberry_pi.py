"""The machine: what it is, and, of a Raspberry Pi, its temperature and its power supply."""

from __future__ import annotations

import platform
import shlex
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Final

from edge_ser.service.doctor.files import text_of
from edge_ser.service.doctor.result import Finding, State

_ARCHITECTURES: Final = ("aarch64", "x86_64")

_HOT: Final = 80.0
"""Temperature from which a Raspberry Pi slows itself down, degrees Celsius."""

_TIMEOUT: Final = 5.0
"""How long the firmware may take to answer, s."""

_NOW: Final = {0: "under-voltage", 1: "frequency capped", 2: "throttled", 3: "soft temperature limit"}
_SINCE_BOOT: Final = {bit + 16: name for bit, name in _NOW.items()}
"""Bits of the firmware's answer, for now and for any time since it was started."""

_SUPPLY: Final = "use the power supply that is made for this Raspberry Pi, and a short, thick cable"
_COOLING: Final = "give it a heat sink or a fan, and air"


def machine(root: Path) -> Finding:
    """Say what the machine and its system are."""
    release = parse_os_release(text_of(root / "etc/os-release"))
    return judge_machine(platform.machine(), release.get("PRETTY_NAME", platform.system()), pi_model(root))


def judge_machine(architecture: str, system: str, model: str | None) -> Finding:
    """Judge the kind of machine."""
    found = ", ".join(filter(None, (model, architecture, system)))
    if architecture not in _ARCHITECTURES:
        fix = f"use a 64-bit system, on a Raspberry Pi the 64-bit Raspberry Pi OS; tested: {', '.join(_ARCHITECTURES)}"
        return Finding(State.WARNING, found, fix)
    return Finding(State.OK, found)


def board_model(root: Path) -> str:
    """Return what the device tree calls the machine; empty where there is none."""
    return text_of(root / "proc/device-tree/model").strip("\0\n ")


def pi_model(root: Path) -> str | None:
    """Return the model of a Raspberry Pi, or ``None`` on any other machine."""
    model = board_model(root)
    return model if model.startswith("Raspberry Pi") else None


def parse_os_release(text: str) -> dict[str, str]:
    """Read the variables of an ``os-release`` file; a line that is none is passed over."""
    variables = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            with suppress(ValueError):  # a quote without its other half
                variables[name] = "".join(shlex.split(value))
    return variables


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
        return Finding(State.SKIPPED, "the system does not tell it")
    if degrees >= _HOT:
        return Finding(State.WARNING, f"{degrees:.0f} degrees Celsius; from {_HOT:.0f} on it slows down", _COOLING)
    return Finding(State.OK, f"{degrees:.0f} degrees Celsius")


def power(root: Path) -> Finding:
    """Check that a Raspberry Pi has the power it needs, and has not slowed itself down."""
    if pi_model(root) is None:
        return Finding(State.SKIPPED, "no Raspberry Pi")
    answer = _ask_firmware() if root == Path("/") else ""
    return judge_power(answer or text_of(root / "sys/devices/platform/soc/soc:firmware/get_throttled"))


def judge_power(text: str) -> Finding:
    """Judge the firmware's answer: ``throttled=0x50005`` by vcgencmd, ``50005`` by the kernel."""
    try:
        bits = int(text.strip().removeprefix("throttled="), 16)
    except ValueError:
        fix = "sudo usermod -aG video $USER  # then log in again; vcgencmd needs this group"
        return Finding(State.SKIPPED, "the firmware does not tell it", fix)
    now = [name for bit, name in _NOW.items() if bits >> bit & 1]
    before = [name for bit, name in _SINCE_BOOT.items() if bits >> bit & 1 and name not in now]
    if not now and not before:
        return Finding(State.OK, "enough, and never slowed down since it was started")
    found = "; ".join(
        f"{when}: {', '.join(names)}" for when, names in (("now", now), ("since it was started", before)) if names
    )
    # Too little voltage slows it down too, so that it is the cause as long as it stands there.
    fix = _SUPPLY if "under-voltage" in now + before else _COOLING
    return Finding(State.FAILED if "under-voltage" in now else State.WARNING, found, fix)


def _ask_firmware() -> str:
    """Return what vcgencmd says; nothing if it is missing, may not ask, or does not answer."""
    if shutil.which("vcgencmd") is None:
        return ""
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            ["vcgencmd", "get_throttled"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_TIMEOUT,
            check=True,
        )  # fmt: skip
        return done.stdout if "throttled=" in done.stdout else ""
    return ""
