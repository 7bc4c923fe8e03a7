"""Each microphone fault is found in time, and no sound of a room is taken for a fault."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_ser.audio import SAMPLE_RATE, Samples
from edge_ser.errors import InvalidSetting
from edge_ser.paths import demonstration
from edge_ser.sources.health import Health, HealthMonitor, HealthSettings, _find
from edge_ser.sources.recording import read_samples

AFTER = 10.0
LATEST = AFTER + 2.0
BLOCK = 1_600
SHORT = HealthSettings(after=1.0)


def to_samples(values: npt.NDArray[np.floating] | npt.NDArray[np.integer]) -> Samples:
    return np.clip(np.round(values), -32_768, 32_767).astype(np.int16)


def noise(seconds: float, level: float = 50.0, seed: int = 1, offset: float = 0.0) -> Samples:
    return to_samples(np.random.default_rng(seed).normal(offset, level, round(seconds * SAMPLE_RATE)))


def constant(value: int, seconds: float) -> Samples:
    return np.full(round(seconds * SAMPLE_RATE), value, np.int16)


def repeated(period: int, seconds: float) -> Samples:
    return np.resize(noise(1, 300, seed=8)[:period], round(seconds * SAMPLE_RATE))


def feed(monitor: HealthMonitor, samples: Samples, cut: int = BLOCK) -> list[tuple[float, Health]]:
    """Return the changes of state, each with its time, s."""
    changes = []
    for start in range(0, len(samples), cut):
        change = monitor.process(samples[start : start + cut])
        if change is not None:
            assert change is monitor.state
            changes.append((min(start + cut, len(samples)) / SAMPLE_RATE, change))
    return changes


def states(samples: Iterable[Samples]) -> list[Health]:
    return [change for _, change in feed(HealthMonitor(), np.concatenate(list(samples)))]


# Proper sound --------------------------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(
    level=st.floats(0.35, 8_000),
    offset=st.floats(-8_000, 8_000),
    seed=st.integers(0, 1_000),
    cut=st.integers(1_000, 40_000),
)
def test_noise_is_healthy(level: float, offset: float, seed: int, cut: int) -> None:
    if abs(offset) > 6_000:
        level += 4  # with a lower level, such an offset is a fault
    assert feed(HealthMonitor(), noise(12, level, seed, offset), cut) == []


def test_the_demonstration_is_healthy() -> None:
    speech = read_samples(demonstration())
    assert states([speech, noise(1), speech]) == []


def test_recorded_noise_and_speech_are_healthy(data: Path) -> None:
    noises = sorted((data / "noise").iterdir())[:40]
    speech = sorted(path for path in (data / "emodb").rglob("*") if path.suffix in (".wav", ".flac"))[:40]
    for path in noises:
        assert states([read_samples(path)]) == [], path
    assert states(read_samples(path) for path in speech) == []


def test_shouting_into_the_microphone_is_healthy() -> None:
    shout = to_samples(noise(1.5, 60_000).astype(float))
    assert states([noise(4), shout, noise(9), shout, noise(4)]) == []


def test_a_knock_and_a_click_are_healthy() -> None:
    assert states([noise(4), constant(32_767, 0.5), noise(6), constant(-32_768, 0.2), noise(4)]) == []


def test_sound_on_a_large_offset_is_healthy() -> None:
    assert states([noise(15, 200, offset=12_000)]) == []


# Faults --------------------------------------------------------------------------------------------------------------

FAULTS = {
    "zeros": (Health.SILENT, lambda seconds: constant(0, seconds)),
    "one": (Health.CONSTANT, lambda seconds: constant(1, seconds)),
    "lowest": (Health.CONSTANT, lambda seconds: constant(-32_768, seconds)),
    "offset": (Health.CONSTANT, lambda seconds: noise(seconds, 1, offset=9_000)),
    "negative offset": (Health.CONSTANT, lambda seconds: noise(seconds, 1, offset=-9_000)),
    "100 ms": (Health.STUCK, lambda seconds: repeated(1_600, seconds)),
    "a buffer of 1024": (Health.STUCK, lambda seconds: repeated(1_024, seconds)),
    "half a second": (Health.STUCK, lambda seconds: repeated(7_999, seconds)),
    "one second": (Health.STUCK, lambda seconds: repeated(16_000, seconds)),
    "gain": (Health.CLIPPING, lambda seconds: noise(seconds, 25_000)),
}
fault_of = pytest.mark.parametrize(("fault", "make"), FAULTS.values(), ids=FAULTS)


@fault_of
@pytest.mark.parametrize("before", [0.0, 3.37])
def test_a_fault_is_reported_once_and_in_time(fault: Health, make, before: float) -> None:
    sound = np.concatenate((noise(before), make(LATEST + 5)))
    ((moment, change),) = feed(HealthMonitor(), sound)
    assert change is fault
    if fault is not Health.CLIPPING:  # which is a share of a period, however it is distributed
        assert moment >= before + AFTER - 0.1
    assert moment <= before + LATEST


@fault_of
def test_a_shorter_fault_is_not_reported(fault: Health, make) -> None:
    assert states([noise(5), make(1.9 if fault is Health.CLIPPING else AFTER - 0.2), noise(12, seed=2)]) == []


@fault_of
def test_recovery(fault: Health, make) -> None:
    sound = make(LATEST)
    (_, *_), (moment, change) = feed(HealthMonitor(), np.concatenate((sound, noise(12, seed=3))))
    assert change is Health.HEALTHY
    earliest, latest = {
        Health.SILENT: (0.4, 0.7),
        Health.CONSTANT: (0.9, 1.2),
        Health.STUCK: (1.9, 2.2),
        Health.CLIPPING: (1.0, AFTER),
    }[fault]
    assert earliest <= moment - LATEST <= latest


@fault_of
def test_a_click_does_not_end_a_fault(fault: Health, make) -> None:
    assert states([make(LATEST), noise(0.15), make(3)]) == [fault]


def test_one_fault_can_follow_another() -> None:
    assert states([constant(0, 11), constant(5, 11), repeated(3_000, 13), noise(4)]) == [
        Health.SILENT,
        Health.CONSTANT,
        Health.STUCK,
        Health.HEALTHY,
    ]


def test_repeated_sound_with_pauses_is_stuck_then_silent() -> None:
    ring = np.concatenate((noise(0.3, 300), constant(0, 0.4)))
    stuck = np.resize(ring, 14 * SAMPLE_RATE)
    assert states([stuck]) == [Health.STUCK]
    assert states([stuck, constant(0, 12)]) == [Health.STUCK, Health.SILENT]


@settings(max_examples=30)
@given(period=st.integers(1_600, 16_000), lead=st.integers(0, 5_000), seed=st.integers(0, 100))
def test_repetitions_of_any_period_are_found(period: int, lead: int, seed: int) -> None:
    sound = np.concatenate((noise(1, seed=seed)[:lead], np.resize(noise(1, 300, seed + 1)[:period], 56_000)))
    ((moment, change),) = feed(HealthMonitor(SHORT), sound)
    assert change is Health.STUCK
    assert SHORT.after - 0.1 <= moment - lead / SAMPLE_RATE <= SHORT.after + 2


@fault_of
@settings(max_examples=15)
@given(cuts=st.lists(st.integers(0, 5_000), min_size=1, max_size=8).filter(any))
def test_chunk_sizes_do_not_matter(fault: Health, make, cuts: list[int]) -> None:
    sound = np.concatenate((noise(0.45), make(4), noise(4, seed=2)))
    whole, pieces = HealthMonitor(SHORT), HealthMonitor(SHORT)
    expected = dict.fromkeys(change for _, change in feed(whole, sound))
    found: dict[Health, None] = {}
    start = 0
    while start < len(sound):
        for cut in cuts:
            change = pieces.process(sound[start : start + cut])
            start += cut
            if change is not None:
                found[change] = None
    assert found == expected == {fault: None, Health.HEALTHY: None}


def test_intermittent_clipping_is_reported_once() -> None:
    mild = [noise(3, 13_000, seed=seed) for seed in range(8)]  # a hundredth is clipped
    assert states(mild) == []
    assert states([noise(12, 25_000), *mild]) == [Health.CLIPPING]
    assert states([noise(12, 25_000), *mild, noise(12)]) == [Health.CLIPPING, Health.HEALTHY]


# The rest ------------------------------------------------------------------------------------------------------------


def test_reset_starts_again() -> None:
    monitor = HealthMonitor()
    feed(monitor, constant(0, 11))
    monitor.reset()
    assert monitor.state is Health.HEALTHY
    assert feed(monitor, constant(0, AFTER - 0.2)) == []
    monitor.reset()
    assert feed(monitor, constant(0, AFTER - 0.2)) == []


def test_samples_are_copied() -> None:
    block = noise(0.05)
    monitor = HealthMonitor(SHORT)
    for _ in range(40):
        monitor.process(block)
        block[:] = 0  # a source may reuse its memory
        monitor.process(block)
        block[:] = noise(0.05)
    assert monitor.state is Health.STUCK


def test_every_message_is_one_line() -> None:
    assert len({health.message for health in Health}) == len(Health)
    assert all("\n" not in health.message for health in Health)
    assert "mute" in Health.SILENT.message
    assert "L/R" in Health.SILENT.message
    assert "alsamixer" in Health.CLIPPING.message


@pytest.mark.parametrize("setting", [{"after": 0.1}, {"after": float("nan")}, {"clipping_share": 0.5}])
def test_settings_are_checked(setting: dict[str, float]) -> None:
    with pytest.raises(InvalidSetting, match=f"health.{next(iter(setting))} = "):
        HealthSettings(**setting)


def test_monitoring_is_fast() -> None:
    sound = noise(10, 300)
    best = float("inf")
    for _ in range(5):
        monitor = HealthMonitor()
        start = time.process_time()
        feed(monitor, sound)
        best = min(best, (time.process_time() - start) / 100)
    assert best < 100e-6  # 8 microseconds on a desktop, a Pi takes several times as long


@given(
    st.lists(st.integers(-2, 2), max_size=60).map(lambda values: np.array(values, np.int16)),
    st.lists(st.integers(-2, 2), min_size=4, max_size=8).map(lambda values: np.array(values, np.int16)),
)
def test_the_fast_search_finds_what_a_plain_one_finds(past: Samples, block: Samples) -> None:
    places = [at for at in range(len(past) - len(block) + 1) if (past[at : at + len(block)] == block).all()]
    assert _find(past.tobytes(), block.tobytes()) == (2 * places[0] if places else -1)
