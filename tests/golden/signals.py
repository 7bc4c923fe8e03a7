"""Test signals computed with integers only, so that they are the same on every machine and in every language."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Int16 = npt.NDArray[np.int16]

LENGTH = 24_000


def noise(length: int, seed: int = 1) -> npt.NDArray[np.int64]:
    """White noise, -32768..32767: the upper 16 bits of s = 1664525 s + 1013904223 mod 2^32 (Knuth, TAOCP 2)."""
    state, values = seed, []
    for _ in range(length):
        state = (1_664_525 * state + 1_013_904_223) & 0xFFFF_FFFF
        values.append((state >> 16) - 32_768)
    return np.array(values, np.int64)


def triangle(length: int, first: int, last: int) -> npt.NDArray[np.int64]:
    """Triangle, -16384..16384, whose step per sample (2^16 steps per period) slides from ``first`` to ``last``."""
    n = np.arange(length, dtype=np.int64)
    phase = np.cumsum(first + (last - first) * n // length) & 0xFFFF
    return np.abs(phase - 32_768) - 16_384


def signals() -> Iterator[tuple[str, Int16]]:
    """Yield names and samples of ordinary, quiet and extreme signals."""
    n = np.arange(LENGTH)
    white = noise(LENGTH)
    sweep = triangle(LENGTH, 200, 12_000)
    bursts = np.where(n // 4_000 % 2 == 0, sweep, 0)
    plain = {
        "noise": white,
        "noise of 8 bits": white >> 8,
        "noise of 2 bits": white >> 14,
        "sweep": sweep * 2 - (sweep > 0),
        "quiet sweep": sweep >> 9,
        "bursts in noise": bursts + (white >> 9),
        "bursts in silence": bursts,
        "swell": white * n // LENGTH * n // LENGTH,
        "swell within the first frames": (white * n // LENGTH * n // LENGTH)[:7_000],
        "decay": white * (LENGTH - n) // LENGTH * (LENGTH - n) // LENGTH,
        "square at full level": np.where(n // 50 % 2 == 0, 32_767, -32_768),
        "fastest square": np.where(n % 2 == 0, 32_767, -32_768),
        "silence": np.zeros(3_000, np.int64),
        "least": np.full(3_000, -32_768),
        "constant 1": np.ones(3_000, np.int64),
        "impulse": np.where(np.arange(3_000) == 1_000, 32_767, 0),
        "smallest impulse": np.where(np.arange(3_000) == 1_000, -1, 0),
        "step": np.where(np.arange(3_000) < 1_000, -32_768, 32_767),
        "one frame": white[:512],
        "one sample less": white[:511],
        "one sample": white[:1],
        "nothing": white[:0],
    }
    for name, samples in plain.items():
        yield name, samples.astype(np.int16)
