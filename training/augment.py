"""What happens to a voice between mouth and model: speed, room, noise, microphone, gain.

Works on float samples in units of int16 steps and is seeded, so the same seed gives the same training set.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.signal import butter, fftconvolve, sosfilt

from edge_ser.settings import SAMPLE_RATE

Float = npt.NDArray[np.float64]
Int16 = npt.NDArray[np.int16]


def augment(samples: Int16, noise: Int16, rng: np.random.Generator) -> Int16:
    """Return a changed copy of a recording.

    Args:
        samples: Shape ``(n,)``, int16.
        noise: A recording to mix in; it must come from the training part of the split.
        rng: Source of all chance.
    """
    x = samples.astype(np.float64)
    if rng.random() < 0.7:
        x = _speed(x, rng.uniform(0.87, 1.15))
    if rng.random() < 0.35:
        x = _room(x, rng)
    if rng.random() < 0.55:
        x = _noise(x, noise, rng.uniform(3, 30), rng)
    if rng.random() < 0.4:
        x = _band(x, rng)
    return _gain(x, rng)


def in_a_room(samples: Int16, rng: np.random.Generator) -> Int16:
    """Return a recording as it stands in a stream: half a second of a quiet room before it and after it.

    Clips begin with the first sound; a microphone heard the room before, and the gate's look-back hands that on.
    """
    pause = SAMPLE_RATE // 2
    quiet = 0.0 if rng.random() < 0.15 else 2.0 ** rng.uniform(-1, 6)  # int16 steps; some devices gate to digital zero
    around = np.round(rng.normal(0.0, quiet, pause * 2 + len(samples)))
    around[pause:-pause] += samples
    return np.asarray(np.clip(around, -32_768, 32_767).astype(np.int16))


def _speed(x: Float, factor: float) -> Float:
    """Play faster or slower: tempo, pitch and formants move together, as from one speaker to another."""
    return np.interp(np.arange(0, len(x) - 1, factor), np.arange(len(x)), x)


def _room(x: Float, rng: np.random.Generator) -> Float:
    """Exponentially decaying noise as an impulse response, with a direct path."""
    decay = rng.uniform(0.15, 0.6) * SAMPLE_RATE
    n = np.arange(int(decay))
    response = rng.standard_normal(len(n)) * 10.0 ** (-3.0 * n / decay)
    response *= 10.0 ** (-rng.uniform(0, 12) / 20) / np.sqrt((response**2).sum())
    response[0] = 1.0
    return np.asarray(fftconvolve(x, response)[: len(x)])


def _noise(x: Float, noise: Int16, snr: float, rng: np.random.Generator) -> Float:
    start = int(rng.integers(len(noise)))
    n = np.resize(np.roll(noise, -start), len(x)).astype(np.float64)
    power = (n**2).mean()
    if power < 1.0:  # digital silence
        return x
    noisy: Float = x + n * np.sqrt((x**2).mean() / power * 10.0 ** (-snr / 10))
    return noisy


def _band(x: Float, rng: np.random.Generator) -> Float:
    """A cheap microphone or a telephone: rolls off at both ends."""
    edges = (rng.uniform(50, 300), rng.uniform(3_000, 7_000))
    sos = butter(2, edges, "bandpass", fs=SAMPLE_RATE, output="sos")
    return np.asarray(sosfilt(sos, x))


def _gain(x: Float, rng: np.random.Generator) -> Int16:
    peak = max(1.0, np.abs(x).max())
    louder = np.round(x * (32_767 / peak) * 10.0 ** (rng.uniform(-36, 2) / 20))
    return np.asarray(np.clip(louder, -32_768, 32_767).astype(np.int16))
