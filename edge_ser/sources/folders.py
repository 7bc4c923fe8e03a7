"""Search for recordings in folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from edge_ser.errors import NoRecordings, RecordingUnreadable

SUFFIXES: Final = (".wav", ".flac", ".ogg")
"""Endings of the recordings in a folder; a file that is given by name may have any ending."""


def find_recordings(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Replace each folder by all recordings below it, sorted, without hidden files and folders.

    Args:
        paths: Files, which are kept unchecked, and folders.

    Returns:
        The files, in the order of ``paths``.

    Raises:
        NoRecordings: a folder contains none.
        RecordingUnreadable: a folder may not be read.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        try:
            is_folder = path.is_dir()
        except OSError as error:
            raise RecordingUnreadable(f"{path}: {error.strerror}; check the path and its permissions") from None
        if not is_folder:
            found.append(path)
            continue
        inside = sorted(_walk(path))
        if not inside:
            raise NoRecordings(f"{path}: no recording in this folder; looked for {', '.join(SUFFIXES)}")
        found += inside
    return found


def _walk(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise RecordingUnreadable(f"{error.filename}: {error.strerror}; check the permissions of the folder")

    for parent, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if not name.startswith(".") and name.lower().endswith(SUFFIXES):
                yield Path(parent, name)
