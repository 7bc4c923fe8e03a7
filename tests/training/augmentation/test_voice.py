"""Each change of a voice does what it says and nothing else, with reproducible randomness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import numpy.typing as npt
import pytest

from edge_ser.audio import Samples
from training.augmentation import reverb, voice
from training.augmentation.voice import augment
from training.settings import AugmentSettings

CHANGES = [field.name for field in fields(AugmentSettings) if field.name != "copies"]


NONE = AugmentSettings(**{"copies": 1, **dict.fromkeys(CHANGES, 0.0)})


ALL = replace(NONE, **dict.fromkeys(CHANGES, 1.0))


RATE = 16_000


SEEDS = range(12)


BANK = reverb.bank(24, 5)


def tone(frequency: float = 400.0, seconds: float = 2.0) -> Samples:
    return np.round(8_000 * np.sin(2 * np.pi * frequency * np.arange(int(seconds * RATE)) / RATE)).astype(np.int16)


def white(seed: int, seconds: float = 2.0) -> Samples:
    return np.round(np.random.default_rng(seed).normal(0, 2_000, int(seconds * RATE))).astype(np.int16)


def pitch_of(samples: Samples) -> float:
    """Return the strongest frequency, Hz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 2**19))
    return float(spectrum.argmax() * RATE / 2**19)


def only(change: str, samples: Samples, seed: int, noise: Samples | None = None) -> Samples:
    return augment(samples, replace(NONE, **{change: 1.0}), noise, BANK, np.random.default_rng(seed))


def test_without_changes_a_recording_stays_the_same() -> None:
    extremes = np.array([-32_768, 32_767, 0, -1, 1], np.int16)
    assert np.array_equal(augment(extremes, NONE, extremes, BANK, np.random.default_rng(1)), extremes)


def test_the_same_seed_gives_the_same_recording() -> None:
    first, again, other = (augment(tone(), ALL, white(1), BANK, np.random.default_rng(s)) for s in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("change", CHANGES)
def test_switching_a_change_off_does_not_affect_the_others(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each change is replaced by a function that notes its random parameters."""
    notes: dict[str, object] = {}

    def note(name: str) -> Callable[..., npt.NDArray[np.float64]]:
        def change_nothing(x: npt.NDArray[np.float64], *chosen: object) -> npt.NDArray[np.float64]:
            drawn = [c.random() if isinstance(c, np.random.Generator) else c for c in chosen]
            notes[name] = [d.tobytes() if isinstance(d, np.ndarray) else d for d in drawn]
            return x

        return change_nothing

    for name in CHANGES:
        function = {"speed": "speed", "room": "fftconvolve", "band": "band"}.get(name, f"_{name}")
        monkeypatch.setattr(voice, function, note(name))
    after = []
    for settings in (ALL, replace(ALL, **{change: 0.0})):
        notes.clear()
        rng = np.random.default_rng(3)
        augment(tone(), settings, white(1), BANK, rng)
        after.append((dict(notes), rng.random()))
    (everything, next_number), (without, next_without) = after
    assert set(everything) == set(CHANGES)
    assert without == {name: drawn for name, drawn in everything.items() if name != change}
    assert next_without == next_number


def test_a_change_has_the_requested_probability() -> None:
    samples, settings = tone(seconds=0.05), replace(NONE, band=0.35)
    results = [augment(samples, settings, None, BANK, np.random.default_rng(seed)) for seed in range(300)]
    assert 0.25 < np.mean([not np.array_equal(result, samples) for result in results]) < 0.45


def test_speed_changes_length_and_pitch_together() -> None:
    factors = []
    for seed in SEEDS:
        faster = only("speed", tone(), seed)
        factors.append(len(tone()) / len(faster))
        assert pitch_of(faster) / 400 == pytest.approx(factors[-1], rel=0.005)
    assert 0.87 <= min(factors) < 0.95
    assert 1.05 < max(factors) <= 1.151


def test_tempo_changes_the_length_and_keeps_the_pitch() -> None:
    factors = []
    for seed in SEEDS:
        faster = only("tempo", tone(), seed)
        factors.append(len(tone()) / len(faster))
        assert pitch_of(faster) == pytest.approx(400, rel=0.005)
    assert 0.79 <= min(factors) < 0.86
    assert 1.16 < max(factors) <= 1.26


def test_pitch_keeps_the_length_and_changes_the_pitch() -> None:
    semitones = []
    for seed in SEEDS:
        higher = only("pitch", tone(), seed)
        assert len(higher) == len(tone())
        semitones.append(12 * np.log2(pitch_of(higher) / 400))
    assert -2.55 <= min(semitones) < -1
    assert 1 < max(semitones) <= 2.55


def test_a_click_in_a_room_is_one_of_the_impulse_responses() -> None:
    click = np.zeros(800, np.int16)
    click[100] = 20_000
    for seed in SEEDS:
        heard = only("room", click, seed)
        assert not heard[:100].any(), "no reverberation before the sound"
        errors = [np.abs(heard[100 : 100 + len(r)] - 20_000 * r).max() for r in BANK if len(r) + 799 == len(heard)]
        assert min(errors) <= 0.51


def test_noise_is_3_to_30_db_below_the_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, mix = [], voice._noise

    def noted(x: npt.NDArray[np.float64], noise: Samples, snr: float, rng: np.random.Generator) -> object:
        wanted.append(snr)
        return mix(x, noise, snr, rng)

    monkeypatch.setattr(voice, "_noise", noted)
    measured = []
    for seed in SEEDS:
        clean = tone().astype(float)
        rest = only("noise", tone(), seed, white(seed, 0.7)) - clean
        measured.append(10 * np.log10((clean**2).mean() / (rest**2).mean()))
    assert measured == pytest.approx(wanted, abs=0.5)
    assert 3 <= min(wanted) < 12
    assert 20 < max(wanted) <= 30


@pytest.mark.parametrize("noise", [None, np.zeros(100, np.int16)])
def test_silent_noise_is_not_mixed_in(noise: Samples | None) -> None:
    assert np.array_equal(only("noise", tone(), 1, noise), tone())


def test_a_narrow_band_attenuates_both_ends() -> None:
    def loss(frequency: float, seed: int) -> float:
        samples = tone(frequency, 1.0)
        return float(20 * np.log10(samples.astype(float).std() / only("band", samples, seed).astype(float).std()))

    for seed in SEEDS:
        assert loss(10, seed) > 20
        assert loss(7_900, seed) > 20
        assert loss(1_000, seed) < 1


def test_gain_sets_the_peak_from_minus_36_to_plus_2_db() -> None:
    peaks, clipped = [], 0
    for seed in range(60):
        louder = only("gain", tone(), seed)
        peaks.append(20 * np.log10(np.abs(louder.astype(float)).max() / 32_767))
        clipped += bool((louder == 32_767).sum() > 200)
    assert -36.1 <= min(peaks) < -30
    assert max(peaks) == pytest.approx(0, abs=0.001)
    assert 0 < clipped < 15
