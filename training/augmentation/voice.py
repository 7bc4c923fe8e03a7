"""What happens to a voice between mouth and model: speed, tempo, pitch, room, noise, microphone, gain.

All chance comes from one seed, from which each change has a generator of its own.  So the same seed gives the same
training set, and to switch one change off leaves the others as they were: ablations compare like with like.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.signal import butter, fftconvolve, sosfilt

from edge_ser.audio import SAMPLE_RATE
from training.augmentation.reverb import Rooms
from training.settings import AugmentSettings

Float = npt.NDArray[np.float64]
Int16 = npt.NDArray[np.int16]

_CHANGES: Final = ("speed", "tempo", "pitch", "room", "noise", "band", "gain")
"""In the order in which they happen; the place is also part of each change's seed."""

_WINDOW: Final = 1024  # samples of the phase vocoder: 64 ms, three periods of a low voice


def augment(
    samples: Int16, settings: AugmentSettings, noise: Int16 | None, rooms: Rooms, rng: np.random.Generator
) -> Int16:
    """Return a changed copy of a recording.

    Args:
        samples: Shape ``(n,)``, int16, 16 kHz.
        settings: The probability of each change.
        noise: A recording to mix in, shape ``(k,)``, int16; it must come from the training part of the split.  ``None``
            for none.
        rooms: Impulse responses, of :data:`training.augmentation.reverb.TRAINING_SEED` for what is learned from.
        rng: Source of all chance; one number is taken from it, whatever happens.

    Returns:
        Shape ``(m,)``, int16: a faster voice is shorter, a room sounds on after it.
    """
    seed = int(rng.integers(2**63))
    x = samples.astype(np.float64)  # in units of int16 steps
    for place, change in enumerate(_CHANGES):
        chance = np.random.default_rng([seed, place])
        if chance.random() >= getattr(settings, change):
            continue
        if change == "speed":
            x = speed(x, chance.uniform(0.87, 1.15))
        elif change == "tempo":
            x = _tempo(x, chance.uniform(0.8, 1.25))
        elif change == "pitch":
            x = _pitch(x, chance.uniform(-2.5, 2.5))
        elif change == "room":
            x = fftconvolve(x, rooms[int(chance.integers(len(rooms)))])
        elif change == "noise" and noise is not None:
            x = _noise(x, noise, chance.uniform(3, 30), chance)
        elif change == "band":
            x = band(x, chance.uniform(50, 300), chance.uniform(3_000, 7_000))
        elif change == "gain":
            x = _gain(x, chance.uniform(-36, 2))
    return to_int16(x)


def in_a_room(samples: Int16, rng: np.random.Generator) -> Int16:
    """Return a recording as it stands in a stream: half a second of a quiet room before it and after it.

    Clips begin with the first sound; a microphone heard the room before, and the gate's look-back hands that on.
    """
    pause = SAMPLE_RATE // 2
    quiet = 0.0 if rng.random() < 0.15 else 2.0 ** rng.uniform(-1, 6)  # int16 steps; some devices gate to digital zero
    around = np.round(rng.normal(0.0, quiet, pause * 2 + len(samples)))
    around[pause:-pause] += samples
    return to_int16(around)


def to_int16(x: Float) -> Int16:
    """Round samples in units of int16 steps, and clip what is beyond full scale, as a sound card does."""
    return np.asarray(np.clip(np.round(x), -32_768, 32_767).astype(np.int16))


def speed(x: Float, factor: float) -> Float:
    """Play faster or slower: tempo, pitch and formants move together, as from one speaker to another."""
    return np.interp(np.arange(0, len(x), factor), np.arange(len(x)), x)


def _tempo(x: Float, factor: float) -> Float:
    """Speak faster or slower in the same voice, by a phase vocoder (Flanagan and Golden 1966)."""
    from librosa.effects import time_stretch  # here, since to import librosa takes seconds

    return np.asarray(time_stretch(x, rate=factor, n_fft=_WINDOW))


def _pitch(x: Float, semitones: float) -> Float:
    """Speak higher or lower at the same tempo; formants move along with the pitch."""
    from librosa.effects import pitch_shift

    return np.asarray(pitch_shift(x, sr=SAMPLE_RATE, n_steps=semitones, n_fft=_WINDOW))


def _noise(x: Float, noise: Int16, snr: float, rng: np.random.Generator) -> Float:
    return add_noise(x, noise, snr, (x**2).mean(), rng)


def add_noise(x: Float, noise: Int16, snr: float, voice: float, rng: np.random.Generator) -> Float:
    """Mix a noise in, ``snr`` dB below a voice of the mean square ``voice``, from anywhere in its recording on."""
    start = int(rng.integers(len(noise)))
    n = np.resize(np.roll(noise, -start), len(x)).astype(np.float64)
    power = (n**2).mean()
    if power < 1.0:  # digital silence
        return x
    noisy: Float = x + n * np.sqrt(voice / power * 10.0 ** (-snr / 10))
    return noisy


def band(x: Float, low: float, high: float) -> Float:
    """A cheap microphone or a telephone: rolls off below ``low`` and above ``high``, Hz."""
    sos = butter(2, (low, high), "bandpass", fs=SAMPLE_RATE, output="sos")
    return np.asarray(sosfilt(sos, x))


def _gain(x: Float, level: float) -> Float:
    """Bring the peak to ``level``, dB of full scale; what is beyond is clipped in the end."""
    return np.asarray(x * (32_767 / max(1.0, np.abs(x).max()) * 10.0 ** (level / 20)))
