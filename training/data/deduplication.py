"""What happens to duplicate recordings: which are skipped, and which speakers every split must keep together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from training.corpora import Clip, Skipped
from training.data import duplicates
from training.data.corpus_features import CorpusFeatures
from training.data.utterances import Utterance


@dataclass(frozen=True)
class Deduplication:
    """The consequences of the duplicates in a run's corpora.

    A recording that a speaker has twice is used once, or not at all if its labels differ.  Speakers who share a
    recording stay together in every split.

    Attributes:
        skipped: Files that are not used.
        groups: The group of each speaker; a group is never divided by a split.
        warnings: What a user should know, one line each.
    """

    skipped: list[Skipped]
    groups: dict[str, str]
    warnings: list[str]


def deduplicate(clips: Iterable[Clip], features: Iterable[CorpusFeatures]) -> Deduplication:
    """Find duplicates among voices by comparing the longest utterance of each.

    Args:
        clips: The voices.
        features: The features of their corpora.
    """
    voices = {clip.path: clip for clip in clips}
    longest: dict[Path, Utterance] = {}
    for corpus in features:
        for utterance in corpus.utterances():
            path = utterance.clip.path
            if path in voices and (path not in longest or len(utterance.cepstra) > len(longest[path].cepstra)):
                longest[path] = utterance
    compared = [voices[path] for path in longest]
    pairs = duplicates.near_duplicates([utterance.cepstra for utterance in longest.values()])
    left_out: dict[Path, str] = {}
    crossing = []
    for a, b in pairs:
        first, second = compared[a], compared[b]
        if first.speaker != second.speaker:
            crossing.append((a, b))
        elif first.label != second.label:
            left_out |= dict.fromkeys((first.path, second.path), "duplicate of a recording with a different label")
        else:
            left_out.setdefault(second.path, "duplicate of another recording")
    groups = duplicates.groups([clip.speaker for clip in compared], crossing)
    groups |= {clip.speaker: clip.speaker for clip in voices.values() if clip.speaker not in groups}
    warnings = []
    if crossing:
        a, b = crossing[0]
        warnings.append(
            f"{len(crossing)} duplicate recording{'s' if len(crossing) > 1 else ''} under the names of different "
            f"speakers, for example {compared[a].path.name} and {compared[b].path.name}; every split keeps these "
            "speakers together"
        )
    return Deduplication([Skipped(path, reason) for path, reason in left_out.items()], groups, warnings)
