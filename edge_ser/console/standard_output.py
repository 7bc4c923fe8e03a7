"""Writing to standard output so that every failure becomes one clear error."""

from __future__ import annotations

import errno
import os
import sys

from edge_ser.errors import EdgeSerError, OutputClosed, OutputFailed


def write(text: str) -> None:
    """Write text and flush it.

    Raises:
        OutputClosed: the reader went away (``| head``).
        OutputFailed: it cannot be written, for example because the disk is full.
    """
    _require_open()
    try:
        _write_all(text)
        sys.stdout.flush()
    except OSError as error:
        raise failure(error) from None


def write_bytes(content: bytes) -> None:
    """Write binary content and flush it.

    Raises:
        OutputClosed: the reader went away.
        OutputFailed: it cannot be written.
    """
    _require_open()
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
    except OSError as error:
        raise failure(error) from None


def _require_open() -> None:
    if sys.stdout is None:  # Python's sign that it was closed when the process began
        raise OutputFailed("cannot write to standard output: it is closed; redirect it somewhere")


def _write_all(text: str) -> None:
    """Write everything or fail; with PYTHONUNBUFFERED, Python itself drops what a full disk refuses."""
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
    """Give up on standard output, and return the error to report to the user."""
    _abandon()
    if isinstance(error, BrokenPipeError):
        return OutputClosed("standard output was closed by its reader")
    what = "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else error.strerror
    return OutputFailed(f"cannot write to standard output: {what}; free some space or send it elsewhere")


def _abandon() -> None:
    """Redirect standard output to nothing, so that Python's flush at exit does not fail again."""
    if sys.stdout is None:
        return
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
