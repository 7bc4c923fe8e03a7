"""The speech gate: cuts a stream of samples into utterances.

It adds onset, look-back and hang-over to the WebRTC voice activity detector, which is fixed-point C, so that its
decisions are the same on every machine.  It decides on blocks of 20 ms counted from the start of the stream, so its
utterances do not depend on how the samples arrive.  The detector is cheap and misses almost no speech, but takes many
noises for speech (`training/results/gates.md` has a comparison); the model's speech output rejects those.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from edge_ser.audio import SAMPLE_RATE, Samples, no_samples
from edge_ser.settings import GateSettings

BLOCK: Final = SAMPLE_RATE // 50
"""Samples per decision: 20 ms."""

_BYTES: Final = 2
"""Bytes per sample."""


@dataclass(frozen=True)
class Part:
    """A run of samples of one utterance.

    Attributes:
        start: Position of the first sample in the stream, samples.
        samples: Shape ``(n,)``, int16 (Q15), 16 kHz; the last part of an utterance may be empty.
        begins: Whether this is the first part of an utterance.
        ends: Whether this is its last part.
    """

    start: int
    samples: Samples
    begins: bool = False
    ends: bool = False


@dataclass
class _Run:
    """A part as indices, ``begin`` to ``end``, into the samples of :meth:`SpeechGate.process`."""

    begin: int
    end: int
    begins: bool
    ends: bool = False


class Detector(Protocol):
    """The interface of ``webrtcvad.Vad``."""

    def is_speech(self, block: bytes, rate: int) -> bool:
        """Whether a block of int16 samples at a rate, Hz, is speech."""


class SpeechGate:
    """Cuts a stream into utterances; call :meth:`process` with consecutive samples, :meth:`finish` at the end.

    Args:
        settings: When the gate opens and closes; ``None`` is the defaults.
    """

    def __init__(self, settings: GateSettings | None = None) -> None:
        self.settings = settings or GateSettings()
        self._onset = _blocks(self.settings.onset)
        self._look_back = _blocks(self.settings.look_back)
        self._hang_over = _blocks(self.settings.hang_over)
        self._tail = _blocks(self.settings.tail)
        self._longest = _blocks(self.settings.longest)
        self._window = 3 * self._onset  # an onset that takes longer than this started later
        self.reset()

    def reset(self, position: int = 0) -> None:
        """Start a new stream.

        Args:
            position: Position of its first sample, samples.
        """
        import webrtcvad  # here, so that commands without audio do not load it

        self._detector: Detector = webrtcvad.Vad(self.settings.aggressiveness)
        self._waiting: Samples = no_samples()  # held blocks, then an incomplete one
        self._position = position  # of the first waiting sample
        self._held = 0  # closed: blocks of the look-back; open: blocks of a pause that may be the end
        self._close()

    @property
    def is_open(self) -> bool:
        """Whether an utterance is going on."""
        return self._open

    def process(self, samples: Samples) -> list[Part]:
        """Process the next samples.

        Args:
            samples: Shape ``(n,)``, int16 (Q15), 16 kHz, n >= 0.

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
            # Shortcuts for the two commonest cases: silence goes on, or speech does.
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
        """End the stream; an open utterance ends with the last complete block."""
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
        self._length = 0  # open: blocks returned so far

    def _keep(self, samples: Samples, blocks: int) -> None:
        """Keep a copy of the samples after the first ``blocks`` blocks."""
        self._waiting = samples[blocks * BLOCK :].copy()
        self._position += blocks * BLOCK

    def _decide(self, speech: bool, end: int, runs: list[_Run]) -> None:
        """Update the state with the detector's decision on the block that ends at ``end``."""
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
        """Release the ``count`` oldest held blocks; those left after an end may be look-back of the next utterance."""
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
    """Cut a whole recording into utterances.

    Args:
        samples: Shape ``(n,)``, int16 (Q15), 16 kHz.
        settings: When the gate opens and closes; ``None`` is the defaults.

    Returns:
        One part per utterance.
    """
    gate = SpeechGate(settings)
    parts = gate.process(samples)
    for rest in gate.finish():  # an utterance that the recording's end cuts short
        first = parts.pop()
        parts.append(Part(first.start, np.concatenate((first.samples, rest.samples)), begins=True, ends=True))
    return parts


def _blocks(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE / BLOCK)
