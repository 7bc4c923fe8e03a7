"""Finds the recordings anywhere below a folder, and the reasons why some are skipped."""

from __future__ import annotations

import filecmp
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge_ser.sources.folders import SUFFIXES
from training.corpora.clip import Clip, CorpusListing, Skipped

UNSUPPORTED_LABEL: Final = "unsupported label"
BROKEN: Final = "known broken clip"
SONG: Final = "song"
VIDEO: Final = "video soundtrack"
DIALOGUE: Final = "full dialogue"
DUPLICATE: Final = "duplicate of another file"
VERSION: Final = "different version of a file with the same name"
UNRECOGNIZED: Final = "unrecognized file name"
EMPTY: Final = "empty file"
POINTER: Final = "Git LFS pointer instead of the recording (run git lfs pull)"

PART_OF_CORPUS: Final = frozenset({UNSUPPORTED_LABEL, BROKEN})
"""Reasons for recordings that are skipped but count as part of the complete corpus."""

EXPECTED: Final = PART_OF_CORPUS | {SONG, VIDEO, DIALOGUE, DUPLICATE}
"""Reasons that occur with every official archive or usual mirror, and so need no warning."""

_POINTER_START: Final = b"version https://git-lfs"
_POINTER_SIZE: Final = 200  # bytes; a pointer has about 130, a WAV header alone 44


def files(folder: Path, wanted: Callable[[Path], bool]) -> list[Path]:
    """Return the wanted files below a folder, also through links, in an order that depends only on their names.

    Files nearer to the folder come first, so that the nested one of two duplicates is skipped.  Names that begin with a
    dot are ignored: archives made on macOS contain such a companion of each file.
    """
    result: list[Path] = []
    seen: set[str] = set()
    for parent, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(parent)
        if real in seen:  # a link to a parent folder
            folders.clear()
            continue
        seen.add(real)
        folders.sort()
        paths = (Path(parent, name) for name in names if not name.startswith("."))
        result += filter(wanted, paths)

    def depth_and_name(path: Path) -> tuple[int, str]:
        inside = path.relative_to(folder)
        return len(inside.parts), inside.as_posix()

    return sorted(result, key=depth_and_name)


def read(folder: Path, clip_of: Callable[[Path], Clip | str], names_are_unique: bool = True) -> CorpusListing:
    """List all WAV, FLAC and Ogg recordings below a folder.

    Args:
        folder: The folder of the corpus.
        clip_of: Returns the clip of a file, or the reason why it is skipped.
        names_are_unique: Whether each name in the corpus belongs to only one recording, so that a second file with the
            same name is always skipped.  Otherwise, it is skipped only if its bytes are the same, too.
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
        # Some mirrors put the speaker in front of the name that the file has in the speaker's folder.
        name = path.stem.lower().removeprefix(clip.speaker.rpartition("/")[2].lower() + "_")
        same = clips.setdefault((clip.speaker, clip.label, name), [])
        if any(filecmp.cmp(path, other.path, shallow=False) for other in same):
            skipped.append(Skipped(path, DUPLICATE))
        elif same and names_are_unique:
            skipped.append(Skipped(path, VERSION))
        else:
            same.append(clip)
    kept = [clip for same in clips.values() for clip in same]
    return CorpusListing(sorted(kept, key=lambda clip: clip.path.relative_to(folder).as_posix()), skipped)


def unusable(path: Path) -> str | None:
    """Return why a file cannot be a recording, judging by its size; ``None`` if it may be one."""
    size = path.stat().st_size
    if not size:
        return EMPTY
    if size < _POINTER_SIZE and path.read_bytes().startswith(_POINTER_START):
        return POINTER
    return None
