"""What a corpus says of a recording, and what reading a corpus gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Clip:
    """A labelled recording.

    Attributes:
        path: The file.
        corpus: Name of its corpus in the registry.
        speaker: Unique over all corpora, ``corpus/speaker``; for a noise the recording that it was cut from.
        label: One of :data:`training.corpora.labels.LABELS`; ``None`` for a noise.
        sex: ``female``, ``male`` or ``None`` where the corpus does not tell.
        language: ISO 639-1 code; empty for a noise.
        votes: Labels that listeners gave and their shares, which add up to at most 1: what is missing went to labels
            that are none of ours.  Empty where nobody was asked.
        part: ``train``, ``validation`` or ``test`` where a manifest says so.
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
        path: The file, or the line of a manifest.
        reason: Why, in a few words, the same words for the same reason, so that they can be counted.
    """

    path: Path
    reason: str


@dataclass(frozen=True)
class Found:
    """What reading a corpus gave.

    Attributes:
        clips: In a fixed order, which does not depend on the file system.
        skipped: Files that are left out: other emotions, known broken clips, copies of others, unknown names.
    """

    clips: list[Clip]
    skipped: list[Skipped]
