"""Made-up voices: sounds that the speech gate takes for speech, all of them different."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

RATE = 16_000


def babble(seed: str, seconds: float = 1.2) -> npt.NDArray[np.int16]:
    """Return random syllables: a buzz through resonances that change five times per second."""
    rng = np.random.default_rng(zlib.crc32(seed.encode()))
    t = np.arange(int(seconds * RATE)) / RATE
    knots = np.arange(0, seconds + 0.2, 0.2)
    pitch = np.interp(t, knots, rng.uniform(90, 250, len(knots)))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    formants = [np.interp(t, knots, rng.uniform(low, high, len(knots))) for low, high in ((250, 900), (900, 2_500))]
    x = np.zeros(len(t))
    for harmonic in range(1, 20):
        frequency = harmonic * pitch
        x += np.sin(harmonic * phase) * sum(np.exp(-(((frequency - formant) / 150) ** 2)) for formant in formants)
    x *= np.interp(t, knots, rng.uniform(0.05, 1, len(knots)))
    return np.asarray(x / np.abs(x).max() * 12_000, np.int16)


def record(path: Path, seed: str | None = None, seconds: float = 1.2) -> Path:
    """Write a voice that depends on the path, or on ``seed``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, babble("/".join(path.parts[-3:]) if seed is None else seed, seconds), RATE)
    return path


def corpus(folder: Path, speakers: int = 6, labels: Sequence[str] = ("angry", "sad"), takes: int = 1) -> Path:
    """Write a folder for each class: ``angry/s0_0.wav`` is the first take of a speaker."""
    for label in labels:
        for speaker in range(speakers):
            for take in range(takes):
                record(folder / label / f"s{speaker}_{take}.wav")
    return folder


class Inline:
    """Replaces :func:`training.support.workers.pool`: works in this process, and records the tasks."""

    def __init__(self) -> None:
        self.done: list[Any] = []

    @contextmanager
    def pool(self, jobs: int, told: object = None) -> Iterator[Inline]:
        yield self

    def map(self, function: Callable[..., Any], *columns: Iterable[Any], chunksize: int = 1) -> Iterator[Any]:
        for row in zip(*columns, strict=True):
            self.done.append((function, *row))
            yield function(*row)
