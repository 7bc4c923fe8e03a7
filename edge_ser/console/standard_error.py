"""Writing messages to standard error, which must never stop the work."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

_aside: int | None = None  # descriptor of the real standard error while it is hidden from C libraries


def say(line: str) -> None:
    """Write one line; if it cannot be written (closed, a full disk, no reader), it is dropped."""
    # Not through sys.stderr: it keeps what it could not write, which makes the interpreter fail at exit.
    with contextlib.suppress(OSError, ValueError):
        if _aside is not None or sys.stderr is not None:
            descriptor = sys.stderr.fileno() if _aside is None else _aside
            os.write(descriptor, (line + "\n").encode(errors="backslashreplace"))


@contextlib.contextmanager
def muting_c_libraries() -> Iterator[None]:
    """Let only :func:`say` reach standard error while the block runs.

    PortAudio and ALSA print half a dozen lines from their own threads when a microphone vanishes.
    """
    global _aside
    if sys.stderr is None or sys.stderr is not sys.__stderr__:  # closed, or already redirected
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
