"""The front end: always the same bits, no overflow, and precision."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import vectors
from hypothesis import given, settings
from hypothesis import strategies as st
from signals import noise, signals
from tables import design, digest, integers

from edge_ser.errors import InvalidSetting
from edge_ser.features import fixed_point, log_mel
from edge_ser.features.front_end import FrontEnd
from edge_ser.features.log_mel import LogMel
from edge_ser.features.mfcc import CEPSTRA_FRACTION_BITS, Mfcc, dct_matrix
from edge_ser.features.parameters import FrontEndParameters

ROOT = Path(__file__).resolve().parents[2]
DEFAULT = vectors.SETS["default"]
Int16 = npt.NDArray[np.int16]


def features(samples: Int16, cuts: list[int], front_end: FrontEnd) -> npt.NDArray[np.int8]:
    front_end.reset()
    parts = [front_end.process(part) for part in np.split(samples, cuts)]
    return np.concatenate((*parts, front_end.finish()))


def cepstra_of(log: npt.NDArray[np.int32], parameters: FrontEndParameters) -> npt.NDArray[np.float64]:
    mfcc = Mfcc(parameters)
    return np.concatenate((mfcc.process(log), mfcc.finish()))


# The same bits -------------------------------------------------------------------------------------------------------


def test_golden_vectors() -> None:
    found, expected = vectors.compute(), json.loads(vectors.FILE.read_text())
    assert found["version"] == expected["version"]
    for name, rows in expected["sets"].items():
        for signal, row in rows.items():
            assert found["sets"][name][signal] == row, (name, signal)


@settings(max_examples=80)
@given(
    seed=st.integers(0, 2**32 - 1),
    length=st.integers(0, 40_000),
    cuts=st.lists(st.integers(0, 40_000), max_size=20),
    hop=st.sampled_from([64, 160, 256, 511, 512]),
    settle=st.sampled_from([1, 7, 30, 250]),
)
def test_any_chunking_gives_the_same_frames(seed: int, length: int, cuts: list[int], hop: int, settle: int) -> None:
    parameters = FrontEndParameters(hop_samples=hop, settle_frames=settle, gains=vectors.GAINS)
    rng = np.random.default_rng(seed)
    samples = (rng.integers(-32_768, 32_768, length) >> rng.integers(0, 15)).astype(np.int16)
    cuts = sorted(min(cut, length) for cut in cuts)
    whole, cut = LogMel(parameters), LogMel(parameters)
    expected = whole.process(samples)
    assert np.array_equal(np.concatenate([cut.process(part) for part in np.split(samples, cuts)]), expected)
    assert len(expected) == max(0, (length - 512) // hop + 1)
    front_end = FrontEnd(parameters)
    assert np.array_equal(features(samples, cuts, front_end), features(samples, [], front_end))


def test_sample_by_sample() -> None:
    samples = noise(1_500).astype(np.int16)
    stream = LogMel(DEFAULT)
    parts = [stream.process(samples[i : i + 1]) for i in range(len(samples))]
    assert np.array_equal(np.concatenate(parts), LogMel(DEFAULT).process(samples))


def test_results_belong_to_the_caller() -> None:
    stream = LogMel(DEFAULT)
    first = stream.process(noise(16_000).astype(np.int16))
    kept = first.copy()
    stream.process(noise(16_000, seed=2).astype(np.int16))
    assert np.array_equal(first, kept)


def test_reset_clears_the_state() -> None:
    samples = noise(20_000).astype(np.int16)
    front_end = FrontEnd(DEFAULT)
    fresh = features(samples, [], front_end)
    front_end.process(noise(7_777, seed=2).astype(np.int16))
    assert np.array_equal(features(samples, [], front_end), fresh)


def test_memory_is_constant() -> None:
    stream = LogMel(DEFAULT)
    rng = np.random.default_rng(0)
    for length in rng.integers(0, 20_000, 40):
        stream.process(np.zeros(length, np.int16))
    assert len(stream._buffers) <= log_mel._BUFFERS


@pytest.mark.parametrize("threads", ["1", "2"])
def test_blas_threads(threads: str) -> None:
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, ROOT / "tests" / "golden" / "vectors.py"], check=True, env=environment)


# Extremes ------------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("name", "samples"), list(signals()), ids=lambda value: value if isinstance(value, str) else ""
)
@pytest.mark.parametrize(
    "parameters", [*vectors.SETS.values(), FrontEndParameters(bands=8, coefficients=8, lower_limit_hz=0.0)]
)
def test_extremes(parameters: FrontEndParameters, name: str, samples: Int16) -> None:
    log = LogMel(parameters).process(samples)
    frames = max(0, (len(samples) - 512) // parameters.hop_samples + 1)
    assert log.dtype == np.int32
    assert log.shape == (frames, parameters.bands)
    assert np.all((log >= 28 << 16) & (log <= 75 << 16))
    cepstra = cepstra_of(log, parameters)
    assert cepstra.shape == (frames, parameters.coefficients)
    assert np.all(np.abs(cepstra) <= 2**23)


def test_silence_gives_the_lowest_value() -> None:
    log = LogMel(DEFAULT).process(np.zeros(20_000, np.int16))
    assert np.all(log == 28 << 16)
    assert not cepstra_of(log, DEFAULT).any()


# The range -----------------------------------------------------------------------------------------------------------


def clamped_range(levels: list[int], settle: int) -> list[float]:
    """Return how far the upper half of each frame's bands is below the lower half after clamping, in log2 units.

    Args:
        levels: Level of the lower half of the bands in each frame, log2 units; the upper half is silent.
        settle: Frames that share one peak.
    """
    parameters = FrontEndParameters(settle_frames=settle, coefficients=40)
    log = np.full((len(levels), 40), 28 << 16, np.int32)
    log[:, :20] = np.array(levels)[:, None] << 16
    # The bands, up to a constant that all frames have in common.
    shape = cepstra_of(log, parameters) / 2.0**CEPSTRA_FRACTION_BITS @ dct_matrix(40, 40).T
    return np.diff(shape[:, [39, 0]])[:, 0].tolist()


def test_quiet_bands_are_clamped_to_the_range_below_the_peak() -> None:
    # Without the running mean, a difference between two frames is that of the clamped values.
    frames = [40, 60, 50, 44]  # lower limits: 28, 48, 48, 48; so the lower half is 12, 12, 2, 0 above the upper half
    above = np.array([12.0, 12.0, 2.0, 0.0])
    means = np.cumsum(above) / np.arange(1, 5)
    assert np.allclose(clamped_range(frames, settle=1), above - means, atol=0.01)


def test_the_first_frames_share_one_peak() -> None:
    above = np.array([0.0, 12.0, 2.0, 12.0])  # lower limits: 48, 48, 48, then 52
    means = np.array([14 / 3, 14 / 3, 14 / 3, 26 / 4])
    assert np.allclose(clamped_range([40, 60, 50, 64], settle=3), above - means, atol=0.01)
    assert np.allclose(clamped_range([40, 60, 50], settle=30), (above - means)[:3], atol=0.01)


@pytest.mark.parametrize("range_", [4, 40])
def test_values_below_the_range_do_not_matter(range_: int) -> None:
    parameters = FrontEndParameters(dynamic_range_log2=range_)
    rng = np.random.default_rng(0)
    log = (rng.uniform(28, 70, (80, 40)) * 2**16).astype(np.int32)
    log[3, 0] = 70 << 16  # the peak, in the first frames
    below = log < 70 - range_ << 16
    other = np.where(below, rng.integers(28 << 16, 70 - range_ << 16, log.shape), log).astype(np.int32)
    assert below.any()
    assert np.array_equal(cepstra_of(log, parameters), cepstra_of(other, parameters))
    assert not np.array_equal(cepstra_of(log, parameters), cepstra_of(np.where(below, log, 70 << 16), parameters))


@pytest.mark.parametrize("range_", [3, 41])
def test_an_invalid_range_is_refused(range_: int) -> None:
    with pytest.raises(InvalidSetting, match=f"front_end.dynamic_range_log2 = {range_}: allowed is 4 to 40"):
        FrontEndParameters(dynamic_range_log2=range_)


def test_single_frames_give_the_same_result() -> None:
    log = (np.random.default_rng(0).uniform(28, 70, (80, 40)) * 2**16).astype(np.int32)
    for settle in (1, 30, 80, 100):
        parameters = FrontEndParameters(settle_frames=settle)
        mfcc = Mfcc(parameters)
        parts = [mfcc.process(log[i : i + 1]) for i in range(len(log))]
        assert [len(part) for part in parts[: settle - 1]] == [0] * min(settle - 1, len(log))
        assert np.array_equal(np.concatenate((*parts, mfcc.finish())), cepstra_of(log, parameters))


def test_short_utterances_keep_their_frames() -> None:
    front_end = FrontEnd(DEFAULT)
    assert front_end.finish().shape == (0, 40)
    assert features(noise(512).astype(np.int16), [], front_end).shape == (1, 40)
    assert not features(noise(512).astype(np.int16), [], front_end).any()  # a frame minus its own mean


# Tables and the logarithm --------------------------------------------------------------------------------------------


def test_specification_lists_the_tables() -> None:
    text = (ROOT / "edge_ser" / "features" / "SPEC.md").read_text()
    listed = dict(re.findall(r"^\| (\w+) \| `([0-9a-f]{16})` \|$", text, re.MULTILINE))
    assert {key.lower(): value for key, value in listed.items()} == {
        name: digest(table) for name, table in integers(FrontEndParameters()).items()
    }


@pytest.mark.parametrize("parameters", vectors.SETS.values(), ids=vectors.SETS.keys())
def test_no_table_entry_depends_on_the_last_bit_of_a_library(parameters: FrontEndParameters) -> None:
    for name, (values, bits) in design(parameters).items():
        fractions = np.asarray(values) * 2.0**bits % 1.0
        assert np.min(np.abs(fractions - 0.5)) > 1e-6, name


def test_tables_follow_the_formulas() -> None:
    tables = integers(FrontEndParameters())
    assert (log_mel._window() == tables["window"]).all()
    assert (Mfcc(FrontEndParameters())._dct * 2.0**28 == np.reshape(tables["dct"], (40, 40))).all()
    cosine = np.array(tables["cosine"])
    k1, n1 = np.ogrid[:16, :32]
    stage1 = log_mel._first_stage()
    assert (stage1[0::2] == cosine[16 * k1 * n1 % 512]).all()
    assert (stage1[1] == cosine[16 * 16 * n1 % 512]).all()
    assert (stage1[3::2] == -cosine[(16 * k1[1:] * n1 - 128) % 512]).all()
    mel = log_mel._permuted_mel(FrontEndParameters())
    assert (np.sort(mel, axis=0) == np.sort(np.reshape(tables["mel"], (160, 40)), axis=0)).all()


@settings(max_examples=200)
@given(st.lists(st.integers(1, 2**53 - 1), min_size=1, max_size=50))
def test_log2_is_within_its_bound(values: list[int]) -> None:
    found = fixed_point.log2_q16(np.array(values, np.float64))
    errors = [abs(int(q) / 2**16 - math.log2(value)) for q, value in zip(found, values, strict=True)]
    assert max(errors) < 2**-16


def test_log2_is_exact_for_powers_and_lowest_for_zero() -> None:
    powers = 2.0 ** np.arange(53)
    assert np.array_equal(fixed_point.log2_q16(powers), np.arange(53) << 16)
    assert fixed_point.log2_q16(np.zeros(1))[0] < -(2**25)


# Precision -----------------------------------------------------------------------------------------------------------


def in_floats(samples: Int16, parameters: FrontEndParameters) -> npt.NDArray[np.float64]:
    """Return normalized cepstra in log2 units by the same definition in float64, without rounding."""
    x = samples.astype(np.float64)
    y = 32.0 * x - 31.0 * np.concatenate((x[:1], x[:-1]))
    frames = np.lib.stride_tricks.sliding_window_view(y, 512)[:: parameters.hop_samples]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(512) / 512)
    spectrum = np.fft.rfft(frames * hann * 2.0**15)
    # The scale of SPEC.md: 2^(15 + 15 - 16 - 22) in amplitude, 2^(14 - 13) in power.
    energy = np.abs(spectrum * 2.0**-8) ** 2 @ log_mel.mel_weights(parameters) * 2.0
    log = np.maximum(np.log2(np.maximum(energy, 1e-9)), 28.0)
    sharing = min(parameters.settle_frames, len(log))
    peak = np.maximum.accumulate(log.max(axis=1))
    peak[:sharing] = peak[sharing - 1]
    cepstra = np.maximum(log, peak[:, None] - parameters.dynamic_range_log2) @ dct_matrix(
        parameters.bands, parameters.coefficients
    )
    means = np.cumsum(cepstra, axis=0) / np.arange(1, len(cepstra) + 1)[:, None]
    means[:sharing] = means[sharing - 1]
    return cepstra - means


@pytest.mark.parametrize(("level", "least"), [(1, 65.0), (100, 55.0)], ids=["full level", "40 dB down"])
def test_signal_to_error(speech: list[Int16], level: int, least: float) -> None:
    signal = error = 0.0
    for recording in speech:
        samples = (recording // level).astype(np.int16)
        exact = in_floats(samples, DEFAULT)[:, 1:]
        found = cepstra_of(LogMel(DEFAULT).process(samples), DEFAULT)[:, 1:] / 2.0**CEPSTRA_FRACTION_BITS
        signal += float(np.sum(exact**2))
        error += float(np.sum((found - exact) ** 2))
    ratio = 10 * math.log10(signal / error)
    assert ratio >= least, f"{ratio:.1f} dB"
    print(f"signal to error {ratio:.1f} dB")
