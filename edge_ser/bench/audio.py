"""The audio of a benchmark: speech as a microphone delivers it, and a quiet room.  Never digital silence alone."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from edge_ser.audio import BLOCK_SAMPLES, SAMPLE_RATE, Samples
from edge_ser.paths import demonstration
from edge_ser.sources.recording import read_samples
from edge_ser.sources.resample import Resampler

_PAUSE: Final = 0.6
"""Pause between repetitions of a recording, s: twice as long as the pause that ends an utterance."""

_NOISE: Final = 4.0
"""Standard deviation of the quiet room's noise, int16 steps: -78 dB of full scale, a cheap microphone at night."""

_BYTES_PER_SAMPLE: Final = 2


@dataclass(frozen=True)
class Sound:
    """Mono sound as a microphone delivers it.

    Attributes:
        samples: Shape ``(n,)``, int16, at the microphone's rate.
        rate: That rate, Hz.
    """

    samples: Samples
    rate: int

    @property
    def seconds(self) -> float:
        """Duration, s."""
        return len(self.samples) / self.rate

    @property
    def sha256(self) -> str:
        """Hash of the samples, little-endian."""
        return hashlib.sha256(self.samples.astype("<i2").tobytes()).hexdigest()


class SharedSound:
    """A sound in memory that other processes can read block by block; use as a context manager.

    It is neither a file on a disk nor part of a reader's memory, so it does not count towards the reader's memory use.

    Attributes:
        descriptor: File descriptor for the processes that inherit it.
    """

    def __init__(self, sound: Sound) -> None:
        self.descriptor = os.memfd_create("edge-ser-bench")
        with open(self.descriptor, "wb", closefd=False) as file:
            file.write(sound.samples.tobytes())

    def __enter__(self) -> SharedSound:
        return self

    def __exit__(self, *exc: object) -> None:
        os.close(self.descriptor)


def frames_per_block(rate: int) -> int:
    """Return how many frames a microphone delivers at a time.

    Args:
        rate: Its sample rate, Hz.
    """
    return rate * BLOCK_SAMPLES // SAMPLE_RATE


def read_block(descriptor: int, number: int, rate: int) -> bytes:
    """Read a block of a shared sound, as the bytes that a sound card delivers; empty after the end.

    Args:
        descriptor: Of the :class:`SharedSound`.
        number: Of the block, from 0.
        rate: Of the sound, Hz.
    """
    size = frames_per_block(rate) * _BYTES_PER_SAMPLE
    return os.pread(descriptor, size, number * size)


def speech(recording: Path | None, seconds: float, rate: int) -> Sound:
    """Return speech of a given duration: a recording, repeated as needed.

    Args:
        recording: The file; ``None`` is the bundled demonstration.
        seconds: Duration, s.
        rate: Rate at which the microphone delivers it, Hz.

    Raises:
        EdgeSerError: the recording cannot be read, or the rate is not supported.
    """
    samples = read_samples(demonstration() if recording is None else recording)
    return Sound(resample(repeat(samples, round(seconds * SAMPLE_RATE)), rate), rate)


def quiet_room(seconds: float, rate: int) -> Sound:
    """Return the faint noise of a room in which nobody speaks; always the same noise.

    Args:
        seconds: Duration, s.
        rate: Rate at which the microphone delivers it, Hz.
    """
    noise = np.random.default_rng(1).normal(0.0, _NOISE, round(seconds * SAMPLE_RATE))
    return Sound(resample(np.rint(noise).astype(np.int16), rate), rate)


def repeat(samples: Samples, length: int) -> Samples:
    """Repeat a recording up to a length, with a quiet room between repetitions so that utterances end.

    Args:
        samples: Shape ``(n,)``, int16, 16 kHz.
        length: Number of samples to return.
    """
    if len(samples) < length:
        samples = np.concatenate((samples, quiet_room(_PAUSE, SAMPLE_RATE).samples))
    return np.resize(samples, length)


def resample(samples: Samples, rate: int) -> Samples:
    """Convert samples from 16 kHz to another rate, Hz."""
    resampler = Resampler(SAMPLE_RATE, rate)
    pieces = [resampler.process(samples[i : i + SAMPLE_RATE]) for i in range(0, len(samples), SAMPLE_RATE)]
    return np.concatenate([*pieces, resampler.finish()])
