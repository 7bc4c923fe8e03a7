"""Writing files whole or not at all: the output of a command, and files of the system."""

from __future__ import annotations

import contextlib
import errno
import os
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
    try:
        target = path.resolve()
        replace(target, content, target.stat() if target.exists() else None)
    except OSError as error:
        raise _failed(path, error) from None


def replace(path: Path, content: bytes, like: os.stat_result | None = None) -> None:
    """Write a file beside the one that is to be replaced and move it there; its folder has to exist.

    Args:
        path: The file, which need not be there yet.
        content: What it is to hold.
        like: Whose mode and owner it gets; ``None`` lets anybody read it.

    Raises:
        OSError: it cannot be written; what was there before still is.
    """
    # Beside it: another disk could not be renamed from.  A Pi that loses power now boots with the old or the new file.
    beside = path.with_name(f".{path.name}.new")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            with contextlib.suppress(PermissionError):  # vfat has neither modes nor owners; only root gives files away
                if like is not None:
                    os.fchown(file.fileno(), like.st_uid, like.st_gid)
                os.fchmod(file.fileno(), 0o644 if like is None else like.st_mode & 0o7777)
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # not every file system can
            os.fsync(folder)
    finally:
        os.close(folder)


def _failed(path: Path, error: OSError) -> OutputFailed:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputFailed(f"cannot write {path}: the disk is full; free some room or write elsewhere")
    return OutputFailed(
        f"cannot write {path}: {error.strerror or error}; choose another name, in a folder that exists and that you"
        " may write to"
    )
