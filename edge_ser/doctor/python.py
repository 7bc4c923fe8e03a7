"""Python, and the packages installed in it."""

from __future__ import annotations

import os
import shlex
import sys
from importlib import metadata
from typing import Final

from edge_ser.doctor.result import Finding, State

_OLDEST: Final = (3, 10)
_64_BIT: Final = 2**32


def check_version() -> Finding:
    """Check that Python is new enough and 64-bit."""
    return rate_version(sys.version_info[:3], sys.maxsize > _64_BIT)


def rate_version(number: tuple[int, int, int], is_64_bit: bool) -> Finding:
    """Rate a version of Python."""
    found = f"Python {'.'.join(map(str, number))}, {64 if is_64_bit else 32}-bit, {sys.prefix}"
    fix = "install the 64-bit Raspberry Pi OS (Bookworm or newer), or another 64-bit system with Python 3.10 or newer"
    if number < _OLDEST or not is_64_bit:
        return Finding(State.FAILED, found, fix)
    return Finding(State.OK, found)


def check_numpy() -> Finding:
    """Check that numpy is installed, in a version that the interpreter works with."""
    return rate_numpy(_version("numpy"), _version("tflite-runtime"), _version("ai-edge-litert"))


def rate_numpy(numpy: str | None, tflite_runtime: str | None, litert: str | None) -> Finding:
    """Rate the installed version of numpy by those of the interpreters; ``None`` for one that is not installed."""
    if numpy is None:
        return Finding(State.FAILED, "numpy is not installed", pip("numpy<2" if tflite_runtime else "numpy"))
    if tflite_runtime and int(numpy.split(".")[0]) >= 2:
        found = f"numpy {numpy}, but tflite-runtime {tflite_runtime} needs numpy 1"
        if litert:
            return Finding(State.WARNING, f"{found}; ai-edge-litert {litert} is used instead", pip("numpy<2"))
        return Finding(State.FAILED, found, pip("numpy<2"))
    return Finding(State.OK, f"numpy {numpy}")


def pip(requirement: str) -> str:
    """Return the command that installs a requirement into the environment of this program."""
    command = f"{shlex.quote(sys.executable)} -m pip install {shlex.quote(requirement)}"
    return command if os.access(sys.prefix, os.W_OK) else f"sudo {command}"


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
