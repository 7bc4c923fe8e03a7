"""What the tests of corpora read off a listing, and a manifest to read."""

from __future__ import annotations

from pathlib import Path

from tests.training import made_up
from training.corpora import CorpusListing


def facts(found: CorpusListing) -> dict[str, tuple[str, str | None, str | None, str]]:
    """Return speaker, label, sex and language by the file's name without its suffix."""
    return {clip.path.stem: (clip.speaker, clip.label, clip.sex, clip.language) for clip in found.clips}


def reasons(found: CorpusListing) -> dict[str, str]:
    return {item.path.name: item.reason for item in found.skipped}


def manifest(folder: Path, *lines: str, name: str = "manifest.csv") -> Path:
    made_up.tree(folder, ["a.wav", "b.wav", "sub/c.wav"])
    return made_up.text(folder / name, *lines)
