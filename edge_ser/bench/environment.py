"""What machine this is and what state it is in: clock, temperature, throttling, and other load."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_ser import machine
from edge_ser.bench.result import Environment, MachineState, OtherLoad
from edge_ser.machine import text_of

_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Variables that limit the threads of numpy's libraries."""

_PROCESSOR_ZONES: Final = ("cpu", "soc", "x86_pkg_temp", "k10temp")
"""Parts of the names of the kernel's thermal zones for processors."""


@dataclass(frozen=True)
class CoreTicks:
    """Time of a core since boot, in the kernel's ticks.

    Attributes:
        busy: Time spent on processes and in the kernel.
        stolen: Time that the hypervisor gave to other machines.
        total: All time.
    """

    busy: int
    stolen: int
    total: int


@dataclass(frozen=True)
class ProcessorUsage:
    """How the processor was used until a point in time.

    Attributes:
        cores: Ticks by the number of the core.
        own: CPU time of this process and of the processes it waited for, s.
        ticks_per_second: Ticks of the kernel per second.
    """

    cores: dict[int, CoreTicks]
    own: float
    ticks_per_second: int

    @classmethod
    def now(cls, root: Path = Path("/")) -> ProcessorUsage:
        """Return the usage until now."""
        times = os.times()
        own = times.user + times.system + times.children_user + times.children_system
        return cls(parse_stat(text_of(root / "proc/stat")), own, os.sysconf("SC_CLK_TCK"))


def parse_stat(text: str) -> dict[int, CoreTicks]:
    """Parse the text of `/proc/stat`."""
    cores = {}
    for match in re.finditer(r"^cpu(\d+) (.+)$", text, re.MULTILINE):
        user, nice, system, idle, waiting, interrupts, soft, stolen, *_ = (int(x) for x in match[2].split())
        busy = user + nice + system + interrupts + soft
        cores[int(match[1])] = CoreTicks(busy, stolen, busy + idle + waiting + stolen)
    return cores


def other_load(before: ProcessorUsage, after: ProcessorUsage, ours: tuple[int, ...]) -> OtherLoad:
    """Return the load from other programs between two points in time.

    Args:
        before: Usage at the first.
        after: Usage at the second.
        ours: The cores that this process and the processes it waited for should have had to themselves.
    """

    def spent(numbers: list[int], what: str) -> int:
        return sum(getattr(after.cores[n], what) - getattr(before.cores[n], what) for n in numbers)

    here = [number for number in after.cores if number in ours]
    elsewhere = [number for number in after.cores if number not in ours]
    total, total_elsewhere = spent(here, "total"), spent(elsewhere, "total")
    own = (after.own - before.own) * after.ticks_per_second
    return OtherLoad(
        on_our_cores=max(0.0, spent(here, "busy") - own) / total if total else 0.0,
        elsewhere=spent(elsewhere, "busy") / total_elsewhere if total_elsewhere else 0.0,
        stolen=spent(here, "stolen") / total if total else 0.0,
    )


def machine_state(core: int, root: Path = Path("/")) -> MachineState:
    """Return the state of the machine now.

    Args:
        core: The core that measures.
        root: Root of the machine's file system.
    """
    power = machine.throttling(root)
    load = text_of(root / "proc/loadavg").split()
    return MachineState(
        clock=clock(core, root),
        temperature=temperature(root),
        power=None if power is None else str(power) or "enough, and never slowed down since boot",
        slowed_down=bool(power and (power.now or power.before)),
        load=float(load[0]) if load else 0.0,
    )


def clock(core: int, root: Path = Path("/")) -> float | None:
    """Return the clock of a core, MHz, or ``None`` if the system does not report it."""
    kilohertz = text_of(root / f"sys/devices/system/cpu/cpu{core}/cpufreq/scaling_cur_freq").strip()
    if kilohertz.isdigit():
        return int(kilohertz) / 1e3
    found = re.findall(r"^cpu MHz\s*:\s*([\d.]+)$", text_of(root / "proc/cpuinfo"), re.MULTILINE)
    return float(found[core]) if core < len(found) else None


def temperature(root: Path = Path("/")) -> float | None:
    """Return the temperature of the processor, degrees Celsius, or ``None`` if the system does not report it."""
    for zone in sorted((root / "sys/class/thermal").glob("thermal_zone*")):
        kind = text_of(zone / "type").strip().lower()
        value = text_of(zone / "temp").strip()
        if any(name in kind for name in _PROCESSOR_ZONES) and value.lstrip("-").isdigit():
            return int(value) / 1e3
    return None


def describe(
    ours: tuple[int, ...],
    before: MachineState,
    after: MachineState,
    meanwhile: OtherLoad,
    numpy: str,
    root: Path = Path("/"),
) -> Environment:
    """Return the environment of a benchmark.

    Args:
        ours: The cores that measured.
        before: The machine before the run.
        after: The machine after the run.
        meanwhile: Load from other programs during the run.
        numpy: Version of numpy.
        root: Root of the machine's file system.
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
