"""Programs started by sinks, each in its own process group, so that its child processes can be killed too."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from typing import Final

_REAP_SECONDS: Final = 1.0
"""Longest wait for the end of a killed program, s: it ends at once, unless a driver blocks it."""


def start(words: list[str], stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """Start a program, without a shell, and discard its output.

    Args:
        words: The program and its arguments.
        stdin: ``subprocess.PIPE`` to write to its standard input.

    Raises:
        OSError: it cannot be started.
    """
    nowhere = subprocess.DEVNULL
    return subprocess.Popen(words, stdin=stdin, stdout=nowhere, stderr=nowhere, start_new_session=True)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a program that still runs, and its child processes, unless they left its process group."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_REAP_SECONDS)
