"""The speech gate: cuts a stream of samples into utterances.

It wraps the WebRTC voice activity detector (fixed-point C, so its decisions are the same on every machine) with onset,
look-back and hang-over.  It decides on blocks of 20 ms counted from the start of the stream, so its utterances do not
depend on how the samples arrive.  The detector is cheap and misses almost no speech, but takes many noises for speech
(`training/results/gates.md` has the comparison); the model's speech output rejects those.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from edge_ser.settings import SAMPLE_RATE, GateSettings
from edge_ser.sources import Samples

BLOCK: Final = SAMPLE_RATE // 50
"""Samples a decision: 20 ms."""


@dataclass(frozen=True)
class Part:
    """A run of samples of one utterance.

    Attributes:
        start: Position of the first sample in the stream.
        samples: Shape ``(n,)``, int16; may be empty in the part that ends an utterance.
        begins: This is the first part of an utterance.
        ends: This is its last part.
    """

    start: int
    samples: Samples
    begins: bool = False
    ends: bool = False


class Detector(Protocol):
    """Tells whether a block is speech; what ``webrtcvad.Vad`` offers."""

    def is_speech(self, block: bytes, rate: int) -> bool:
        """Decide on one block of int16 samples."""


class SpeechGate:
    """Cuts a stream into utterances; call :meth:`process` with consecutive samples, :meth:`finish` at the end."""

    def __init__(self, settings: GateSettings | None = None) -> None:
        self.settings = settings or GateSettings()
        self._onset = _blocks(self.settings.onset)
        self._look_back = _blocks(self.settings.look_back)
        self._hang_over = _blocks(self.settings.hang_over)
        self._tail = _blocks(self.settings.tail)
        self._longest = _blocks(self.settings.longest)
        self._window = 3 * self._onset  # speech that takes longer than this to add up began later
        self.reset()

    def reset(self, position: int = 0) -> None:
        """Begin a new stream whose first sample stands at ``position``."""
        import webrtcvad  # here, so that commands without audio do not pay for it

        self._detector: Detector = webrtcvad.Vad(self.settings.aggressiveness)
        self._rest: Samples = np.empty(0, np.int16)
        self._position = position
        self._close()

    @property
    def is_open(self) -> bool:
        """Whether an utterance is going on."""
        return self._open

    def process(self, samples: Samples) -> list[Part]:
        """Take the next samples.

        Args:
            samples: Shape ``(n,)``, int16, 16 kHz.

        Returns:
            Parts of utterances in order; empty while nobody speaks.
        """
        if self._rest.size:
            samples = np.concatenate((self._rest, samples))
        whole = len(samples) // BLOCK * BLOCK
        self._rest = samples[whole:].copy()
        parts: list[Part] = []
        for begin in range(0, whole, BLOCK):
            self._decide(samples[begin : begin + BLOCK], parts)
        return parts

    def finish(self) -> list[Part]:
        """End the stream: an open utterance ends with the last whole block that came."""
        parts: list[Part] = []
        if self._open:
            self._release(len(self._held), parts, ends=True)
        return parts

    def _close(self) -> None:
        self._open = False
        self._net = 0  # closed: speech blocks minus noise blocks, never below 0
        self._since = 0  # closed: blocks since the net was last 0
        self._length = 0  # open: blocks handed on
        self._held: deque[Samples] = deque()  # closed: the look-back; open: a pause that may turn out to be the end

    def _decide(self, block: Samples, parts: list[Part]) -> None:
        speech = self._detector.is_speech(block.tobytes(), SAMPLE_RATE)
        self._position += BLOCK
        self._held.append(block)
        if not self._open:
            self._net = self._net + 1 if speech else max(0, self._net - 1)
            self._since = min(self._since + 1, self._window) if self._net else 0
            while len(self._held) > self._look_back + self._since:
                self._held.popleft()
            if self._net >= self._onset:
                self._release(len(self._held), parts, begins=True)
        elif speech or self._length + len(self._held) >= self._longest:
            self._release(len(self._held), parts, ends=self._length + len(self._held) >= self._longest)
        elif len(self._held) >= self._hang_over:
            self._release(self._tail, parts, ends=True)

    def _release(self, count: int, parts: list[Part], begins: bool = False, ends: bool = False) -> None:
        """Hand on the oldest held blocks; what is left after an end can be look-back of the next utterance."""
        start = self._position - len(self._held) * BLOCK
        blocks = [self._held.popleft() for _ in range(count)]
        if parts and not parts[-1].ends:  # the same utterance, earlier in this call
            before = parts.pop()
            blocks.insert(0, before.samples)
            start, begins = before.start, before.begins
        samples = np.concatenate(blocks) if blocks else np.empty(0, np.int16)
        parts.append(Part(start, samples, begins, ends))
        self._open = True
        self._length += count
        if ends:
            left = self._held
            self._close()
            self._held = left


def cut(samples: Samples, settings: GateSettings | None = None) -> list[Part]:
    """Cut a whole recording into utterances, each as one part."""
    gate = SpeechGate(settings)
    parts = gate.process(samples)
    for rest in gate.finish():  # of an utterance that the recording's end cuts short
        begun = parts.pop()
        parts.append(Part(begun.start, np.concatenate((begun.samples, rest.samples)), begins=True, ends=True))
    return parts


def _blocks(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE / BLOCK)
