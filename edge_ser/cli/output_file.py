"""Writing the file that a command was asked for, whole or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

from edge_ser.errors import OutputFailed


def require_writable(path: Path) -> None:
    """Find out before long work, not after it, whether :func:`write` can write a file.

    Raises:
        OutputFailed: it cannot.
    """
    from tempfile import TemporaryFile

    if path.exists() and not path.is_file():
        raise OutputFailed(f"cannot write {path}: is no regular file; choose another place")
    try:
        with TemporaryFile(dir=path.resolve().parent):  # which is what replacing a file begins with
            pass
    except OSError as error:
        raise _failed(path, error) from None


def write(path: Path, content: bytes) -> None:
    """Write a file; one that is there keeps its mode and owner, and a link leads to it still.

    Raises:
        OutputFailed: it cannot be written; what was there before still is.
    """
    from edge_ser.service import files

    try:
        target = path.resolve()
        files.replace(target, content, target.stat() if target.exists() else None)
    except OSError as error:
        raise _failed(path, error) from None


def _failed(path: Path, error: OSError) -> OutputFailed:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputFailed(f"cannot write {path}: the disk is full; free some room or write elsewhere")
    return OutputFailed(
        f"cannot write {path}: {error.strerror or error}; choose another name, in a folder that exists and that you"
        " may write to"
    )
