"""Recordings anywhere below a folder, what becomes of each, and why some are not used."""

from __future__ import annotations

import filecmp
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge_ser.sources.folders import SUFFIXES
from training.corpora.clip import Clip, Found, Skipped

NO_LABEL: Final = "label none of ours"
BROKEN: Final = "known broken clip"
SONG: Final = "song"
VIDEO: Final = "sound of a video"
DIALOGUE: Final = "whole dialogue"
COPY: Final = "copy of another file"
VERSION: Final = "another version of a file with the same name"
UNRECOGNIZED: Final = "unrecognized name"
EMPTY: Final = "empty file"
POINTER: Final = "Git LFS pointer, not the recording (git lfs pull)"

PART_OF_CORPUS: Final = frozenset({NO_LABEL, BROKEN})
"""Reasons of recordings that are left out though the complete corpus has them."""

EXPECTED: Final = PART_OF_CORPUS | {SONG, VIDEO, DIALOGUE, COPY}
"""Reasons that official archives and usual mirrors give by themselves; nobody needs to be warned of them."""

_POINTER_START: Final = b"version https://git-lfs"
_POINTER_SIZE: Final = 200  # bytes; a pointer has about 130, a WAV header alone 44


def files(folder: Path, wanted: Callable[[Path], bool]) -> list[Path]:
    """Return the files below a folder that are wanted, links followed, in an order that names alone decide.

    Files nearer to the folder come first, so that of two copies the nested one is left out.  Names that begin with a
    dot are never wanted: archives made on macOS hold such a shadow of each file.
    """
    found: list[Path] = []
    seen: set[str] = set()
    for parent, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(parent)
        if real in seen:  # a link that leads back up
            folders.clear()
            continue
        seen.add(real)
        folders.sort()
        paths = (Path(parent, name) for name in names if not name.startswith("."))
        found += filter(wanted, paths)

    def place(path: Path) -> tuple[int, str]:
        inside = path.relative_to(folder)
        return len(inside.parts), inside.as_posix()

    return sorted(found, key=place)


def read(folder: Path, clip_of: Callable[[Path], Clip | str], names_are_unique: bool = True) -> Found:
    """Read all recordings, WAV, FLAC or Ogg, below a folder.

    Args:
        folder: The corpus' folder.
        clip_of: Returns the clip that a file is, or the reason why it is left out.
        names_are_unique: Whether the corpus gives a name to one recording only, so that a second file with it is
            never wanted.  Otherwise a second file is left out when its bytes are the same too.
    """
    clips: dict[tuple[str, str | None, str], list[Clip]] = {}
    skipped: list[Skipped] = []
    for path in files(folder, lambda path: path.suffix.lower() in SUFFIXES):
        clip = clip_of(path)
        if isinstance(clip, Clip):
            clip = unusable(path) or clip
        if isinstance(clip, str):
            skipped.append(Skipped(path, clip))
            continue
        # Some mirrors of a corpus write the speaker before the name that the file has in the speaker's folder.
        name = path.stem.lower().removeprefix(clip.speaker.rpartition("/")[2].lower() + "_")
        same = clips.setdefault((clip.speaker, clip.label, name), [])
        if any(filecmp.cmp(path, other.path, shallow=False) for other in same):
            skipped.append(Skipped(path, COPY))
        elif same and names_are_unique:
            skipped.append(Skipped(path, VERSION))
        else:
            same.append(clip)
    kept = [clip for same in clips.values() for clip in same]
    return Found(sorted(kept, key=lambda clip: clip.path.relative_to(folder).as_posix()), skipped)


def unusable(path: Path) -> str | None:
    """Return why a file cannot be a recording, as far as its size tells; ``None`` where it can."""
    size = path.stat().st_size
    if not size:
        return EMPTY
    if size < _POINTER_SIZE and path.read_bytes().startswith(_POINTER_START):
        return POINTER
    return None
