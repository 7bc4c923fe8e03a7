"""The loop of `edge-ser listen`, a block at a time: what a sound card delivers goes in, lines of JSON come out.

It is the very loop and the very microphone handling of the command; only the sound card is a tape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from time import perf_counter_ns

import numpy as np

from edge_ser.audio import Block, Samples, no_samples
from edge_ser.bench.stopwatch import Stopwatch, timed_pipeline
from edge_ser.events import Event
from edge_ser.listening.loop import Turn, turns
from edge_ser.model.bundle import Bundle
from edge_ser.model.interpreter import Interpreter
from edge_ser.mute import MuteSwitch, local_now
from edge_ser.paths import effective_mute_file
from edge_ser.recognition.pipeline import Pipeline
from edge_ser.settings import PrivacySettings
from edge_ser.sinks import Sink
from edge_ser.sources.persistent import PersistentMicrophone
from edge_ser.sources.resample import Resampler, mix_to_mono


class TapeMicrophone:
    """Stands in for a microphone: yields what was put into it.

    Attributes:
        frames: What is to be yielded next; ``None`` once it has been.
        arrived: When the last was yielded, on the performance counter, ns.
    """

    name = "tape"

    def __init__(self, resample: Callable[[bytes], Samples]) -> None:
        self.frames: bytes | None = None
        self.arrived = 0
        self._resample = resample

    def blocks(self) -> Iterator[Block]:
        """Yield what was put in, resampled as a microphone's is."""
        while True:
            frames, self.frames = self.frames, None
            self.arrived = perf_counter_ns()
            yield Block(no_samples() if frames is None else self._resample(frames))

    def __enter__(self) -> TapeMicrophone:
        return self

    def __exit__(self, *exc: object) -> None:
        pass


class SteppedListener:
    """Runs the loop a block at a time; its events go to a sink.

    Args:
        pipeline: What samples go through.
        rate: The microphone's, Hz.
        sink: Where events go.
        watch: Stopwatch for the stages; ``None`` leaves them alone.
    """

    def __init__(self, pipeline: Pipeline, rate: int, sink: Sink, watch: Stopwatch | None = None) -> None:
        self._resampler = Resampler(rate)
        self._pipeline = pipeline
        self._tape = TapeMicrophone(self._resample if watch is None else watch.timed("resample", self._resample))
        # As for a microphone that nobody mutes: whether somebody does is looked up, in a file that does not exist.
        unmuted = PrivacySettings(mute_file=str(effective_mute_file().with_name("bench-is-never-muted")))
        switch = MuteSwitch(unmuted, local_now)
        blocks = PersistentMicrophone(lambda: self._tape, switch.reason).blocks()
        self._next: Callable[[], Turn] = turns(blocks, pipeline).__next__
        self._publish, self._tick = sink.publish, sink.tick
        if watch is not None:
            self._next = watch.timed("health", self._next)
            self._publish = watch.timed("publish", sink.publish)
        self._pipeline.warm_up()
        self._send(self._next().events)  # that it listens
        if watch is not None:
            watch.read()

    @classmethod
    def for_model(
        cls,
        bundle: Bundle,
        interpreter: Interpreter,
        threads: int,
        rate: int,
        sink: Sink,
        watch: Stopwatch | None = None,
    ) -> SteppedListener:
        """Make one with a pipeline of its own."""
        if watch is None:
            return cls(Pipeline.for_model(bundle, interpreter, threads=threads), rate, sink)
        return cls(timed_pipeline(bundle, interpreter, threads, watch), rate, sink, watch)

    @property
    def arrived(self) -> int:
        """When the last block came, on the performance counter, ns."""
        return self._tape.arrived

    def hear(self, frames: bytes) -> None:
        """Take a block of mono int16 samples at the microphone's rate, as its sound card delivers it.

        What `listen` does after a block, to see whether the microphone is healthy, is done when the next one comes.
        """
        tape = self._tape
        tape.frames = frames
        while tape.frames is not None:
            self._send(self._next().events)
            self._tick()

    def finish(self) -> None:
        """End the stream: an utterance that has not ended becomes final."""
        self._send(self._pipeline.process(Block(self._resampler.finish())))
        self._send(self._pipeline.finish())

    def _resample(self, frames: bytes) -> Samples:
        return self._resampler.process(mix_to_mono(np.frombuffer(frames, np.int16).reshape(-1, 1)))

    def _send(self, events: Iterable[Event]) -> None:
        for event in events:
            self._publish(event)
