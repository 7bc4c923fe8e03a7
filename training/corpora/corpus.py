"""Facts about a corpus: where to get it, what its licence allows, and how to read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from training.corpora.clip import CorpusListing


@dataclass(frozen=True)
class Corpus:
    """A registered corpus.

    Attributes:
        name: Its name on the command line and in :attr:`training.corpora.clip.Clip.corpus`.
        title: Its full name.
        aliases: Other names of its folder in archives and mirrors; case and punctuation do not matter.
        languages: ISO 639-1 codes; empty for noises.
        licence: Its licence.
        ships: Whether weights trained on it may be sold or given away for any use.
        get: Where to get it.
        clips: Recordings in the complete official corpus, including known broken clips and unsupported labels; ``None``
            if there is no fixed number.
        speakers: Speakers in the complete official corpus; ``None`` if there is no fixed number.
        labels: Our label for each code of the corpus.
        left_out: What is not used, and why.
        citation: Citation in the cards of models trained on it.
        read: Reads the corpus from its folder.
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
    read: Callable[[Path], CorpusListing]
