"""Other programs that sinks start, each in a process group of its own so that nothing of one is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from typing import Final

_REAP_SECONDS: Final = 1.0
"""A killed program is gone at once, unless a driver holds it; then it is left to itself, s."""


def start(words: list[str], stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """Start a program, never through a shell, and discard what it prints.

    Args:
        words: The program and its arguments.
        stdin: ``subprocess.PIPE`` if it is to be told something.

    Raises:
        OSError: it cannot be started.
    """
    nowhere = subprocess.DEVNULL
    return subprocess.Popen(words, stdin=stdin, stdout=nowhere, stderr=nowhere, start_new_session=True)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a program that has not ended, and all that it started, unless that made itself independent."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_REAP_SECONDS)
