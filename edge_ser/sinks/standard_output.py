"""Writing to standard output so that whatever befalls it becomes one clear error."""

from __future__ import annotations

import errno
import os
import sys

from edge_ser.errors import OutputClosed, OutputFailed


def write(text: str) -> None:
    """Write and flush.

    Raises:
        OutputClosed: the reader went away (``| head``).
        OutputFailed: the file behind it cannot take it, for example because the disk is full.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _abandon()
        raise OutputClosed("standard output was closed by its reader") from None
    except OSError as error:
        _abandon()
        what = "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else error.strerror
        raise OutputFailed(f"cannot write to standard output: {what}; free some room or send it elsewhere") from None


def _abandon() -> None:
    """Point standard output at nothing, so that Python's own flush at exit does not fail once more."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
