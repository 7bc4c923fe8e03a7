"""Atomic file writes: a file is written completely or not at all, so a partial file is never mistaken for a result."""

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

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, None)  # numpy raises an error without a number after a short write


def write_with(path: Path, write: Callable[[Path], object]) -> None:
    """Let a function write to a temporary file beside ``path``, then rename it to ``path``.

    Args:
        path: The file; missing parent folders are created.
        write: Called with the temporary path, which has the suffix of ``path``.

    Raises:
        OutputFailed: the disk is full, or the folder is not writable; the temporary file is removed.
    """
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        temporary.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):  # it may not even have been created
            temporary.unlink()
        if isinstance(error, OSError):
            raise failure(path, error) from None
        raise


def failure(path: Path, error: OSError) -> OutputFailed:
    """Return the error that tells the user why a file could not be written, and what to do."""
    if error.errno in _FULL:
        return OutputFailed(f"cannot write {path}: the disk is full; free some space and run the same command again")
    return OutputFailed(f"cannot write {path}: {error.strerror or error}; check the path and its permissions")


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file atomically."""
    write_with(path, lambda temporary: temporary.write_bytes(content))


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file atomically."""
    write_bytes(path, (json.dumps(value, indent=1) + "\n").encode())


def write_arrays(path: Path, **arrays: Any) -> None:
    """Write an ``.npz`` file without pickles atomically."""
    content = io.BytesIO()  # not a file: zipfile, which numpy uses, prints an error of its own when the disk is full
    np.savez(content, **{name: np.asarray(array) for name, array in arrays.items()})
    write_bytes(path, content.getvalue())


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text())
