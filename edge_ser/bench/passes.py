"""One pass of a listener over shared audio, as fast as it goes, with the time of every block."""

from __future__ import annotations

import resource
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from edge_ser.audio import BLOCK_SAMPLES, SAMPLE_RATE
from edge_ser.bench.audio import read_block
from edge_ser.bench.listener import SteppedListener
from edge_ser.bench.stopwatch import Stopwatch
from edge_ser.events import EmotionEvent, Event
from edge_ser.sinks.json_lines import JsonLinesSink

PERIOD: Final = BLOCK_SAMPLES * 1_000_000_000 // SAMPLE_RATE
"""Time from one block of a microphone to the next, ns."""


class CountingSink(JsonLinesSink):
    """The sink of `listen --format json`, which also counts labels and keeps the final ones.

    Attributes:
        count: Number of labels so far, provisional and final.
        last: When the last label was written, on the performance counter, ns.
        finals: The final labels, in order.
    """

    def __init__(self) -> None:
        self.count = 0
        self.last = 0
        self.finals: list[EmotionEvent] = []

    def publish(self, event: Event) -> None:
        """Write one line."""
        super().publish(event)
        if isinstance(event, EmotionEvent):
            self.last = time.perf_counter_ns()
            self.count += 1
            if event.final:
                self.finals.append(event)


@dataclass
class Pass:
    """Times of one pass over the audio.

    Attributes:
        blocks: Elapsed time of each block, ns.
        labels: Time from a block's arrival to its last event, for the blocks that lead to one, ns.
        processor: CPU time of each block, ns.
        first: Time of each stage in the first block that leads to an event, ns; needs a stopwatch.
        stages: Times of each stage in the blocks in which it ran, ns; needs a stopwatch.
        page_faults: Page faults during the pass.
        context_switches: Involuntary context switches during the pass.
    """

    blocks: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    processor: list[int] = field(default_factory=list)
    first: dict[str, int] = field(default_factory=dict)
    stages: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    page_faults: int = 0
    context_switches: int = 0


def blocks_of(sound: int, rate: int) -> Iterator[bytes]:
    """Yield the blocks of a shared sound.

    Args:
        sound: Its descriptor.
        rate: Its rate, Hz.
    """
    for number in count():
        frames = read_block(sound, number, rate)
        if not frames:
            return
        yield frames


def hear(listener: SteppedListener, sink: CountingSink, sound: int, rate: int, watch: Stopwatch | None = None) -> Pass:
    """Hear a shared sound from beginning to end, as fast as possible.

    Args:
        listener: A new listener.
        sink: The sink of that listener.
        sound: Descriptor of the sound.
        rate: Its rate, Hz.
        watch: The stopwatch of that listener, if it has one.
    """
    times = Pass()
    now, processor = time.perf_counter_ns, time.process_time_ns
    before = resource.getrusage(resource.RUSAGE_SELF)
    for frames in blocks_of(sound, rate):
        events, spent_before = sink.count, processor()
        begin = now()
        listener.hear(frames)
        took = now() - begin
        times.processor.append(processor() - spent_before)
        times.blocks.append(took)
        if sink.count > events:
            times.labels.append(sink.last - listener.arrived)
        if watch is not None:
            spent = watch.read()
            spent["rest"] = took - sum(spent.values())
            if times.labels and not times.first:
                times.first = spent
            for stage, value in spent.items():
                times.stages[stage].append(value)
    after = resource.getrusage(resource.RUSAGE_SELF)
    times.page_faults = after.ru_minflt + after.ru_majflt - before.ru_minflt - before.ru_majflt
    times.context_switches = after.ru_nivcsw - before.ru_nivcsw
    listener.finish()
    if watch is not None:
        watch.read()  # the end belongs to no block
    return times
