"""Conditions change recordings as they say."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from tests.training import voices
from tests.training.robustness.material import RATE
from training.augmentation import reverb
from training.robustness import conditions
from training.robustness.conditions import CLEAN, Condition

Int16 = npt.NDArray[np.int16]

DIGEST = "0123abcd"


def changed(condition: Condition, noise: Int16 | None = None) -> Int16:
    hiss = np.random.default_rng(1).normal(0, 500, RATE).astype(np.int16) if noise is None else noise
    responses = reverb.bank(3, reverb.HELD_OUT_SEED)
    return conditions.change(voices.babble("a"), DIGEST, condition, hiss, responses)


def test_noise_is_as_far_below_the_voice_as_the_condition_says() -> None:
    noise = changed(Condition("n", snr=10.0)).astype(float) - changed(CLEAN)
    power = conditions.speech_power(voices.babble("a").astype(float))
    assert 10 * np.log10(power / (noise**2).mean()) == pytest.approx(10, abs=0.3)
    assert noise[:4_000].std() > 0.5 * noise.std(), "it starts before the voice"


def test_pauses_do_not_count_as_voice() -> None:
    voice = 3_000 * np.sin(np.arange(RATE) / 5)
    with_pauses = np.concatenate((np.zeros(RATE), voice, np.ones(RATE)))
    assert conditions.speech_power(with_pauses) == pytest.approx((voice**2).mean(), rel=0.01)


def test_gain_changes_all_sound_and_clips_at_full_scale() -> None:
    clean = changed(CLEAN).astype(float)
    assert np.abs(changed(Condition("g", gain=-12.0)) - clean * 10 ** (-12 / 20)).max() <= 0.5
    loud = changed(Condition("g", gain=12.0))
    assert np.array_equal(loud, np.clip(np.round(clean * 10 ** (12 / 20)), -32_768, 32_767))
    assert (loud == 32_767).sum() > 20


def test_a_cheap_microphone_has_the_same_room_in_a_narrow_band() -> None:
    room, cheap = changed(Condition("r", room=True)), changed(Condition("c", room=True, cheap=True))
    assert len(room) == len(cheap) > len(changed(CLEAN))
    below, inside = (
        [np.abs(np.fft.rfft(x, 2**16))[a:b].sum() for x in (room, cheap)] for a, b in ((0, 200), (4_000, 8_000))
    )
    assert below[1] < 0.3 * below[0]
    assert inside[1] == pytest.approx(inside[0], rel=0.2)
