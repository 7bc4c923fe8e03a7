"""The audio of a benchmark: repeated speech, a quiet room, and sounds that processes share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.bench.audio import SharedSound, Sound, frames_per_block, quiet_room, read_block, repeat, speech


@given(st.integers(1, 60_000), st.integers(1, 100_000))
def test_repeated_recording(have: int, want: int) -> None:
    samples = np.arange(1, have + 1).astype(np.int16)
    repeated = repeat(samples, want)
    assert len(repeated) == want
    assert np.array_equal(repeated[:have], samples[:want])
    again = have + 9_600
    if want > again:
        assert np.array_equal(repeated[again : again + have], samples[: want - again])
        assert 0 < np.abs(repeated[have:again]).max() < 40, "a quiet room, not silence"


def test_quiet_room_is_faint_reproducible_noise() -> None:
    noise = quiet_room(1, 48_000)
    assert noise.sha256 == quiet_room(1, 48_000).sha256
    assert (noise.seconds, noise.rate) == (1.0, 48_000)
    assert 1 < noise.samples.std() < 5


@given(st.lists(st.integers(-32_768, 32_767), max_size=10_000), st.sampled_from([16_000, 44_100, 48_000]))
def test_shared_sound_is_read_block_by_block(samples: list[int], rate: int) -> None:
    sound = Sound(np.array(samples, np.int16), rate)
    with SharedSound(sound) as shared:
        count = -(-len(samples) // frames_per_block(rate))
        blocks = [read_block(shared.descriptor, number, rate) for number in range(count + 1)]
    assert blocks[-1] == b""
    assert all(len(block) == 2 * frames_per_block(rate) for block in blocks[:-2])
    assert np.array_equal(np.frombuffer(b"".join(blocks), np.int16), sound.samples)


def test_speech_has_the_requested_duration() -> None:
    sound: Callable[[float], Sound] = lambda seconds: speech(None, seconds, 48_000)  # noqa: E731
    assert sound(2.5).seconds == 2.5
    assert sound(30).seconds == 30
