"""Changes of a recorded voice: speed, tempo, pitch, reverberation, noise, microphone response, gain.

All randomness comes from one seed, from which each change derives its own generator.  So the same seed gives the same
training set, and switching one change off does not affect the others, which makes ablations comparable.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.signal import butter, fftconvolve, sosfilt

from edge_ser.audio import SAMPLE_RATE, Samples
from training.settings import AugmentSettings
from training.support.arrays import ImpulseResponses, Waveform

_CHANGES: Final = ("speed", "tempo", "pitch", "room", "noise", "band", "gain")
"""In the order in which they are applied; the index is also part of each change's seed."""

_WINDOW: Final = 1024  # samples of the phase vocoder: 64 ms, three periods of a low voice


def augment(
    samples: Samples,
    settings: AugmentSettings,
    noise: Samples | None,
    responses: ImpulseResponses,
    rng: np.random.Generator,
) -> Samples:
    """Return an augmented copy of a recording.

    Args:
        samples: Shape ``(n,)``, int16, 16 kHz.
        settings: The probability of each change.
        noise: A recording to mix in, shape ``(k,)``, int16, or ``None``; it must come from the training part of the
            split.
        responses: Impulse responses; for training, those of :data:`training.augmentation.reverb.TRAINING_SEED`.
        rng: Source of all randomness; exactly one number is drawn from it, whatever the settings are.

    Returns:
        Shape ``(m,)``, int16: a faster voice is shorter, a reverberant one longer.
    """
    seed = int(rng.integers(2**63))
    x = samples.astype(np.float64)  # in int16 steps
    for index, change in enumerate(_CHANGES):
        own = np.random.default_rng([seed, index])
        if own.random() >= getattr(settings, change):
            continue
        if change == "speed":
            x = speed(x, own.uniform(0.87, 1.15))
        elif change == "tempo":
            x = _tempo(x, own.uniform(0.8, 1.25))
        elif change == "pitch":
            x = _pitch(x, own.uniform(-2.5, 2.5))
        elif change == "room":
            x = fftconvolve(x, responses[int(own.integers(len(responses)))])
        elif change == "noise" and noise is not None:
            x = _noise(x, noise, own.uniform(3, 30), own)
        elif change == "band":
            x = band(x, own.uniform(50, 300), own.uniform(3_000, 7_000))
        elif change == "gain":
            x = _gain(x, own.uniform(-36, 2))
    return to_int16(x)


def pad_with_room_noise(samples: Samples, rng: np.random.Generator) -> Samples:
    """Return a recording as part of a stream: on faint room noise, with half a second of it before and after.

    Clips begin with the first sound, but a microphone also records the room before it, and the gate's look-back passes
    that on.

    Args:
        samples: Shape ``(n,)``, int16, 16 kHz.
        rng: Source of the level and of the noise.

    Returns:
        Shape ``(n + 16_000,)``, int16.
    """
    padding = SAMPLE_RATE // 2
    level = 0.0 if rng.random() < 0.15 else 2.0 ** rng.uniform(-1, 6)  # int16 steps; some devices mute to digital zero
    padded = np.round(rng.normal(0.0, level, padding * 2 + len(samples)))
    padded[padding:-padding] += samples
    return to_int16(padded)


def to_int16(x: Waveform) -> Samples:
    """Round a waveform to int16, and clip it at full scale, as a sound card does."""
    return np.asarray(np.clip(np.round(x), -32_768, 32_767).astype(np.int16))


def speed(x: Waveform, factor: float) -> Waveform:
    """Play faster or slower: tempo, pitch and formants change together, as from one speaker to another."""
    return np.interp(np.arange(0, len(x), factor), np.arange(len(x)), x)


def _tempo(x: Waveform, factor: float) -> Waveform:
    """Change the tempo of the same voice with a phase vocoder (Flanagan and Golden 1966)."""
    from librosa.effects import time_stretch  # here, because importing librosa takes seconds

    return np.asarray(time_stretch(x, rate=factor, n_fft=_WINDOW))


def _pitch(x: Waveform, semitones: float) -> Waveform:
    """Change the pitch at the same tempo; the formants move along with it."""
    from librosa.effects import pitch_shift

    return np.asarray(pitch_shift(x, sr=SAMPLE_RATE, n_steps=semitones, n_fft=_WINDOW))


def _noise(x: Waveform, noise: Samples, snr: float, rng: np.random.Generator) -> Waveform:
    return add_noise(x, noise, snr, (x**2).mean(), rng)


def add_noise(x: Waveform, noise: Samples, snr: float, voice: float, rng: np.random.Generator) -> Waveform:
    """Mix in a noise.

    Args:
        x: The voice.
        noise: The noise, shape ``(k,)``, int16, repeated as needed; it starts at a random sample.
        snr: Level of the voice over the noise, dB.
        voice: Mean square of the voice, squared int16 steps.
        rng: Source of the start.
    """
    start = int(rng.integers(len(noise)))
    n = np.resize(np.roll(noise, -start), len(x)).astype(np.float64)
    power = (n**2).mean()
    if power < 1.0:  # digital silence
        return x
    noisy: Waveform = x + n * np.sqrt(voice / power * 10.0 ** (-snr / 10))
    return noisy


def band(x: Waveform, low: float, high: float) -> Waveform:
    """Roll off below ``low`` and above ``high``, Hz, as a cheap microphone or a telephone does."""
    sos = butter(2, (low, high), "bandpass", fs=SAMPLE_RATE, output="sos")
    return np.asarray(sosfilt(sos, x))


def _gain(x: Waveform, level: float) -> Waveform:
    """Scale the peak to ``level``, dB of full scale; :func:`to_int16` clips what exceeds it."""
    return np.asarray(x * (32_767 / max(1.0, np.abs(x).max()) * 10.0 ** (level / 20)))
