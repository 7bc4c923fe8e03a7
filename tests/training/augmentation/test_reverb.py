"""Simulated impulse responses: physics, seeds, and the cache."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from training.augmentation import reverb

RATE = 16_000
BANK = reverb.bank(24, 5)


def test_responses_start_with_the_direct_path_and_decay_in_time() -> None:
    ratios = []
    for response in BANK:
        seconds = len(response) / RATE
        assert reverb.RT60[0] - 0.001 <= seconds <= reverb.RT60[1]
        assert response.dtype == np.float32
        assert (response.astype(float) ** 2).sum() == pytest.approx(1, abs=1e-4)
        assert abs(response[0]) > 0.05
        assert abs(response[0]) > 10 * np.abs(response[1:8]).max(), "the direct path is one sample"
        energy = 10 * np.log10(np.cumsum(response[::-1].astype(float) ** 2)[::-1])
        assert energy[len(response) // 2] < -20
        ratios.append(decay_time(energy) / seconds)
    assert min(ratios) > 0.6
    assert max(ratios) < 1.3
    assert np.median(ratios) == pytest.approx(1, abs=0.1)


def decay_time(energy: npt.NDArray[np.float64]) -> float:
    """Return the time for 60 dB, s, from the decay of the remaining energy from -5 to -25 dB (Schroeder 1965)."""
    first, last = np.argmax(energy < -5), np.argmax(energy < -25)
    return float(-60 / np.polyfit(np.arange(first, last) / RATE, energy[first:last], 1)[0])


def test_a_bank_is_reproducible_and_held_out_rooms_differ() -> None:
    first = reverb.bank(3, reverb.TRAINING_SEED)
    assert all(np.array_equal(a, b) for a, b in zip(first, reverb.bank(5, reverb.TRAINING_SEED)[:3], strict=True))
    assert all(len(a) != len(b) for a, b in zip(first, reverb.bank(3, reverb.HELD_OUT_SEED), strict=True))


def test_a_bank_is_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = reverb.load(tmp_path / "cache", 3, 9)
    assert len(list((tmp_path / "cache").iterdir())) == 1
    monkeypatch.setattr(reverb, "bank", None)
    stored = reverb.load(tmp_path / "cache", 3, 9)
    assert all(np.array_equal(a, b) and b.dtype == np.float32 for a, b in zip(made, stored, strict=True))
    with pytest.raises(TypeError):
        reverb.load(tmp_path / "cache", 3, 10)
