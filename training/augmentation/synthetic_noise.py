"""Synthetic noises of a home in which nobody speaks; none is a recording, so every seed gives new ones."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.signal import butter, lfilter, sosfilt

from edge_ser.audio import SAMPLE_RATE, Samples
from training.support.arrays import Waveform

_PEAK: Final = 32_767 * 10.0 ** (-3 / 20)
"""Peak of each sound, int16 steps: 3 dB below full scale; callers make it quieter."""

_SCALES: Final = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10))  # semitones: major, natural minor
_PROGRESSIONS: Final = ((0, 4, 5, 3), (0, 5, 3, 4), (0, 3, 4, 0), (5, 3, 0, 4))  # scale degrees of the chords' roots


def make(kind: str, seconds: float, rng: np.random.Generator) -> Samples:
    """Synthesize a sound.

    Args:
        kind: One of :data:`KINDS`.
        seconds: Its length, s.
        rng: Source of all randomness: the same state gives the same sound.

    Returns:
        Shape ``(seconds * 16_000,)``, int16; the peak is 3 dB below full scale.
    """
    x = _MAKERS[kind](round(seconds * SAMPLE_RATE), rng)
    return np.asarray(np.round(x * (_PEAK / max(np.abs(x).max(), 1e-9))).astype(np.int16))


def _rain(n: int, rng: np.random.Generator) -> Waveform:
    """A hiss that swells and fades, with single drops on a window pane or a metal sheet."""
    x = _hiss(n, rng, rng.uniform(200, 1_000), rng.uniform(4_000, 7_800)) * _swell(n, rng, 0.3, 0.3)
    for at in _times(n, rng.uniform(5, 80), rng):
        _add(x, at, rng.exponential(0.5) * _ring(rng.uniform(600, 5_000), rng.uniform(0.002, 0.015), rng))
    return x


def _clock(n: int, rng: np.random.Generator) -> Waveform:
    """Tick and tock: each is a click after which three small metal parts ring."""
    beat = SAMPLE_RATE / rng.choice([1.0, 2.0, 4.0, 5.0])
    parts = rng.uniform(1_200, 6_500, (2, 3))
    decays = rng.uniform(0.003, 0.02, (2, 3))
    x = 0.003 * rng.standard_normal(n)
    for count, at in enumerate(np.arange(rng.uniform(0, beat), n, beat)):
        side = count % 2
        for frequency, decay in zip(parts[side], decays[side], strict=True):
            _add(x, int(at), (1.0 - 0.3 * side) * _ring(frequency, decay, rng))
    return x


def _dog(n: int, rng: np.random.Generator) -> Waveform:
    """Barks in groups: a hoarse tone that rises and falls within 0.15 to 0.35 s, through an open muzzle."""
    x = 0.002 * rng.standard_normal(n)
    size = rng.uniform(0.6, 1.7)  # of the dog; a large one barks lower
    at = rng.uniform(0, 1)
    while at * SAMPLE_RATE < n:
        for _ in range(int(rng.integers(1, 6))):
            _add(x, int(at * SAMPLE_RATE), rng.uniform(0.6, 1) * _bark(size, rng))
            at += rng.uniform(0.3, 0.7)
        at += rng.uniform(0.5, 3)
    return x


def _bark(size: float, rng: np.random.Generator) -> Waveform:
    m = int(rng.uniform(0.15, 0.35) * SAMPLE_RATE)
    phase = np.linspace(0, 1, m)
    pitch = (rng.uniform(350, 600) + rng.uniform(100, 400) * np.sin(np.pi * phase**0.6)) / size
    pitch *= 1 + 0.04 * _hiss(m, rng, 20, 150)
    tone = _harmonics(pitch, 12, 0.8) + 0.6 * rng.standard_normal(m)
    low = rng.uniform(500, 900) / size
    return np.asarray(_band(tone, low, low * rng.uniform(2, 4)) * np.sin(np.pi * phase**0.4) ** 1.5)


def _wind(n: int, rng: np.random.Generator) -> Waveform:
    """A low rumble in gusts, and a whistle through a gap."""
    gusts = _swell(n, rng, rng.uniform(0.1, 0.5), 0.9)
    low = rng.uniform(300, 900)
    x = _hiss(n, rng, 20, rng.uniform(100, 500)) * gusts
    whistle = _hiss(n, rng, low, low * rng.uniform(1.1, 1.5)) * gusts**2
    return x + rng.uniform(0, 0.6) * whistle


def _hum(n: int, rng: np.random.Generator) -> Waveform:
    """Mains hum, and a motor or fan whose speed drifts a little."""
    mains = np.full(n, rng.choice([50.0, 60.0]))
    turning = rng.uniform(20, 250) * (1 + 0.01 * (_swell(n, rng, 0.5, 1.0) - 0.5))
    x = _harmonics(mains, 12, rng.uniform(0.8, 2)) + rng.uniform(0, 1.5) * _harmonics(turning, 20, rng.uniform(0.7, 2))
    return np.asarray(x + rng.uniform(0, 0.8) * _hiss(n, rng, 100, rng.uniform(1_000, 4_000)))


def _footsteps(n: int, rng: np.random.Generator) -> Waveform:
    """Footsteps, heel and toe, with an occasional knock on wood."""
    x = 0.002 * rng.standard_normal(n)
    pace = rng.uniform(0.4, 0.7)
    at = rng.uniform(0, 1)
    floor = rng.uniform(80, 250)
    while at * SAMPLE_RATE < n:
        if rng.random() < 0.1:
            door = rng.uniform(150, 500)
            for _ in range(int(rng.integers(2, 6))):
                _add(x, int(at * SAMPLE_RATE), _knock(door, 0.04, rng) + 0.5 * _knock(door * 2.7, 0.04, rng))
                at += rng.uniform(0.12, 0.3)
            at += rng.uniform(0.5, 2)
        _add(x, int(at * SAMPLE_RATE), rng.uniform(0.5, 1) * _knock(floor, 0.03, rng))
        toe = int((at + rng.uniform(0.06, 0.12)) * SAMPLE_RATE)
        _add(x, toe, rng.uniform(0.1, 0.4) * _knock(floor * 3, 0.02, rng))
        at += pace * rng.uniform(0.93, 1.07)
    return x


def _knock(frequency: float, decay: float, rng: np.random.Generator) -> Waveform:
    """A thump: a short ring and the noise of the impact, shape ``(3200,)``."""
    m = SAMPLE_RATE // 5
    scrape = _hiss(m, rng, frequency, min(7_000.0, frequency * 12)) * np.exp(
        -np.arange(m) / (0.3 * decay * SAMPLE_RATE)
    )
    return np.asarray(_ring(frequency, decay, rng, m) + 0.5 * scrape)


def _keyboard(n: int, rng: np.random.Generator) -> Waveform:
    """Typing: each key clicks on its way down, and more quietly on its way up; there are pauses between words."""
    x = 0.002 * rng.standard_normal(n)
    at, pause = rng.uniform(0, 1), rng.uniform(0.08, 0.22)
    while at * SAMPLE_RATE < n:
        down = int(at * SAMPLE_RATE)
        _add(x, down, rng.uniform(0.5, 1) * _click(rng))
        _add(x, down + int(rng.uniform(0.05, 0.12) * SAMPLE_RATE), rng.uniform(0.2, 0.5) * _click(rng))
        at += pause * rng.gamma(4, 0.25) + (rng.exponential(0.8) if rng.random() < 0.12 else 0)
    return x


def _click(rng: np.random.Generator) -> Waveform:
    m = SAMPLE_RATE // 20
    noise = _hiss(m, rng, rng.uniform(700, 1_500), rng.uniform(3_500, 7_000))
    return np.asarray(
        noise * np.exp(-np.arange(m) / rng.uniform(30, 120)) + 0.5 * _ring(rng.uniform(150, 400), 0.006, rng, m)
    )


def _music(n: int, rng: np.random.Generator) -> Waveform:
    """Music as from a television: melody, chords, bass and drums, or only some of these."""
    beat = 60 / rng.uniform(65, 150)
    scale = _SCALES[int(rng.integers(2))]
    chords = _PROGRESSIONS[int(rng.integers(len(_PROGRESSIONS)))]
    key = rng.uniform(45, 57)  # MIDI numbers
    lead, pad = (_Instrument(rng) for _ in range(2))
    loud = rng.uniform(0.3, 1, 4) * (rng.random(4) < (0.9, 0.8, 0.7, 0.6))
    if not loud.any():
        loud[0] = 1.0
    x, degree = np.zeros(n), 7
    for count in range(int(n / SAMPLE_RATE / beat) + 1):
        at = int(count * beat * SAMPLE_RATE)
        root = chords[count // 4 % len(chords)]
        if count % 4 == 0 and loud[1]:
            for third in (0, 2, 4):
                _add(x, at, 0.35 * loud[1] * pad.note(_frequency(key, scale, root + third), 4 * beat, rng))
        if loud[2]:
            _add(x, at, 0.6 * loud[2] * _plucked(_frequency(key - 24, scale, root), beat, rng))
        if loud[3]:
            _add(x, at, loud[3] * (_snare(rng) if count % 2 else _drum(rng)))
            _add(x, at + int(beat / 2 * SAMPLE_RATE), 0.2 * loud[3] * _hat(rng))
        for part in range(int(rng.choice([1, 1, 2, 4]))):
            degree = int(np.clip(degree + rng.integers(-3, 4), 3, 16))
            if loud[0] and rng.random() < 0.85:
                length = beat * rng.choice([0.25, 0.5, 1.0, 2.0])
                tone = lead.note(_frequency(key, scale, degree), length, rng)
                _add(x, at + int(part * beat / 4 * SAMPLE_RATE), 0.7 * loud[0] * tone)
    return _band(x, rng.uniform(60, 200), rng.uniform(4_000, 7_800))  # a small loudspeaker


class _Instrument:
    """A bowed, blown or plucked instrument: harmonics, resonance of the body, attack, vibrato."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.plucked = rng.random() < 0.35
        self.slope = rng.uniform(0.7, 2.5)
        self.body = rng.uniform(300, 2_500)
        self.attack = rng.uniform(0.01, 0.15)
        self.vibrato = rng.uniform(0, 0.015)
        self.rate = rng.uniform(4, 7)
        self.breath = rng.uniform(0, 0.05)

    def note(self, frequency: float, seconds: float, rng: np.random.Generator) -> Waveform:
        if self.plucked:
            return _plucked(frequency, seconds, rng)
        t = np.arange(int((seconds + 0.1) * SAMPLE_RATE)) / SAMPLE_RATE
        deep = np.minimum(1, t / 0.4) * self.vibrato  # which grows after the note begins
        pitch = frequency * (1 + deep * np.sin(2 * np.pi * self.rate * t + rng.uniform(0, 6)))
        x = _harmonics(pitch, 14, self.slope) + self.breath * rng.standard_normal(len(t))
        x += 0.8 * _band(x, self.body, self.body * 1.5)
        return np.asarray(x * np.minimum(1, t / self.attack) * np.clip((seconds + 0.1 - t) / 0.1, 0, 1))


def _frequency(key: float, scale: tuple[int, ...], degree: int) -> float:
    octave, step = divmod(degree, len(scale))
    return float(440 * 2 ** ((key + 12 * octave + scale[step] - 69) / 12))


def _plucked(frequency: float, seconds: float, rng: np.random.Generator) -> Waveform:
    """A plucked string: noise that circulates in a delay line (Karplus and Strong 1983)."""
    period = max(2, round(SAMPLE_RATE / frequency))
    x = np.zeros(int((seconds + 0.3) * SAMPLE_RATE))
    x[:period] = rng.uniform(-1, 1, min(period, len(x)))
    feedback = np.zeros(period + 2)
    feedback[0], feedback[period:] = 1.0, -0.498
    return np.asarray(np.asarray(lfilter([1.0], feedback, x)) * np.linspace(1, 0, len(x)) ** 0.5)


def _drum(rng: np.random.Generator) -> Waveform:
    t = np.arange(SAMPLE_RATE // 4) / SAMPLE_RATE
    low = rng.uniform(45, 60)
    return np.asarray(np.sin(2 * np.pi * (low * t - 4 * np.exp(-t / 0.03))) * np.exp(-t / 0.08))


def _snare(rng: np.random.Generator) -> Waveform:
    m = SAMPLE_RATE // 5
    return np.asarray(0.5 * _hiss(m, rng, 800, 6_000) * np.exp(-np.arange(m) / 900) + 0.5 * _ring(190, 0.04, rng, m))


def _hat(rng: np.random.Generator) -> Waveform:
    m = SAMPLE_RATE // 10
    return np.asarray(_hiss(m, rng, 5_000, 7_800) * np.exp(-np.arange(m) / 300))


def _add(x: Waveform, at: int, sound: Waveform) -> None:
    """Add a sound from a sample on; what would extend beyond the end is cut off."""
    if at < len(x):
        x[at : at + len(sound)] += sound[: len(x) - at]


def _times(n: int, rate: float, rng: np.random.Generator) -> list[int]:
    """Draw independent sample positions, on average ``rate`` per second."""
    return [int(at) for at in rng.integers(0, n, rng.poisson(rate * n / SAMPLE_RATE))]


def _ring(frequency: float, decay: float, rng: np.random.Generator, m: int = SAMPLE_RATE // 10) -> Waveform:
    """A decaying tone, which falls to 1/e in ``decay`` s; shape ``(m,)``."""
    t = np.arange(m) / SAMPLE_RATE
    return np.asarray(np.sin(2 * np.pi * frequency * t + rng.uniform(0, 2 * np.pi)) * np.exp(-t / decay))


def _harmonics(pitch: Waveform, count: int, slope: float) -> Waveform:
    """A tone with a variable pitch, Hz; harmonics fall with their number to the power of ``slope``."""
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    x = np.zeros(len(pitch))
    for number in range(1, count + 1):
        if number * pitch.max() < SAMPLE_RATE / 2:
            x += np.sin(number * phase) / number**slope
    return x


def _hiss(n: int, rng: np.random.Generator, low: float, high: float) -> Waveform:
    """Noise between two frequencies, Hz, with a mean square of 1."""
    x = _band(rng.standard_normal(n), low, high)
    return np.asarray(x / max(x.std(), 1e-9))


def _band(x: Waveform, low: float, high: float) -> Waveform:
    return np.asarray(sosfilt(butter(2, (low, min(high, 7_900.0)), "bandpass", fs=SAMPLE_RATE, output="sos"), x))


def _swell(n: int, rng: np.random.Generator, rate: float, depth: float) -> Waveform:
    """A loudness that drifts between ``1 - depth`` and 1, with ``rate`` random values per second."""
    knots = rng.uniform(1 - depth, 1, int(n / SAMPLE_RATE * rate) + 3)
    return np.interp(np.arange(n) * rate / SAMPLE_RATE, np.arange(len(knots)), knots)


_MAKERS: Final = {
    "rain": _rain,
    "clock": _clock,
    "dog": _dog,
    "wind": _wind,
    "hum": _hum,
    "footsteps": _footsteps,
    "keyboard": _keyboard,
    "music": _music,
}

KINDS: Final = tuple(_MAKERS)
"""The kinds of sound that :func:`make` synthesizes."""
