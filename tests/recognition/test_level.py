"""Levels are correct, finite, and at most ten per second."""

from __future__ import annotations

from datetime import datetime, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.audio import Samples, no_samples
from edge_ser.events import SILENCE
from edge_ser.recognition.level import PERIOD, LevelMeter

TIME = datetime(2026, 1, 1, tzinfo=timezone.utc)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def meter(clock: Clock | None = None) -> LevelMeter:
    return LevelMeter(lambda: TIME, clock or Clock())


def sine(amplitude: float) -> Samples:
    return np.round(amplitude * np.sin(2 * np.pi * np.arange(1_600) / 16)).astype(np.int16)


@pytest.mark.parametrize(("amplitude", "level", "peak"), [(32_767, -3.0, 0.0), (3_276.8, -23.0, -20.0)])
def test_a_tone_has_its_level(amplitude: float, level: float, peak: float) -> None:
    found = meter().read(sine(amplitude), 2.5, True)
    assert found is not None
    assert found.level == pytest.approx(level, abs=0.02)
    assert found.peak == pytest.approx(peak, abs=0.02)
    assert (found.time, found.position, found.speech) == (TIME, 2.5, True)


def test_an_offset_has_no_level() -> None:
    found = meter().read(np.full(1_600, 1_000, np.int16), 0.0, False)
    assert found is not None
    assert found.level == SILENCE


@given(st.lists(st.integers(-32_768, 32_767), min_size=1, max_size=50))
def test_levels_are_between_silence_and_full_scale(samples: list[int]) -> None:
    found = meter().read(np.array(samples, np.int16), 0.0, False)
    assert found is not None
    assert SILENCE <= found.level <= 0
    assert SILENCE <= found.peak <= 0


def test_an_empty_block_has_no_level() -> None:
    assert meter().read(no_samples(), 0.0, False) is None


def test_there_are_ten_levels_per_second_at_most() -> None:
    clock = Clock()
    of = meter(clock)
    found = 0
    for step in range(1_000):  # a second, a thousand blocks
        clock.now = step / 1_000
        found += of.read(sine(100), 0.0, False) is not None
    assert found == round(1 / PERIOD)
