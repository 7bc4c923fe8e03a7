"""Percentiles, and an interval for how much slower or faster something became.  Pure, without numpy."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Sequence
from typing import Final

_DRAWS: Final = 4_000
"""Resamplings of the bootstrap: the ends of the interval are then steady to about a hundredth of its width."""


def percentile(values: Sequence[float], percent: float) -> float:
    """Return a percentile by the ``inclusive`` method of :func:`statistics.quantiles`.

    It interpolates linearly between the two nearest values, as numpy does by default, so that the lowest value is the
    0th percentile and the highest the 100th.

    Args:
        values: At least one, in any order.
        percent: 0.1 to 99.9, in steps of 0.1.
    """
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=1_000, method="inclusive")[round(10 * percent) - 1]


def ratio_interval(new: Sequence[float], old: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % confidence interval of the ratio of two figures' lowest values, new to old.

    The lowest value repeats best, because disturbances only add.  This is the percentile bootstrap over the rounds of
    both results: each draw takes as many rounds as there were, with repetition, and computes the ratio of the lowest
    values.  The draws are the same every time.

    Args:
        new: A figure, one value per round.
        old: The same figure of another run.
    """
    draw = random.Random(1)
    ratios = [ratio(min(draw.choices(new, k=len(new))), min(draw.choices(old, k=len(old)))) for _ in range(_DRAWS)]
    return percentile(ratios, 2.5), percentile(ratios, 97.5)


def ratio(new: float, old: float) -> float:
    """Return the new value divided by the old one; two zeros are equal."""
    if old == 0.0:
        return 1.0 if new == 0.0 else math.inf
    return new / old
