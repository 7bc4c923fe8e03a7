"""Where a measurement was taken: machine, versions, revision, and load."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Final

from edge_ser.machine import board_model, processor, text_of

_BUSY: Final = 0.5
"""Load average of the last minute, per processor, above which a machine does other work."""

_ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Environment:
    """What a reader must know to judge figures.

    Attributes:
        date: When it was measured, ISO 8601, UTC.
        revision: Of the checkout, with a plus if files differ from it; ``None`` where there is no git.
        processor: The board's name where there is one, else the processor's.
        processors: How many there are.
        system: Operating system and architecture.
        python: Version of Python.
        versions: Of the installed packages that matter, by name.
        load_average: Of the last minute, before the measurement.
        busy: Whether the machine did other work.
        openblas: Environment variables of OpenBLAS: they change the kernels, and so the speed, of numpy's products.
    """

    date: str
    revision: str | None
    processor: str
    processors: int
    system: str
    python: str
    versions: dict[str, str]
    load_average: float
    busy: bool
    openblas: dict[str, str]


def environment(packages: Iterable[str]) -> Environment:
    """Describe this machine; to be called before the measurement loads it.

    Args:
        packages: Distributions whose versions matter; those that are not installed are left out.
    """
    load, processors = os.getloadavg()[0], os.cpu_count() or 1
    return Environment(
        date=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        revision=_revision(),
        processor=board_model(Path("/")) or processor(text_of(Path("/proc/cpuinfo"))),
        processors=processors,
        system=platform.platform(),
        python=platform.python_version(),
        versions=dict(_versions(packages)),
        load_average=round(load, 2),
        busy=load / processors > _BUSY,
        openblas={name: value for name, value in os.environ.items() if name.startswith("OPENBLAS_")},
    )


def _versions(packages: Iterable[str]) -> Iterable[tuple[str, str]]:
    for name in packages:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue


def _revision() -> str | None:
    try:
        command = ("git", "-C", str(_ROOT), "describe", "--always", "--dirty=+", "--exclude=*")
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
