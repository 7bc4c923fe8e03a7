"""The machine, as the kernel and the firmware describe it: board, processor, system, and limits of a Raspberry Pi."""

from __future__ import annotations

import platform
import re
import shlex
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_ARM_CORES: Final = {
    0xD03: "Cortex-A53", 0xD04: "Cortex-A35", 0xD05: "Cortex-A55", 0xD07: "Cortex-A57", 0xD08: "Cortex-A72",
    0xD09: "Cortex-A73", 0xD0A: "Cortex-A75", 0xD0B: "Cortex-A76", 0xD0C: "Neoverse-N1", 0xD0D: "Cortex-A77",
    0xD40: "Neoverse-V1", 0xD41: "Cortex-A78", 0xD49: "Neoverse-N2", 0xD4F: "Neoverse-V2",
}  # fmt: skip
"""Arm's part numbers: the kernel reports nothing else about such a core."""

_FIRMWARE_SECONDS: Final = 5.0
"""How long the firmware may take to answer, s."""

_NOW: Final = {0: "under-voltage", 1: "frequency capped", 2: "throttled", 3: "soft temperature limit"}
_SINCE_BOOT: Final = {bit + 16: name for bit, name in _NOW.items()}
"""Bits of the firmware's answer: what holds now, and what held at any time since boot."""


def text_of(path: Path) -> str:
    """Return a file's text; empty if there is none or it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def board_model(root: Path) -> str:
    """Return the machine's name in the device tree; empty where there is none."""
    return text_of(root / "proc/device-tree/model").strip("\0\n ")


def pi_model(root: Path) -> str | None:
    """Return the model of a Raspberry Pi, or ``None`` on any other machine."""
    model = board_model(root)
    return model if model.startswith("Raspberry Pi") else None


def board(root: Path) -> str | None:
    """Return the machine's model from its device tree or its firmware."""
    firmware = (text_of(root / f"sys/class/dmi/id/{name}").strip() for name in ("sys_vendor", "product_name"))
    return board_model(root) or " ".join(filter(None, firmware)) or None


def soc(root: Path) -> str | None:
    """Return the system on a chip: the last entry of the device tree's list of compatible models."""
    names = [name for name in text_of(root / "proc/device-tree/compatible").split("\0") if name]
    return names[-1] if names else None


def processor(cpuinfo: str) -> str:
    """Return the model of the cores, from the text of `/proc/cpuinfo`."""
    named = re.search(r"^model name\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    if named:
        return named[1].strip()
    part = re.search(r"^CPU part\s*:\s*(0x[0-9a-fA-F]+)$", cpuinfo, re.MULTILINE)
    if part is None:
        return platform.processor() or "unknown"
    return _ARM_CORES.get(int(part[1], 16), f"Arm part {part[1]}")


def system(root: Path) -> str:
    """Return the name of the operating system."""
    return parse_os_release(text_of(root / "etc/os-release")).get("PRETTY_NAME", platform.system())


def parse_os_release(text: str) -> dict[str, str]:
    """Parse the variables of an ``os-release`` file; lines without one are skipped."""
    variables = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            with suppress(ValueError):  # a quote that is not closed
                variables[name] = "".join(shlex.split(value))
    return variables


@dataclass(frozen=True)
class Throttling:
    """What a Raspberry Pi's firmware reports about power and heat.

    Attributes:
        now: Names of the limits in effect now.
        before: Names of the limits that were in effect since boot and no longer are.
    """

    now: tuple[str, ...]
    before: tuple[str, ...]

    def __str__(self) -> str:
        parts = (("now", self.now), ("since boot", self.before))
        return "; ".join(f"{when}: {', '.join(names)}" for when, names in parts if names)


def throttling(root: Path) -> Throttling | None:
    """Return what the firmware reports, or ``None`` where it does not or on another machine."""
    if pi_model(root) is None:
        return None
    answer = _ask_firmware() if root == Path("/") else ""
    return parse_throttling(answer or text_of(root / "sys/devices/platform/soc/soc:firmware/get_throttled"))


def parse_throttling(text: str) -> Throttling | None:
    """Parse the firmware's answer: ``throttled=0x50005`` from vcgencmd, ``50005`` from the kernel, else ``None``."""
    try:
        bits = int(text.strip().removeprefix("throttled="), 16)
    except ValueError:
        return None
    now = tuple(name for bit, name in _NOW.items() if bits >> bit & 1)
    before = tuple(name for bit, name in _SINCE_BOOT.items() if bits >> bit & 1 and name not in now)
    return Throttling(now, before)


def _ask_firmware() -> str:
    """Return the output of vcgencmd; empty if it is missing, is not permitted, or does not answer."""
    if shutil.which("vcgencmd") is None:
        return ""
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            ["vcgencmd", "get_throttled"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=_FIRMWARE_SECONDS, check=True,
        )  # fmt: skip
        return done.stdout if "throttled=" in done.stdout else ""
    return ""
