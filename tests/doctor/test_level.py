"""Measuring, rating and drawing the level of a microphone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.doctor import level
from edge_ser.doctor.level import Levels
from edge_ser.doctor.result import Finding, State
from edge_ser.sources.health import Health


def room(level_: float, seconds: float = 3.0) -> np.ndarray:
    return np.random.default_rng(4).normal(0, level_, round(16_000 * seconds)).round().astype(np.int16)


def test_levels_of_noise_with_a_tone() -> None:
    samples = room(32.768)
    samples[20_000:24_000] += (16_384 * np.sin(np.arange(4_000) / 5)).astype(np.int16)
    levels = level.measure(samples)
    assert levels.floor == pytest.approx(-60, abs=0.5)
    assert levels.peak == pytest.approx(-6, abs=0.2)
    assert levels.health is Health.HEALTHY
    assert level.rate(levels, "usb") == Finding(State.OK, "usb: peak -6 dBFS, noise floor -60 dBFS")


def test_offset_is_not_noise() -> None:
    assert level.measure(room(32.768) + np.int16(3_000)).floor == pytest.approx(-60, abs=0.5)


@pytest.mark.parametrize("seconds", [1.0, 1.55, 3.0, 60.0])
@pytest.mark.parametrize(("value", "health"), [(0, Health.SILENT), (-7, Health.CONSTANT)])
def test_fault_is_found_at_any_length(seconds: float, value: int, health: Health) -> None:
    assert level.measure(np.full(round(16_000 * seconds), value, np.int16)).health is health


def test_repetition_is_found_in_three_seconds() -> None:
    assert level.measure(np.resize(room(300, 0.4), 48_000)).health is Health.STUCK


@pytest.mark.parametrize(
    ("levels", "state", "words"),
    [
        (Levels(-12, -60, Health.HEALTHY), State.OK, "peak -12 dBFS, noise floor -60 dBFS"),
        (Levels(-12, -35, Health.HEALTHY), State.WARNING, "never quiet"),
        (Levels(-55, -80, Health.HEALTHY), State.WARNING, "either nobody spoke"),
        (Levels(0, -50, Health.CLIPPING), State.WARNING, "overdriven"),
        (Levels(-99, -99, Health.SILENT), State.FAILED, "exact zeros"),
        (Levels(-20, -99, Health.CONSTANT), State.FAILED, "one constant value"),
        (Levels(-20, -30, Health.STUCK), State.FAILED, "again and again"),
    ],
)
def test_ratings_of_levels(levels: Levels, state: State, words: str) -> None:
    finding = level.rate(levels, "usb")
    assert finding.state is state
    assert words in finding.found
    assert (finding.fix is None) == (state is State.OK)


@given(st.floats(0, 32_768), st.floats(-99, 0))
def test_bar_has_constant_width(amplitude: float, peak: float) -> None:
    block = np.full(1_600, amplitude).clip(max=32_767).astype(np.int16)
    block[::2] = -block[::2]
    text = level.bar(block, peak)
    assert text.isascii()
    assert len(text) == len(level.bar(np.zeros(1_600, np.int16), 0.0))


def test_bar_grows_with_the_level() -> None:
    lengths = [level.bar(room(amplitude, 0.1), -99).count("#") for amplitude in (0, 30, 300, 3_000)]
    assert lengths == sorted(set(lengths))
    assert level.bar(room(0, 0.1), -6.0).count("|") == 1
