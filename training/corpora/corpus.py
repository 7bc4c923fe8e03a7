"""What is known of a corpus: where it comes from, who may use it for what, and how to read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from training.corpora.clip import Found


@dataclass(frozen=True)
class Corpus:
    """A corpus that is known by name.

    Attributes:
        name: The word for it on the command line and in :attr:`training.corpora.clip.Clip.corpus`.
        title: Its full name.
        aliases: Further names of its folder, as archives and mirrors call it; case and punctuation do not matter.
        languages: ISO 639-1 codes; empty for noises.
        licence: What its makers allow.
        ships: Whether weights that learned from it may be sold or given away for any use.
        get: Where to get it.
        clips: Recordings in the complete official corpus, known broken ones and other labels included; ``None`` where
            there is no such number.
        speakers: Speakers in the complete official corpus; ``None`` where there is no such number.
        labels: The corpus' own codes and our labels for them.
        left_out: What of the corpus is not used, and why.
        citation: Whom a model's card names.
        read: Read the corpus from its folder.
    """

    name: str
    title: str
    aliases: tuple[str, ...]
    languages: tuple[str, ...]
    licence: str
    ships: bool
    get: str
    clips: int | None
    speakers: int | None
    labels: Mapping[str, str]
    left_out: str
    citation: str
    read: Callable[[Path], Found]
