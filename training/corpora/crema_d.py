"""CREMA-D: ``AudioWAV/1001_DFA_ANG_XX.wav``: actor, sentence, emotion, level."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from edge_ser.errors import InvalidSetting
from training.corpora import tree
from training.corpora.clip import Clip, CorpusListing
from training.corpora.corpus import Corpus

_LABELS: Final = {
    "ANG": "anger",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happiness",
    "NEU": "neutral",
    "SAD": "sadness",
}
# One official name, 1040_ITH_SAD_X, lacks a letter.
_NAME: Final = re.compile(r"(\d{4})_[A-Z]{3}_([A-Z]{3})_(?:XX?|LO|MD|HI)", re.IGNORECASE)

_BROKEN: Final = frozenset({"1064_IEO_DIS_MD", "1064_TIE_SAD_XX", "1076_MTI_NEU_XX", "1076_MTI_SAD_XX"})
"""According to the corpus' page: one minute with all emotions, an empty clip, and two that are nearly silent."""

_VOTES: Final = ("anger", "disgust", "fear", "happy", "neutral", "sad")
_OFFICIAL_VOTES: Final = ("A", "D", "F", "H", "N", "S")
_VOICE_ONLY: Final = "1"  # first of six digits of a row's number: 1 voice, 2 face, 3 both


def _rows(path: Path, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        missing = sorted(set(columns) - set(reader.fieldnames or ()))
        if missing:
            raise InvalidSetting(f"{path}:1: the column {missing[0]} is missing; required: {', '.join(columns)}")
        yield from reader


def _table(folder: Path, ours: str, official: str) -> tuple[Path | None, bool]:
    """Find our table in or beside the folder of the corpus, or else the official one anywhere below it.

    Returns:
        The file, ``None`` if there is none, and whether it is the official one.
    """
    for place in (folder / ours, folder.parent / ours):
        if place.is_file():
            return place, False
    return next(iter(tree.files(folder, lambda path: path.name == official)), None), True


def _sexes(folder: Path) -> dict[str, str]:
    path, official = _table(folder, "crema-d-actors.csv", "VideoDemographics.csv")
    if path is None:
        return {}
    actor, sex = ("ActorID", "Sex") if official else ("actor", "sex")
    return {row[actor]: row[sex].lower() for row in _rows(path, (actor, sex))}


def _votes(folder: Path) -> dict[str, tuple[tuple[str, float], ...]]:
    """Return the votes of the listeners who only heard each clip, without the video."""
    path, official = _table(folder, "crema-d-voice-votes.csv", "tabulatedVotes.csv")
    if path is None:
        return {}
    words, clip = (_OFFICIAL_VOTES, "fileName") if official else (_VOTES, "clip")
    votes = {}
    for row in _rows(path, [*words, clip, *([""] if official else [])]):
        if official and not row[""].startswith(_VOICE_ONLY):
            continue
        counts = [int(row[word]) for word in words]
        shares = [count / max(sum(counts), 1) for count in counts]
        votes[row[clip]] = tuple((label, share) for label, share in zip(_LABELS.values(), shares, strict=True) if share)
    return votes


def _read(folder: Path) -> CorpusListing:
    sexes, votes = _sexes(folder), _votes(folder)

    def clip_of(path: Path) -> Clip | str:
        name = path.stem.upper()
        match = _NAME.fullmatch(name)
        if not match or match[2] not in _LABELS:
            return tree.UNRECOGNIZED
        if name in _BROKEN:
            return tree.BROKEN
        actor = match[1]
        votes_of_clip = votes.get(name) or votes.get(f"{name}X", ())
        return Clip(path, "crema-d", f"crema-d/{actor}", _LABELS[match[2]], sexes.get(actor), "en", votes_of_clip)

    return tree.read(folder, clip_of)


CORPUS: Final = Corpus(
    name="crema-d",
    title="CREMA-D, Crowd-sourced Emotional Multimodal Actors Dataset",
    aliases=("CREMA",),
    languages=("en",),
    licence="ODbL 1.0 / DbCL 1.0",
    ships=True,
    get="https://github.com/CheyneyComputerScience/CREMA-D (folder AudioWAV; clone with Git LFS)",
    clips=7442,
    speakers=91,
    labels=_LABELS,
    left_out="four clips listed as broken on its page",
    citation="Cao et al., CREMA-D: Crowd-sourced Emotional Multimodal Actors Dataset, "
    "IEEE Transactions on Affective Computing 5(4), 2014",
    read=_read,
)
