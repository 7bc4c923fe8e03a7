"""Percentiles equal those of numpy; intervals cover the true ratio."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.bench.statistics import percentile, ratio, ratio_interval

TIMES = st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=200)


@given(TIMES, st.integers(1, 999).map(lambda tenths: tenths / 10))
def test_percentiles_equal_those_of_numpy(values: list[float], percent: float) -> None:
    expected = float(np.percentile(values, percent))
    assert percentile(values, percent) == pytest.approx(expected, rel=1e-9)


@given(st.lists(st.floats(0.5, 2.0), min_size=3, max_size=9), st.floats(0.2, 5.0))
def test_interval_covers_the_ratio_of_scaled_rounds(old: list[float], scale: float) -> None:
    low, high = ratio_interval([scale * value for value in old], old)
    assert low <= scale * (1 + 1e-9)
    assert high >= scale * (1 - 1e-9)


def test_interval_of_equal_rounds_has_no_width() -> None:
    assert ratio_interval([3.0] * 5, [2.0] * 5) == (1.5, 1.5)


def test_interval_is_reproducible_and_grows_with_variation() -> None:
    old = [1.0, 1.01, 0.99, 1.02, 0.98]
    near, far = ratio_interval([1.2, 1.21, 1.19, 1.22, 1.18], old), ratio_interval([1.4, 1.5, 0.9, 1.6, 0.8], old)
    assert near == ratio_interval([1.2, 1.21, 1.19, 1.22, 1.18], old)
    assert far[0] < near[0] < 1.2 < near[1] < far[1]


def test_chance_alone_is_rarely_a_change() -> None:
    """Rounds take their minimum time, and disturbances add to it."""
    rng = np.random.default_rng(5)
    missed = 0
    for _ in range(60):
        new, old = (1 + rng.exponential(0.03, 7) for _ in range(2))
        low, high = ratio_interval(new.tolist(), old.tolist())
        missed += not low <= 1.0 <= high
    assert missed <= 6


def test_ratio_to_zero() -> None:
    assert ratio(0.0, 0.0) == 1.0
    assert math.isinf(ratio(1.0, 0.0))
