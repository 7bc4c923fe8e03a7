"""Where a measurement was taken: machine, versions, revision, and how busy it was."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from edge_ser.machine import board_model, processor, text_of

_BUSY: Final = 0.5
"""Load average of the last minute, a processor, from which a machine does something else besides."""

_ROOT: Final = Path(__file__).resolve().parents[2]


def environment(packages: Iterable[str]) -> dict[str, Any]:
    """Return what a reader must know to judge figures; to be called before the measurement loads the machine.

    Args:
        packages: Distributions whose versions matter; those that are not installed are left out.
    """
    load, processors = os.getloadavg()[0], os.cpu_count() or 1
    return {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "revision": _revision(),
        "processor": _processor(),
        "processors": processors,
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": dict(_versions(packages)),
        "load_average": round(load, 2),
        "busy": load / processors > _BUSY,
        # They change the kernels of numpy's matrix products, and so its speed.
        "openblas": {name: value for name, value in os.environ.items() if name.startswith("OPENBLAS_")},
    }


def _versions(packages: Iterable[str]) -> Iterable[tuple[str, str]]:
    for name in packages:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue


def _processor() -> str:
    """Return the board's name where there is one, else the processor's."""
    return board_model(Path("/")) or processor(text_of(Path("/proc/cpuinfo")))


def _revision() -> str | None:
    """Return the revision of the checkout, with a plus if files differ from it; ``None`` where there is no git."""
    try:
        command = ("git", "-C", str(_ROOT), "describe", "--always", "--dirty=+", "--exclude=*")
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
