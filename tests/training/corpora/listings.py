"""Facts about a corpus listing for the tests of corpora, and manifests."""

from __future__ import annotations

from pathlib import Path

from tests.training import made_up
from training.corpora import CorpusListing


def facts(found: CorpusListing) -> dict[str, tuple[str, str | None, str | None, str]]:
    """Return speaker, label, sex and language of each clip, by file name without suffix."""
    return {clip.path.stem: (clip.speaker, clip.label, clip.sex, clip.language) for clip in found.clips}


def reasons(found: CorpusListing) -> dict[str, str]:
    """Return the reason for each skipped file, by file name."""
    return {item.path.name: item.reason for item in found.skipped}


def manifest(folder: Path, *lines: str, name: str = "manifest.csv") -> Path:
    """Write a manifest, and the recordings ``a.wav``, ``b.wav`` and ``sub/c.wav`` beside it."""
    made_up.tree(folder, ["a.wav", "b.wav", "sub/c.wav"])
    return made_up.text(folder / name, *lines)
