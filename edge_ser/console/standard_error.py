"""Telling people something on standard error, which must never be what stops the work."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

_aside: int | None = None  # descriptor of the real standard error while C libraries are kept off it


def say(line: str) -> None:
    """Write one line; what cannot be written (closed, a full disk, no reader) is left unsaid."""
    # Not through sys.stderr: it keeps what it could not write, and the interpreter fails over that when it ends.
    with contextlib.suppress(OSError, ValueError):
        if _aside is not None or sys.stderr is not None:
            descriptor = sys.stderr.fileno() if _aside is None else _aside
            os.write(descriptor, (line + "\n").encode(errors="backslashreplace"))


@contextlib.contextmanager
def muting_c_libraries() -> Iterator[None]:
    """While the block runs, only :func:`say` reaches standard error.

    PortAudio and ALSA print half a dozen lines of their own, from their own threads, when a device vanishes.
    """
    global _aside
    if sys.stderr is None or sys.stderr is not sys.__stderr__:  # closed, or somebody else's already
        yield
        return
    _aside, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(_aside, 2)
        os.close(_aside)
        _aside = None
