"""Replacing a file so that it is there as a whole, old or new, whatever happens in between."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


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
