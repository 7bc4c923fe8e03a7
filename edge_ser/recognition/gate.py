"""The speech gate: cuts a stream of samples into utterances.

It wraps the WebRTC voice activity detector (fixed-point C, so its decisions are the same on every machine) with onset,
look-back and hang-over.  It decides on blocks of 20 ms counted from the start of the stream, so its utterances do not
depend on how the samples arrive.  The detector is cheap and misses almost no speech, but takes many noises for speech
(`training/results/gates.md` has the comparison); the model's speech output rejects those.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from edge_ser.audio import SAMPLE_RATE, Samples, no_samples
from edge_ser.settings import GateSettings

BLOCK: Final = SAMPLE_RATE // 50
"""Samples a decision: 20 ms."""

_BYTES: Final = 2
"""Bytes a sample."""


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


@dataclass
class _Run:
    """A part whose samples are not yet taken out: where it begins and ends in what :meth:`SpeechGate.process` got."""

    begin: int
    end: int
    begins: bool
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
        self._waiting: Samples = no_samples()  # blocks that are held, then less than a block
        self._position = position  # of the first of them
        self._held = 0  # closed: blocks of the look-back; open: of a pause that may turn out to be the end
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
        if self._waiting.size:
            samples = np.concatenate((self._waiting, samples))
        data, is_speech = samples.tobytes(), self._detector.is_speech
        runs: list[_Run] = []
        for begin in range(self._held * BLOCK, len(samples) - BLOCK + 1, BLOCK):
            end = begin + BLOCK
            speech = is_speech(data[_BYTES * begin : _BYTES * end], SAMPLE_RATE)
            # Two short ways for what blocks mostly are: nobody speaks, or somebody goes on speaking.
            if not (speech or self._open or self._net):
                self._held = min(self._held + 1, self._look_back)
            elif speech and self._open and runs and not self._held and self._length + 1 < self._longest:
                runs[-1].end = end
                self._length += 1
            else:
                self._decide(speech, end, runs)
        parts = [Part(self._position + r.begin, samples[r.begin : r.end], r.begins, r.ends) for r in runs]
        self._keep(samples, len(samples) // BLOCK - self._held)
        return parts

    def finish(self) -> list[Part]:
        """End the stream: an open utterance ends with the last whole block that came."""
        if not self._open:
            return []
        part = Part(self._position, self._waiting[: self._held * BLOCK], ends=True)
        self._keep(self._waiting, self._held)
        self._held = 0
        self._close()
        return [part]

    def _close(self) -> None:
        self._open = False
        self._net = 0  # closed: speech blocks minus noise blocks, never below 0
        self._since = 0  # closed: blocks since the net was last 0
        self._length = 0  # open: blocks handed on

    def _keep(self, samples: Samples, blocks: int) -> None:
        """Keep what is left behind so many blocks, in memory of its own."""
        self._waiting = samples[blocks * BLOCK :].copy()
        self._position += blocks * BLOCK

    def _decide(self, speech: bool, end: int, runs: list[_Run]) -> None:
        """Follow what the detector said of the block that ends at ``end``."""
        self._held += 1
        if not self._open:
            self._net = self._net + 1 if speech else max(0, self._net - 1)
            self._since = min(self._since + 1, self._window) if self._net else 0
            self._held = min(self._held, self._look_back + self._since)
            if self._net >= self._onset:
                self._release(self._held, end, runs, begins=True)
        elif speech or self._length + self._held >= self._longest:
            self._release(self._held, end, runs, ends=self._length + self._held >= self._longest)
        elif self._held >= self._hang_over:
            self._release(self._tail, end, runs, ends=True)

    def _release(self, count: int, end: int, runs: list[_Run], begins: bool = False, ends: bool = False) -> None:
        """Hand on the oldest held blocks; what is left after an end can be look-back of the next utterance."""
        begin = end - self._held * BLOCK
        if begins or not runs:
            runs.append(_Run(begin, begin, begins))
        runs[-1].end = begin + count * BLOCK
        runs[-1].ends = ends
        self._held -= count
        self._open = True
        self._length += count
        if ends:
            self._close()


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
