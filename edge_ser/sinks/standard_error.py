"""Telling people something on standard error, which must never be what stops the work."""

from __future__ import annotations

import contextlib
import sys


def say(line: str) -> None:
    """Write one line; what cannot be written (closed, a full disk, no reader) is left unsaid."""
    if sys.stderr is None:
        return
    with contextlib.suppress(OSError, ValueError):
        print(line, file=sys.stderr, flush=True)
