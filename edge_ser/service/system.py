"""The system that the service is installed on: whether it is suitable, and which Python runs the service."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_ser import paths
from edge_ser.errors import NoRoom, NoSystemd, NotPermitted, NotRoot, StepFailed, UnsupportedSystem
from edge_ser.service import programs

ARCHITECTURES: Final = ("aarch64", "x86_64")
"""Architectures with a TensorFlow Lite interpreter; a 32-bit kernel reports another name."""

OLDEST_PYTHON: Final = (3, 10)
OLDEST_SYSTEMD: Final = 247
"""The first version with everything the unit uses (ProtectProc=)."""

ROOM: Final = 300
"""Space needed below /opt, MB: an environment takes 120 MB, and the old one is removed after the new one is made."""

SYSTEM_PYTHON: Final = Path("/usr/bin/python3")
HOMES: Final = ("/home", "/root", "/run/user")
"""Folders that ProtectHome= in the unit hides: the service cannot see a Python in them."""

_PROBE: Final = (
    "import sys; from importlib.util import find_spec; "
    "print(*sys.version_info[:2], sys.maxsize.bit_length() + 1, int(find_spec('ensurepip') is not None))"
)


@dataclass(frozen=True)
class Target:
    """The system that is installed to."""

    root: Path = Path("/")
    """``/``, or the folder that an image is staged in."""
    live: bool = True
    """Whether it is the running system, whose systemd has to be told."""

    def at(self, path: Path) -> Path:
        """Return where a path of the finished system is now."""
        return self.root / path.relative_to("/")


@dataclass(frozen=True)
class Python:
    """The Python that makes virtual environments."""

    executable: Path
    version: tuple[int, int]
    bits: int
    """32 or 64."""
    can_make_environments: bool
    """Whether it has `ensurepip`, which Debian ships in the package python3-venv."""

    @property
    def release(self) -> str:
        """Its version as text, such as 3.11."""
        return ".".join(map(str, self.version))


@dataclass(frozen=True)
class Machine:
    """What an installation needs to know about a system."""

    architecture: str
    """As `uname -m` prints it."""
    python: Python
    systemd: int | None
    """Version of the running systemd; ``None`` if none runs."""
    free: int
    """Free space on the disk of the virtual environment, MB."""


def service_python() -> Python:
    """Return the Python that runs this (not a virtual environment's), or the system's if the service cannot see it.

    Raises:
        UnsupportedSystem: the service cannot see it, and the system has none.
    """
    own = Path(getattr(sys, "_base_executable", sys.executable))
    hidden = any(path.is_relative_to(home) for path in (own, own.resolve()) for home in HOMES)
    executable = SYSTEM_PYTHON if hidden else own
    try:
        major, minor, bits, ensurepip = map(int, programs.call("Python", executable, "-I", "-c", _PROBE).split())
    except StepFailed:
        raise UnsupportedSystem(
            f"{own} is in a home folder, which the service cannot see, and {SYSTEM_PYTHON} does not work; try: "
            "sudo apt install python3 python3-venv"
        ) from None
    return Python(executable, (major, minor), bits, bool(ensurepip))


def inspect(target: Target) -> Machine:
    """Inspect the machine."""
    folder = target.at(paths.VENV)
    while not folder.exists():
        folder = folder.parent
    return Machine(
        architecture=platform.machine(),
        python=service_python(),
        systemd=programs.systemd_version() if runs_systemd(target) else None,
        free=shutil.disk_usage(folder).free // 1_000_000,
    )


def require_suitable(machine: Machine) -> None:
    """Raise an error if edge-ser cannot run on a machine at all.

    Raises:
        UnsupportedSystem: it is 32-bit or too old, or lacks a part of Python.
    """
    python = machine.python
    if machine.architecture not in ARCHITECTURES or python.bits < 64:
        raise UnsupportedSystem(
            f"this system is not 64-bit (kernel {machine.architecture}, Python {python.bits}-bit): edge-ser needs "
            f"{' or '.join(ARCHITECTURES)}; on a Raspberry Pi 3 or newer install the 64-bit Raspberry Pi OS"
        )
    if python.version < OLDEST_PYTHON:
        raise UnsupportedSystem(
            f"{python.executable} is Python {python.release}: edge-ser needs 3.10 or newer; install Raspberry Pi OS "
            "Bookworm or newer"
        )
    if machine.systemd is not None and machine.systemd < OLDEST_SYSTEMD:
        raise UnsupportedSystem(
            f"systemd {machine.systemd} is too old: the service needs {OLDEST_SYSTEMD} or newer; install Raspberry Pi "
            "OS Bookworm or newer"
        )
    if not python.can_make_environments:
        raise UnsupportedSystem(
            f"{python.executable} cannot make virtual environments (ensurepip is missing): sudo apt install "
            "python3-venv"
        )


def runs_systemd(target: Target) -> bool:
    """Return whether systemd runs there, with the test of sd_booted(3)."""
    return target.live and target.at(Path("/run/systemd/system")).is_dir()


def require_may_change(target: Target, command: str) -> None:
    """Raise an error if this process may not change the target, or the target has no systemd.

    Args:
        target: The system to change.
        command: The command line, for the message.

    Raises:
        NoSystemd: no systemd runs.
        NotRoot: only root may do it.
        NotPermitted: the folder may not be written.
    """
    if not target.live:
        if not os.access(target.root, os.W_OK | os.X_OK):
            raise NotPermitted(f"--root {target.root}: you may not write there; choose another folder or try with sudo")
        return
    if not runs_systemd(target):
        raise NoSystemd(f"{programs.NO_SYSTEMD} (for an image that is not running: --root DIR)")
    if os.geteuid() != 0:
        raise NotRoot(f"only root may do this: sudo {command}  (--dry-run shows what it would do)")


def require_room(machine: Machine) -> None:
    """Raise an error if there is no space for a virtual environment.

    Raises:
        NoRoom: there is not; the message says how much there is.
    """
    if machine.free < ROOM:
        raise NoRoom(
            f"{paths.VENV} needs {ROOM} MB and its disk has {machine.free} MB left; free some space, for "
            "example with: sudo apt clean"
        )
