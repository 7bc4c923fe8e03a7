"""Writing to standard output so that whatever befalls it becomes one clear error."""

from __future__ import annotations

import errno
import os
import sys

from edge_ser.errors import EdgeSerError, OutputClosed, OutputFailed


def write(text: str) -> None:
    """Write and flush.

    Raises:
        OutputClosed: the reader went away (``| head``).
        OutputFailed: the file behind it cannot take it, for example because the disk is full.
    """
    if sys.stdout is None:  # Python's way to say that it was closed when the process began
        raise OutputFailed("cannot write to standard output: it is closed; send it somewhere")
    try:
        _write_whole(text)
        sys.stdout.flush()
    except OSError as error:
        raise failure(error) from None


def _write_whole(text: str) -> None:
    """Write all of it or fail; Python itself, when PYTHONUNBUFFERED is set, drops what a full disk refuses."""
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:
        sys.stdout.write(text)
        return
    rest = memoryview(text.encode(sys.stdout.encoding, sys.stdout.errors or "strict"))
    while rest:
        taken = buffer.write(rest)
        if taken is None:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        rest = rest[taken:]


def failure(error: OSError) -> EdgeSerError:
    """Give up on standard output and return what its error means to a user."""
    _abandon()
    if isinstance(error, BrokenPipeError):
        return OutputClosed("standard output was closed by its reader")
    what = "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else error.strerror
    return OutputFailed(f"cannot write to standard output: {what}; free some room or send it elsewhere")


def _abandon() -> None:
    """Point standard output at nothing, so that Python's own flush at exit does not fail once more."""
    if sys.stdout is None:
        return
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
