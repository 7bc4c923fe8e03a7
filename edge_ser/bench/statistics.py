"""Percentiles, and an interval for how much slower or faster something became.  Pure, without numpy."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Final

_DRAWS: Final = 4_000
"""Resamplings of the bootstrap: the interval's ends are then steady to about a hundredth of its width."""


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return a percentile, interpolated between its neighbours as numpy does by default.

    Args:
        ordered: Values in ascending order, at least one.
        percent: 0 to 100.
    """
    place = (len(ordered) - 1) * percent / 100.0
    below = math.floor(place)
    if below + 1 >= len(ordered):
        return ordered[-1]
    return ordered[below] + (ordered[below + 1] - ordered[below]) * (place - below)


def ratio_interval(new: Sequence[float], old: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % confidence interval of the ratio of two figures' lowest values, new to old.

    The lowest is what repeats best: disturbances only add.  It is the percentile bootstrap over the rounds of both:
    each draw takes as many rounds as there were, with repetition, and looks at the ratio of the lowest.  The draws are
    the same each time.

    Args:
        new: A figure, one value a round.
        old: The same of another run.
    """
    draw = random.Random(1)
    ratios = sorted(
        ratio(min(draw.choices(new, k=len(new))), min(draw.choices(old, k=len(old)))) for _ in range(_DRAWS)
    )
    return percentile(ratios, 2.5), percentile(ratios, 97.5)


def ratio(new: float, old: float) -> float:
    """Return how many times the old value the new one is; two zeros are alike."""
    if old == 0.0:
        return 1.0 if new == 0.0 else math.inf
    return new / old
