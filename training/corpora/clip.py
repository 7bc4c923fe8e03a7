"""A labelled recording, a skipped file, and the listing of a corpus."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Clip:
    """A labelled recording.

    Attributes:
        path: The file.
        corpus: Name of its corpus.
        speaker: ``corpus/speaker``, unique over all corpora; for a noise, the recording that it was cut from.
        label: One of :data:`training.corpora.labels.LABELS`; ``None`` for a noise.
        sex: ``female``, ``male``, or ``None`` if the corpus does not say.
        language: ISO 639-1 code; empty for a noise.
        votes: The share of listeners who chose each label.  The shares add up to less than 1 if listeners chose
            unsupported labels.  Empty if there were no listeners.
        part: ``train``, ``validation`` or ``test`` if a manifest assigns one.
    """

    path: Path
    corpus: str
    speaker: str
    label: str | None
    sex: str | None = None
    language: str = ""
    votes: tuple[tuple[str, float], ...] = ()
    part: str | None = None


@dataclass(frozen=True)
class Skipped:
    """A file that is not used.

    Attributes:
        path: The file, or the manifest with the line number.
        reason: Why it is skipped, in the same few words for the same reason, so that reasons can be counted.
    """

    path: Path
    reason: str


@dataclass(frozen=True)
class CorpusListing:
    """The files of a corpus.

    Attributes:
        clips: Clips that can be used, in an order that does not depend on the file system.
        skipped: Files that are not used: unsupported labels, known broken clips, duplicates, unrecognized file names.
    """

    clips: list[Clip]
    skipped: list[Skipped]
