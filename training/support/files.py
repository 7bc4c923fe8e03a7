"""Files that are written whole or not at all, so that nothing half-written is ever taken for a result."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from edge_ser.errors import OutputFailed

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, None)  # numpy has no number for what it could not write whole


def write_with(path: Path, write: Callable[[Path], object]) -> None:
    """Let a function write to a temporary file beside ``path``, then rename it.

    Args:
        path: The file; folders above it are made.
        write: Takes the temporary path, whose suffix is that of ``path``.

    Raises:
        OutputFailed: the disk is full, or the place may not be written; the temporary file is gone.
    """
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        temporary.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):  # where nothing could be made there is nothing to remove
            temporary.unlink()
        if isinstance(error, OSError):
            raise failure(path, error) from None
        raise


def failure(path: Path, error: OSError) -> OutputFailed:
    """Return the error that says why something could not be written."""
    if error.errno in _FULL:
        return OutputFailed(f"cannot write {path}: the disk is full; free some room and run the same command again")
    return OutputFailed(f"cannot write {path}: {error.strerror or error}; check the path and its permissions")


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    write_with(path, lambda temporary: temporary.write_bytes(content))


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file whole or not at all."""
    write_bytes(path, (json.dumps(value, indent=1) + "\n").encode())


def write_arrays(path: Path, **arrays: Any) -> None:
    """Write an ``.npz`` file without pickles, whole or not at all."""
    content = io.BytesIO()  # zipfile, which numpy writes through, complains by itself when a disk is full
    np.savez(content, **{name: np.asarray(array) for name, array in arrays.items()})
    write_bytes(path, content.getvalue())


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text())
