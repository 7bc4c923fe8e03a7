"""What machine this is, and how it fares: clock, temperature, throttling, and what else keeps it busy."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_ser import machine
from edge_ser.bench.result import Environment, Others, State
from edge_ser.machine import text_of

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
    power = machine.throttling(root)
    load = text_of(root / "proc/loadavg").split()
    return State(
        clock=clock(core, root),
        temperature=temperature(root),
        power=None if power is None else str(power) or "enough, and never slowed down since boot",
        slowed_down=bool(power and (power.now or power.before)),
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
    memory = re.search(r"MemTotal:\s*(\d+)", text_of(root / "proc/meminfo"))
    return Environment(
        board=machine.board(root),
        soc=machine.soc(root),
        processor=machine.processor(text_of(root / "proc/cpuinfo")),
        cores=os.cpu_count() or 1,
        pinned=ours,
        memory=int(memory[1]) * 1024 // 1_000_000 if memory else 0,
        kernel=platform.release(),
        system=machine.system(root),
        architecture=platform.machine(),
        governor=text_of(frequency / "scaling_governor").strip() or None,
        python=platform.python_version(),
        numpy=numpy,
        blas_threads={name: os.environ[name] for name in _THREADS if name in os.environ},
        before=before,
        after=after,
        others=meanwhile,
    )
