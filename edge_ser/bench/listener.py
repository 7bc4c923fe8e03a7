"""The loop of `edge-ser listen`, one block at a time: what a sound card delivers goes in, JSON Lines come out.

It runs the same loop and the same microphone handling as the command; only the sound card is replaced.
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


class MemoryMicrophone:
    """Stands in for a microphone: yields the frames that it is given.

    Attributes:
        frames: What it yields next; ``None`` once it has.
        arrived: When it yielded the last block, on the performance counter, ns.
    """

    name = "memory"

    def __init__(self, resample: Callable[[bytes], Samples]) -> None:
        self.frames: bytes | None = None
        self.arrived = 0
        self._resample = resample

    def blocks(self) -> Iterator[Block]:
        """Yield the frames, resampled as a microphone's are."""
        while True:
            frames, self.frames = self.frames, None
            self.arrived = perf_counter_ns()
            yield Block(no_samples() if frames is None else self._resample(frames))

    def __enter__(self) -> MemoryMicrophone:
        return self

    def __exit__(self, *exc: object) -> None:
        pass


class SteppedListener:
    """Runs the loop of `edge-ser listen` one block at a time and publishes its events to a sink.

    Args:
        pipeline: Turns samples into events.
        rate: Rate of the microphone, Hz.
        sink: Where events go.
        watch: Stopwatch for the stages; ``None`` for no stopwatch.
    """

    def __init__(self, pipeline: Pipeline, rate: int, sink: Sink, watch: Stopwatch | None = None) -> None:
        self._resampler = Resampler(rate)
        self._pipeline = pipeline
        self._microphone = MemoryMicrophone(
            self._resample if watch is None else watch.timed("resample", self._resample)
        )
        # As for a microphone that is not muted: the mute file is checked, but does not exist.
        unmuted = PrivacySettings(mute_file=str(effective_mute_file().with_name("bench-is-never-muted")))
        switch = MuteSwitch(unmuted, local_now)
        blocks = PersistentMicrophone(lambda: self._microphone, switch.reason).blocks()
        self._next: Callable[[], Turn] = turns(blocks, pipeline).__next__
        self._publish, self._tick = sink.publish, sink.tick
        if watch is not None:
            self._next = watch.timed("health", self._next)
            self._publish = watch.timed("publish", sink.publish)
        self._pipeline.warm_up()
        self._send(self._next()[0])  # the status `listening`
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
        """Make a listener with its own pipeline."""
        if watch is None:
            return cls(Pipeline.for_model(bundle, interpreter, threads=threads), rate, sink)
        return cls(timed_pipeline(bundle, interpreter, threads, watch), rate, sink, watch)

    @property
    def arrived(self) -> int:
        """When the last block arrived, on the performance counter, ns."""
        return self._microphone.arrived

    def hear(self, frames: bytes) -> None:
        """Take a block of mono int16 samples at the microphone's rate, as its sound card delivers it.

        What `listen` does after a block, the check of the microphone's health, happens when the next block arrives.
        """
        microphone = self._microphone
        microphone.frames = frames
        while microphone.frames is not None:
            self._send(self._next()[0])
            self._tick()

    def finish(self) -> None:
        """End the stream: an open utterance becomes final."""
        self._send(self._pipeline.process(Block(self._resampler.finish())))
        self._send(self._pipeline.finish())

    def _resample(self, frames: bytes) -> Samples:
        return self._resampler.process(mix_to_mono(np.frombuffer(frames, np.int16).reshape(-1, 1)))

    def _send(self, events: Iterable[Event]) -> None:
        for event in events:
            self._publish(event)
