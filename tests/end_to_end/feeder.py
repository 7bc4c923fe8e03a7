"""Feeds raw PCM to a command faster than real time, and knows when each sample was due."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import IO

import numpy as np

RATE = 16_000
BLOCK = 1_600
PACE = 30  # seconds of sound per second

Samples = np.ndarray


class Feeder:
    """Writes sound to a pipe at a fixed pace."""

    def __init__(self, file: IO[bytes]) -> None:
        self.fed = bytearray()
        self._file = file
        self._marks: list[tuple[float, float]] = []  # position, s, and when it was due

    @property
    def position(self) -> float:
        return len(self.fed) / (2 * RATE)

    def feed(self, samples: Samples) -> None:
        self._marks.append((self.position, time.monotonic()))
        for begin in range(0, len(samples), BLOCK):
            # By the time when it was due: a command that does not read must not look as if it were in time.
            time.sleep(max(0.0, self.due(self.position) - time.monotonic()))
            block = samples[begin : begin + BLOCK].astype("<i2").tobytes()
            self._file.write(block)
            self._file.flush()
            self.fed += block

    def silence(self, seconds: int) -> None:
        self.feed(np.zeros(RATE * seconds, np.int16))

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Feed silence until a condition holds: without sound the command waits."""
        end = time.monotonic() + 30
        while not holds():
            assert time.monotonic() < end, f"never: {what}"
            self.silence(1)

    def due(self, position: float) -> float:
        """Return when a position of the stream, s, was due, monotonic."""
        begin, at = next(mark for mark in reversed(self._marks) if mark[0] <= position)
        return at + (position - begin) / PACE
