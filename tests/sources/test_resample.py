"""The resampler against its theory, and the conversions at their limits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_ser.audio import Samples
from edge_ser.errors import UnsupportedRate
from edge_ser.sources.resample import Resampler, mix_to_mono, to_int16

RATES = [4_000, 8_000, 11_025, 12_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000, 384_000]


def convert(samples: npt.NDArray[np.int16], rate: int, chunk: int | None = None) -> Samples:
    resampler = Resampler(rate)
    step = chunk or max(1, samples.size)
    parts = [resampler.process(samples[start : start + step]) for start in range(0, samples.size, step)]
    return np.concatenate([*parts, resampler.finish()])


def sine(frequency: float, rate: int, seconds: float = 1.0, peak: float = 16_000.0) -> Samples:
    time = np.arange(round(rate * seconds)) / rate
    return np.rint(peak * np.sin(2 * np.pi * frequency * time)).astype(np.int16)


def decibels(samples: Samples) -> float:
    middle = samples[2_000:-2_000].astype(np.float64)
    return float(20 * np.log10(np.sqrt(np.mean(middle**2)) / (16_000 / np.sqrt(2)) + 1e-12))


@settings(max_examples=60)
@given(
    rate=st.sampled_from([8_000, 11_025, 22_050, 44_100, 48_000, 96_000]),
    length=st.integers(0, 9_000),
    cuts=st.lists(st.integers(0, 9_000), max_size=12),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_chunking_gives_the_same_bits(rate: int, length: int, cuts: list[int], seed: int) -> None:
    samples = np.random.default_rng(seed).integers(-32_768, 32_768, length).astype(np.int16)
    resampler = Resampler(rate)
    chunks = np.split(samples, sorted(min(cut, length) for cut in cuts))
    pieces = [resampler.process(chunk) for chunk in chunks]
    assert np.array_equal(np.concatenate([*pieces, resampler.finish()]), convert(samples, rate))


@pytest.mark.parametrize("rate", [11_025, 44_100, 48_000])
def test_single_samples_give_the_same_bits(rate: int) -> None:
    samples = np.random.default_rng(rate).integers(-32_768, 32_768, 2_000).astype(np.int16)
    assert np.array_equal(convert(samples, rate, chunk=1), convert(samples, rate))


@pytest.mark.parametrize("rate", [8_000, 11_025, 44_100, 48_000, 44_101])
@pytest.mark.parametrize("length", [0, 1, 2, 439, 440, 441, 442, 5_000])
def test_the_length_is_rounded_up(rate: int, length: int) -> None:
    assert convert(np.ones(length, np.int16), rate).size == -(-length * 16_000 // rate)


def test_equal_rates_change_nothing() -> None:
    samples = np.arange(-500, 500, dtype=np.int16)
    assert convert(samples, 16_000, chunk=7).tobytes() == samples.tobytes()


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("level", [32_767, -32_768, 1, -1])
def test_dc_is_exact(rate: int, level: int) -> None:
    middle = convert(np.full(rate, level, np.int16), rate)[500:-500]
    assert np.all(middle == level)


@pytest.mark.parametrize("rate", RATES)
def test_an_impulse_keeps_its_time(rate: int) -> None:
    samples = np.zeros(2 * rate, np.int16)
    samples[rate] = 32_767
    answer = convert(samples, rate).astype(int)
    assert np.argmax(answer) == 16_000
    assert np.max(np.abs(answer[15_600:16_000] - answer[16_001:16_401][::-1])) <= 1  # symmetric up to rounding


@pytest.mark.parametrize("rate", RATES)
def test_the_passband_is_flat_and_has_no_delay(rate: int) -> None:
    """It ends at 5.2 kHz for a lower output rate: nothing downstream uses higher frequencies."""
    for frequency in (80.0, *((2_600.0, 5_120.0) if rate > 16_000 else (0.25 * rate, 0.44 * rate))):
        answer, ideal = convert(sine(frequency, rate), rate), sine(frequency, 16_000)
        assert decibels(answer) == pytest.approx(0.0, abs=0.02)
        assert np.max(np.abs(answer.astype(int) - ideal)[500:-500]) <= 6  # -68 dB of full scale, ripple included


@pytest.mark.parametrize("rate", [rate for rate in RATES if rate > 16_000])
def test_nothing_aliases_into_the_band_in_use(rate: int) -> None:
    for frequency in (8_100.0, 9_000.0, 10_700.0, 10_900.0, 12_000.0, 15_900.0):
        if frequency < rate / 2:
            answer = convert(sine(frequency, rate), rate)
            middle = answer[2_000:-2_000]
            window = np.blackman(len(middle))
            looked_at = np.fft.rfft(middle * window)[: round(5_200 / 16_000 * len(middle))]
            full = 16_000 * window.sum() / 2
            assert 20 * np.log10(np.abs(looked_at).max() / full + 1e-12) < -75
            assert frequency < 10_800 or decibels(answer) < -70


@pytest.mark.parametrize("rate", [4_000, 8_000, 11_025])
def test_a_higher_rate_has_no_images(rate: int) -> None:
    frequency = 0.44 * rate
    answer = convert(sine(frequency, rate), rate)[2_000:-2_000].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(answer * np.blackman(len(answer))))
    image = round((rate - frequency) / 16_000 * len(answer))
    assert 20 * np.log10(spectrum[image - 5 : image + 6].max() / spectrum.max()) < -70


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_a_full_scale_square_wave_saturates(rate: int) -> None:
    square = np.where(np.arange(rate) // (rate // 100) % 2, 32_767, -32_768).astype(np.int16)
    answer = convert(square, rate)
    assert answer.max() == 32_767
    assert answer.min() == -32_768
    # Overshoot that wraps would jump across the whole range between neighbours, far from the edges of the square.
    plateau = answer[40:120]
    assert np.all(plateau[:80] <= -27_000)


def test_a_finished_resampler_starts_again() -> None:
    samples = sine(440, 44_100, 0.1)
    resampler = Resampler(44_100)
    first = np.concatenate([resampler.process(samples), resampler.finish()])
    second = np.concatenate([resampler.process(samples), resampler.finish()])
    assert np.array_equal(first, second)


@pytest.mark.parametrize("rate", [0, -1, 3_999, 384_001, 191_999])
def test_unsupported_rates_are_errors(rate: int) -> None:
    with pytest.raises(UnsupportedRate, match="convert"):
        Resampler(rate)


def test_mixing_rounds_half_up() -> None:
    frames = np.array([[1, 2], [-1, -2], [32_767, 32_767], [-32_768, -32_768], [32_767, -32_768]], np.int16)
    assert mix_to_mono(frames).tolist() == [2, -1, 32_767, -32_768, 0]
    assert mix_to_mono(np.array([[0, 0, 1], [0, 1, 1]], np.int16)).tolist() == [0, 1]
    assert mix_to_mono(np.empty((0, 2), np.int16)).shape == (0,)


def test_floats_are_rounded_and_saturated() -> None:
    values = np.array([0.0, 0.5, -0.5, 1.0, -1.0, 9.0, -9.0, np.nan, np.inf, -np.inf, 0.5 / 32_768, -0.5 / 32_768])
    wanted = [0, 16_384, -16_384, 32_767, -32_768, 32_767, -32_768, 0, 32_767, -32_768, 1, 0]
    assert to_int16(values).tolist() == wanted
    assert to_int16(values.astype(np.float32)).tolist() == wanted


def test_wide_integers_are_rounded_and_saturated() -> None:
    values = np.array([0, 32_767, 32_768, -32_768, -32_769, 2**31 - 1, -(2**31)], np.int32)
    assert to_int16(values).tolist() == [0, 0, 1, 0, -1, 32_767, -32_768]


def test_other_types_are_errors() -> None:
    with pytest.raises(TypeError, match="uint8"):
        to_int16(np.zeros(3, np.uint8))
