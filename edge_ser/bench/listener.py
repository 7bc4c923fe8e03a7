"""One listener, as `edge-ser listen` is one: what a sound card delivers goes in, lines of JSON come out.

It joins the very parts that `listen` joins for a microphone, with a tape in place of the sound card: the resampler, the
check that the microphone is well and nobody muted it, the pipeline, the sink.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from time import perf_counter_ns

import numpy as np

from edge_ser import privacy
from edge_ser.bench.stopwatch import Stopwatch, with_stopwatch
from edge_ser.events import Event, utc_now
from edge_ser.model.bundle import Bundle
from edge_ser.model.interpreter import Backend
from edge_ser.pipeline import Pipeline, Stages
from edge_ser.settings import PrivacySettings
from edge_ser.sinks import Sink
from edge_ser.sources import NOTHING, Block, Samples
from edge_ser.sources.persistent import PersistentMicrophone
from edge_ser.sources.resample import Resampler, mix_to_mono


class SoundCard:
    """Stands in for a microphone: hands on what was put in it.

    Attributes:
        frames: What is to be handed on next; ``None`` once it has been.
        arrived: When the last was handed on, on the performance counter, ns.
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
            yield Block(NOTHING if frames is None else self._resample(frames))

    def __enter__(self) -> SoundCard:
        return self

    def __exit__(self, *exc: object) -> None:
        pass


class Listener:
    """Hears a microphone's blocks; whatever it says goes to a sink.

    Args:
        stages: What samples go through.
        rate: The microphone's, Hz.
        sink: Where events go.
        watch: Stopwatch for the stages; ``None`` leaves them alone.
    """

    def __init__(self, stages: Stages, rate: int, sink: Sink, watch: Stopwatch | None = None) -> None:
        self._resampler = Resampler(rate)
        self._pipeline = Pipeline(stages if watch is None else with_stopwatch(stages, watch), utc_now)
        self._card = SoundCard(self._resample if watch is None else watch.timed("resample", self._resample))
        # As for a microphone that nobody mutes: whether somebody does is looked up, in a file that is not there.
        unmuted = PrivacySettings(mute_file=str(privacy.heeded().with_name("bench-is-never-muted")))
        hush = privacy.Hush(unmuted, privacy.local_now)
        blocks = PersistentMicrophone(lambda: self._card, hush.reason).blocks()
        self._next: Callable[[], Block] = blocks.__next__
        self._publish, self._tick = sink.publish, sink.tick
        if watch is not None:
            self._next = watch.timed("health", self._next)
            self._publish = watch.timed("publish", sink.publish)
        self._pipeline.warm_up()
        self._send(self._pipeline.process(self._next()))  # that it listens
        if watch is not None:
            watch.read()

    @classmethod
    def of(
        cls, bundle: Bundle, backend: Backend, threads: int, rate: int, sink: Sink, watch: Stopwatch | None = None
    ) -> Listener:
        """Make one with stages of its own."""
        return cls(Stages.of(bundle, backend, threads=threads), rate, sink, watch)

    @property
    def arrived(self) -> int:
        """When the last block came, on the performance counter, ns."""
        return self._card.arrived

    def hear(self, frames: bytes) -> None:
        """Take a block of mono int16 samples at the microphone's rate, as its sound card delivers it.

        What `listen` does when a block is done, to see whether the microphone is well, is done when the next one comes.
        """
        card = self._card
        card.frames = frames
        while card.frames is not None:
            self._send(self._pipeline.process(self._next()))
            self._tick()

    def finish(self) -> None:
        """End the stream: an utterance that is still going on becomes final."""
        self._send(self._pipeline.process(Block(self._resampler.finish())))
        self._send(self._pipeline.finish())

    def _resample(self, frames: bytes) -> Samples:
        return self._resampler.process(mix_to_mono(np.frombuffer(frames, np.int16).reshape(-1, 1)))

    def _send(self, events: Iterable[Event]) -> None:
        for event in events:
            self._publish(event)
