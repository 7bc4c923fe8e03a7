"""What machine this is, and how it fares: clock, temperature, throttling, and what else keeps it busy."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_ser.bench.result import Environment, Others, State
from edge_ser.service.doctor import raspberry_pi
from edge_ser.service.doctor.files import text_of
from edge_ser.service.doctor.result import State as Verdict

_ARM_CORES: Final = {
    0xD03: "Cortex-A53", 0xD04: "Cortex-A35", 0xD05: "Cortex-A55", 0xD07: "Cortex-A57", 0xD08: "Cortex-A72",
    0xD09: "Cortex-A73", 0xD0A: "Cortex-A75", 0xD0B: "Cortex-A76", 0xD0C: "Neoverse-N1", 0xD0D: "Cortex-A77",
    0xD40: "Neoverse-V1", 0xD41: "Cortex-A78", 0xD49: "Neoverse-N2", 0xD4F: "Neoverse-V2",
}  # fmt: skip
"""Arm's part numbers, which is all that the kernel says of such a core."""

_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Variables that say how many threads numpy's library may take."""

_OF_THE_PROCESSOR: Final = ("cpu", "soc", "x86_pkg_temp", "k10temp")
"""What the kernel's thermal zones of processors are called, in part."""


@dataclass(frozen=True)
class Ticks:
    """What the kernel has counted of a core since it was started, in its ticks.

    Attributes:
        busy: For processes and for the kernel.
        stolen: Given to other machines by the hypervisor.
        total: Of all.
    """

    busy: int
    stolen: int
    total: int


@dataclass(frozen=True)
class Usage:
    """Who used the processor up to a moment.

    Attributes:
        cores: By number.
        own: Processor time of this process and of those that it waited for, s.
        ticks_a_second: The kernel's.
    """

    cores: dict[int, Ticks]
    own: float
    ticks_a_second: int

    @classmethod
    def now(cls, root: Path = Path("/")) -> Usage:
        """Read it."""
        times = os.times()
        own = times.user + times.system + times.children_user + times.children_system
        return cls(parse_stat(text_of(root / "proc/stat")), own, os.sysconf("SC_CLK_TCK"))


def parse_stat(text: str) -> dict[int, Ticks]:
    """Read `/proc/stat`."""
    cores = {}
    for match in re.finditer(r"^cpu(\d+) (.+)$", text, re.MULTILINE):
        user, nice, system, idle, waiting, interrupts, soft, stolen, *_ = (int(x) for x in match[2].split())
        busy = user + nice + system + interrupts + soft
        cores[int(match[1])] = Ticks(busy, stolen, busy + idle + waiting + stolen)
    return cores


def others(before: Usage, after: Usage, ours: tuple[int, ...]) -> Others:
    """Return what else went on between two moments.

    Args:
        before: At the first.
        after: At the second.
        ours: The cores that this process and those that it waited for had to themselves, or should have had.
    """

    def spent(numbers: list[int], what: str) -> int:
        return sum(getattr(after.cores[n], what) - getattr(before.cores[n], what) for n in numbers)

    here = [number for number in after.cores if number in ours]
    elsewhere = [number for number in after.cores if number not in ours]
    total, total_elsewhere = spent(here, "total"), spent(elsewhere, "total")
    own = (after.own - before.own) * after.ticks_a_second
    return Others(
        on_our_cores=max(0.0, spent(here, "busy") - own) / total if total else 0.0,
        elsewhere=spent(elsewhere, "busy") / total_elsewhere if total_elsewhere else 0.0,
        stolen=spent(here, "stolen") / total if total else 0.0,
    )


def state(core: int, root: Path = Path("/")) -> State:
    """Return how the machine fares now.

    Args:
        core: The one that measures.
        root: Where its file system begins.
    """
    power = raspberry_pi.power(root)
    load = text_of(root / "proc/loadavg").split()
    return State(
        clock=clock(core, root),
        temperature=temperature(root),
        power=None if power.state is Verdict.SKIPPED else power.found,
        slowed_down=power.state in (Verdict.WARNING, Verdict.FAILED),
        load=float(load[0]) if load else 0.0,
    )


def clock(core: int, root: Path = Path("/")) -> float | None:
    """Return a core's clock, MHz, or ``None`` if the system does not tell."""
    kilohertz = text_of(root / f"sys/devices/system/cpu/cpu{core}/cpufreq/scaling_cur_freq").strip()
    if kilohertz.isdigit():
        return int(kilohertz) / 1e3
    found = re.findall(r"^cpu MHz\s*:\s*([\d.]+)$", text_of(root / "proc/cpuinfo"), re.MULTILINE)
    return float(found[core]) if core < len(found) else None


def temperature(root: Path = Path("/")) -> float | None:
    """Return the processor's temperature, degrees Celsius, or ``None`` if the system does not tell."""
    for zone in sorted((root / "sys/class/thermal").glob("thermal_zone*")):
        kind = text_of(zone / "type").strip().lower()
        value = text_of(zone / "temp").strip()
        if any(name in kind for name in _OF_THE_PROCESSOR) and value.lstrip("-").isdigit():
            return int(value) / 1e3
    return None


def describe(
    ours: tuple[int, ...], before: State, after: State, meanwhile: Others, numpy: str, root: Path = Path("/")
) -> Environment:
    """Return where it was measured.

    Args:
        ours: The cores that measured.
        before: The machine before the run.
        after: And when it was over.
        meanwhile: What else went on.
        numpy: Its version.
        root: Where the machine's file system begins.
    """
    frequency = root / f"sys/devices/system/cpu/cpu{ours[0]}/cpufreq"
    release = raspberry_pi.parse_os_release(text_of(root / "etc/os-release"))
    memory = re.search(r"MemTotal:\s*(\d+)", text_of(root / "proc/meminfo"))
    return Environment(
        board=board(root),
        soc=soc(root),
        processor=processor(text_of(root / "proc/cpuinfo")),
        cores=os.cpu_count() or 1,
        pinned=ours,
        memory=int(memory[1]) * 1024 // 1_000_000 if memory else 0,
        kernel=platform.release(),
        system=release.get("PRETTY_NAME", platform.system()),
        architecture=platform.machine(),
        governor=text_of(frequency / "scaling_governor").strip() or None,
        python=platform.python_version(),
        numpy=numpy,
        blas_threads={name: os.environ[name] for name in _THREADS if name in os.environ},
        before=before,
        after=after,
        others=meanwhile,
    )


def board(root: Path) -> str | None:
    """Return the machine's model, as its device tree or its firmware says."""
    firmware = (text_of(root / f"sys/class/dmi/id/{name}").strip() for name in ("sys_vendor", "product_name"))
    return raspberry_pi.board_model(root) or " ".join(filter(None, firmware)) or None


def soc(root: Path) -> str | None:
    """Return the system on a chip, the last of what a device tree says the machine is compatible with."""
    names = [name for name in text_of(root / "proc/device-tree/compatible").split("\0") if name]
    return names[-1] if names else None


def processor(cpuinfo: str) -> str:
    """Return the model of the cores."""
    named = re.search(r"^model name\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    if named:
        return named[1].strip()
    part = re.search(r"^CPU part\s*:\s*(0x[0-9a-fA-F]+)$", cpuinfo, re.MULTILINE)
    if part is None:
        return platform.processor() or "unknown"
    return _ARM_CORES.get(int(part[1], 16), f"Arm part {part[1]}")
