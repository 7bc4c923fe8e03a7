"""Writing files completely or not at all: output of commands, and files of the system."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from edge_ser.errors import OutputFailed


def require_writable(path: Path) -> None:
    """Check before long work, not after it, that :func:`write` can write a file.

    Raises:
        OutputFailed: it cannot.
    """
    from tempfile import TemporaryFile

    if path.exists() and not path.is_file():
        raise OutputFailed(f"cannot write {path}: not a regular file; choose another path")
    try:
        with TemporaryFile(dir=path.resolve().parent):  # as replacing a file does first
            pass
    except OSError as error:
        raise _failed(path, error) from None


def write(path: Path, content: bytes) -> None:
    """Write a file; an existing one keeps its mode and owner, and a link to it stays a link.

    Raises:
        OutputFailed: it cannot be written; an existing file is unchanged.
    """
    try:
        target = path.resolve()
        replace(target, content, target.stat() if target.exists() else None)
    except OSError as error:
        raise _failed(path, error) from None


def replace(path: Path, content: bytes, like: os.stat_result | None = None) -> None:
    """Write a new file beside the one to replace, and move it into place; its folder must exist.

    Args:
        path: The file, which need not exist.
        content: Its new contents.
        like: Status of the file whose mode and owner it gets; ``None`` for one that everybody may read.

    Raises:
        OSError: it cannot be written; an existing file is unchanged.
    """
    # In the same folder: a rename cannot cross disks.  After a power cut either the old or the new file is there.
    beside = path.with_name(f".{path.name}.new")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            with contextlib.suppress(
                PermissionError
            ):  # vfat has neither modes nor owners; only root may give files away
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
        with contextlib.suppress(OSError):  # not every file system supports it
            os.fsync(folder)
    finally:
        os.close(folder)


def _failed(path: Path, error: OSError) -> OutputFailed:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputFailed(f"cannot write {path}: the disk is full; free some space or write elsewhere")
    return OutputFailed(
        f"cannot write {path}: {error.strerror or error}; choose another name, in a folder that exists and that you"
        " may write to"
    )
