"""The recognition pipeline: blocks in, events out; it is pure but for the clock that it is given.

source -> speech gate -> fixed-point MFCC -> int8 model -> decision -> sinks.  The gate comes before the features so
that silence costs next to nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final

import numpy as np

from edge_ser.audio import SAMPLE_RATE, Block, Samples
from edge_ser.events import EmotionEvent, Event, StatusEvent, utc_now
from edge_ser.features.front_end import FrontEnd
from edge_ser.model.bundle import Bundle
from edge_ser.model.interpreter import Interpreter
from edge_ser.model.stream import ModelStream
from edge_ser.recognition.decision import Decision
from edge_ser.recognition.gate import Part, SpeechGate
from edge_ser.settings import GateSettings

_NEXT_TRY: Final = SAMPLE_RATE // 10
"""Samples between attempts at the first label of an utterance: 0.1 s."""


class Pipeline:
    """Recognizes emotions in a stream of blocks.

    Args:
        gate: Cuts the stream into utterances.
        front_end: Computes int8 features from samples.
        model: Computes logits from features.
        decision: Computes a posterior from logits.
        now: Returns the wall-clock time for events, UTC.
    """

    def __init__(
        self,
        gate: SpeechGate,
        front_end: FrontEnd,
        model: ModelStream,
        decision: Decision,
        now: Callable[[], datetime],
    ) -> None:
        self._now = now
        self._gate, self._front_end = gate, front_end
        self._model, self._decision = model, decision
        self._interval = round(decision.settings.interval * SAMPLE_RATE)
        # Before the front end returns its first frames there can be no label.
        self._first = math.ceil(front_end.parameters.first_frames_after / _NEXT_TRY) * _NEXT_TRY
        self._position = 0  # in the stream, lost samples included, samples
        self._utterances = 0
        self._start = self._received = self._next = 0
        self._pending: list[Samples] = []  # of the current utterance, not yet recognized; at most one interval
        self._published = False
        self._published_until = -math.inf  # end of the last published event, samples

    @classmethod
    def for_model(
        cls,
        bundle: Bundle,
        interpreter: Interpreter,
        gate: GateSettings | None = None,
        threads: int = 1,
        now: Callable[[], datetime] = utc_now,
    ) -> Pipeline:
        """Make the pipeline of a model.

        Args:
            bundle: The model.
            interpreter: Runs it.
            gate: When the speech gate opens and closes; ``None`` is the defaults.
            threads: Threads of the interpreter.
            now: Returns the wall-clock time for events, UTC.

        Raises:
            ModelForeign: the interpreter cannot run the model.
        """
        return cls(
            SpeechGate(gate),
            FrontEnd(bundle.front_end),
            ModelStream(bundle, interpreter, threads),
            Decision(bundle.labels, bundle.decision),
            now,
        )

    @property
    def position(self) -> float:
        """Position in the stream, s."""
        return self._position / SAMPLE_RATE

    @property
    def speech_detected(self) -> bool:
        """Whether the speech gate is open."""
        return self._gate.is_open

    def warm_up(self) -> None:
        """Run front end and model once, so that the first utterance does not pay for their setup."""
        features = self._front_end.process(np.arange(SAMPLE_RATE, dtype=np.int16))
        self._model.process(np.concatenate((features, self._front_end.finish())))
        self._front_end.reset()
        self._model.reset()

    def status(self, status: str, message: str) -> StatusEvent:
        """Make a status event at the current position of the stream.

        Args:
            status: One of :data:`edge_ser.events.STATUSES`.
            message: One line for people.
        """
        return StatusEvent(self._now(), status, message, self.position)

    def run(self, blocks: Iterable[Block]) -> Iterator[Event]:
        """Process all blocks of a stream, end it, and yield its events."""
        for block in blocks:
            yield from self.process(block)
        yield from self.finish()

    def process(self, block: Block) -> Iterator[Event]:
        """Process the next block and yield its events."""
        if block.lost:
            yield from self.finish()
            self._position += block.lost
            self._gate.reset(self._position)
            yield self.status("overflow", f"{block.lost / SAMPLE_RATE:.2f} s of audio were lost before this point")
        if block.notice:
            if block.notice.interrupts:
                yield from self.finish()
                self._gate.reset(self._position)
            yield self.status(block.notice.status, block.notice.message)
        self._position += len(block.samples)
        for part in self._gate.process(block.samples):
            yield from self._process_part(part)

    def finish(self) -> Iterator[Event]:
        """End the stream and yield the final event of an utterance that has not ended."""
        for part in self._gate.finish():
            yield from self._process_part(part)

    def _process_part(self, part: Part) -> Iterator[Event]:
        if part.begins:
            self._front_end.reset()
            self._model.reset()
            self._decision.reset((part.start - self._published_until) / SAMPLE_RATE)
            self._start = part.start
            self._next = part.start + self._first
            self._published = False
        rest = part.samples
        self._received = part.start
        while self._received + len(rest) >= self._next:
            # Cut where a provisional label is due, so that labels do not depend on how the samples arrived.
            due = self._next - self._received
            self._collect(rest[:due])
            rest = rest[due:]
            self._recognize_pending()
            if len(rest) or not part.ends:
                yield from self._label(final=False)
            self._next += self._interval if self._published else _NEXT_TRY
        self._collect(rest)
        if part.ends:
            self._recognize_pending()
            self._decision.add(self._model.process(self._front_end.finish()))
            self._decision.add(self._model.finish())
            yield from self._label(final=True)

    def _collect(self, samples: Samples) -> None:
        self._received += len(samples)
        self._pending.append(samples)

    def _recognize_pending(self) -> None:
        """Recognize all pending samples at once: in small pieces it would cost several times as much."""
        samples = np.concatenate(self._pending)
        self._pending.clear()
        self._decision.add(self._model.process(self._front_end.process(samples)))

    def _label(self, final: bool) -> Iterator[EmotionEvent]:
        posterior = self._decision.posterior()
        if posterior is None:
            return
        if not self._published:
            self._published = True
            self._utterances += 1
        self._published_until = self._received
        yield EmotionEvent(
            time=self._now(),
            utterance=self._utterances,
            final=final,
            start=self._start / SAMPLE_RATE,
            end=self._received / SAMPLE_RATE,
            label=posterior.label,
            confidence=posterior.confidence,
            probabilities=posterior.probabilities,
        )
