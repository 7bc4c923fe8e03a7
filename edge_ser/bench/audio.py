"""What is heard: speech as a microphone delivers it, and a quiet room.  Never silence alone."""

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
"""Between a recording's end and its next beginning, s: twice what ends an utterance."""

_NOISE: Final = 4.0
"""Deviation of the quiet room's noise, int16 steps: -78 dB of full scale, what a cheap microphone hears at night."""

_BYTES_A_SAMPLE: Final = 2


@dataclass(frozen=True)
class Sound:
    """Mono sound as a microphone hands it on.

    Attributes:
        samples: Shape ``(n,)``, int16, at the microphone's rate.
        rate: That rate, Hz.
    """

    samples: Samples
    rate: int

    @property
    def seconds(self) -> float:
        """How long it is, s."""
        return len(self.samples) / self.rate

    @property
    def sha256(self) -> str:
        """Hash of the samples, little-endian."""
        return hashlib.sha256(self.samples.astype("<i2").tobytes()).hexdigest()


class Tape:
    """A sound in memory that other processes can read, block by block; use as a context manager.

    It is no file on a disk and takes no part of a reader's memory, so that it does not count as the reader's.

    Attributes:
        descriptor: For those that inherit it.
    """

    def __init__(self, sound: Sound) -> None:
        self.descriptor = os.memfd_create("edge-ser-bench")
        with open(self.descriptor, "wb", closefd=False) as file:
            file.write(sound.samples.tobytes())

    def __enter__(self) -> Tape:
        return self

    def __exit__(self, *exc: object) -> None:
        os.close(self.descriptor)


def frames_a_block(rate: int) -> int:
    """Return how many frames a microphone hands on at a time."""
    return rate * BLOCK_SAMPLES // SAMPLE_RATE


def block_of(descriptor: int, number: int, rate: int) -> bytes:
    """Read a block of a tape, as the bytes that a sound card delivers; empty behind its end."""
    size = frames_a_block(rate) * _BYTES_A_SAMPLE
    return os.pread(descriptor, size, number * size)


def speech(recording: Path | None, seconds: float, rate: int) -> Sound:
    """Return speech of a length, the recording again and again.

    Args:
        recording: The file; ``None`` is the demonstration that the package ships.
        seconds: How much, s.
        rate: At which the microphone delivers it, Hz.

    Raises:
        EdgeSerError: the recording cannot be read, or the rate not be converted.
    """
    samples = read_samples(demonstration() if recording is None else recording)
    return Sound(at_rate(lay(samples, round(seconds * SAMPLE_RATE)), rate), rate)


def quiet_room(seconds: float, rate: int) -> Sound:
    """Return the faint noise of a room in which nobody speaks; the same each time."""
    noise = np.random.default_rng(1).normal(0.0, _NOISE, round(seconds * SAMPLE_RATE))
    return Sound(at_rate(np.rint(noise).astype(np.int16), rate), rate)


def lay(samples: Samples, length: int) -> Samples:
    """Repeat a recording up to a length, with a pause of a quiet room between, so that utterances end."""
    if len(samples) < length:
        samples = np.concatenate((samples, quiet_room(_PAUSE, SAMPLE_RATE).samples))
    return np.resize(samples, length)


def at_rate(samples: Samples, rate: int) -> Samples:
    """Convert samples at 16 kHz to another rate."""
    resampler = Resampler(SAMPLE_RATE, rate)
    pieces = [resampler.process(samples[i : i + SAMPLE_RATE]) for i in range(0, len(samples), SAMPLE_RATE)]
    return np.concatenate([*pieces, resampler.finish()])
