"""What is done about recordings that a run has twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.corpora import Clip, Skipped
from training.data import duplicates
from training.data.corpus_features import CorpusFeatures


@dataclass(frozen=True)
class Copies:
    """A speaker's are used once, or not at all where they have two labels; speakers who share one stay together.

    Attributes:
        skipped: Files that are not used.
        groups: Of each speaker, the group that never crosses a split.
        warnings: What a user should know, a line each.
    """

    skipped: list[Skipped]
    groups: dict[str, str]
    warnings: list[str]


def find(clips: Iterable[Clip], features: Iterable[CorpusFeatures]) -> Copies:
    """Look for copies among voices, by the longest utterance of each.

    Args:
        clips: The voices.
        features: Their corpora.
    """
    voices = {clip.path: clip for clip in clips}
    longest: dict[Path, npt.NDArray[np.int32]] = {}
    for corpus in features:
        for clip, cepstra, _ in corpus.utterances():
            if clip.path in voices and len(cepstra) > len(longest.get(clip.path, ())):
                longest[clip.path] = cepstra
    heard = [voices[path] for path in longest]
    pairs = duplicates.near_duplicates(list(longest.values()))
    left_out: dict[Path, str] = {}
    crossing = []
    for a, b in pairs:
        first, second = heard[a], heard[b]
        if first.speaker != second.speaker:
            crossing.append((a, b))
        elif first.label != second.label:
            left_out |= dict.fromkeys((first.path, second.path), "the same recording with another label")
        else:
            left_out.setdefault(second.path, "a copy of another recording")
    groups = duplicates.groups([clip.speaker for clip in heard], crossing)
    groups |= {clip.speaker: clip.speaker for clip in voices.values() if clip.speaker not in groups}
    warnings = []
    if crossing:
        a, b = crossing[0]
        warnings.append(
            f"{len(crossing)} pair{'s' if len(crossing) > 1 else ''} of the same recording under different speakers' "
            f"names, as {heard[a].path.name} and {heard[b].path.name}; each split keeps these speakers together"
        )
    return Copies([Skipped(path, reason) for path, reason in left_out.items()], groups, warnings)
