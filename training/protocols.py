"""Splits that cannot leak: whole speakers go to training, validation or test, never parts of one."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from training.corpora import Clip

# Of each corpus, the shares of its speakers that are kept for validation and for the test.
_SHARES: Final = {"crema-d": (8 / 60, 12 / 60), "emodb": (1 / 10, 2 / 10), "noise": (0.15, 0.25)}


@dataclass(frozen=True)
class Split:
    """Clips by use.  Model selection, thresholds and calibration may read ``train`` and ``validation`` only."""

    train: list[Clip]
    validation: list[Clip]
    test: list[Clip]

    def __post_init__(self) -> None:
        sets = [{clip.speaker for clip in part} for part in (self.train, self.validation, self.test)]
        if sets[0] & sets[1] or sets[0] & sets[2] or sets[1] & sets[2]:
            raise ValueError("a speaker stands on both sides of a split")


def holdout(clips: Sequence[Clip], seed: int = 7) -> Split:
    """Split by speaker, each corpus for itself; the same seed gives the same split."""
    parts: tuple[list[Clip], list[Clip], list[Clip]] = ([], [], [])
    for corpus in sorted({clip.corpus for clip in clips}):
        speakers = sorted({clip.speaker for clip in clips if clip.corpus == corpus})
        random.Random(f"{seed} {corpus}").shuffle(speakers)
        validation = round(_SHARES[corpus][0] * len(speakers))
        test = round(_SHARES[corpus][1] * len(speakers))
        use = {s: 2 if i < test else 1 if i < test + validation else 0 for i, s in enumerate(speakers)}
        for clip in clips:
            if clip.corpus == corpus:
                parts[use[clip.speaker]].append(clip)
    return Split(*parts)
