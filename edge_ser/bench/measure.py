"""What a measuring process does: a round of passes over the audio, blocks in real time, or many streams at once."""

from __future__ import annotations

import resource
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Final

from edge_ser.audio import BLOCK_SAMPLES, SAMPLE_RATE
from edge_ser.bench import streams
from edge_ser.bench.audio import block_of
from edge_ser.bench.figures import STAGES, Latency, Paced, Round, Stage, StartUp
from edge_ser.bench.job import Job, Outcome
from edge_ser.bench.listener import SteppedListener
from edge_ser.bench.remarks import wrong
from edge_ser.bench.stopwatch import Stopwatch, timed_pipeline
from edge_ser.errors import NothingHeard
from edge_ser.events import EmotionEvent, Event
from edge_ser.model.bundle import read_bundle
from edge_ser.model.forms import form_of
from edge_ser.model.interpreter import Interpreter, choose_interpreter
from edge_ser.sinks.json_lines import JsonLinesSink

PERIOD: Final = BLOCK_SAMPLES * 1_000_000_000 // SAMPLE_RATE
"""From one block of a microphone to the next, ns."""

_PASSES: Final = 3
"""Over the same audio without stopwatches in a round; with two, what disturbs falls on both too often."""


class CountingSink(JsonLinesSink):
    """The sink of `listen --format json`, which also counts labels and remembers the final ones."""

    def __init__(self) -> None:
        self.count = 0
        self.last = 0  # on the performance counter, ns
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
    """Times of one pass over a tape.

    Attributes:
        blocks: Each block's time, ns.
        labels: From a block's arrival to its last event out, of the blocks that one came of, ns.
        processor: Each block's processor time, ns.
        first: What each stage took in the first of the blocks that an event came of, ns; needs a stopwatch.
        stages: Each stage's times, ns, in the blocks in which it ran; needs a stopwatch.
        page_faults: Meanwhile.
        context_switches: Meanwhile, that were not asked for.
    """

    blocks: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    processor: list[int] = field(default_factory=list)
    first: dict[str, int] = field(default_factory=dict)
    stages: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    page_faults: int = 0
    context_switches: int = 0


def measure(job: Job, begun: int) -> Outcome:
    """Do a job.

    Args:
        job: What to do.
        begun: When Python ran the first line, on the monotonic clock, ns.

    Raises:
        EdgeSerError: the model or the interpreter cannot be used, or nothing is heard.
    """
    interpreter = choose_interpreter(job.interpreter)
    imported = time.monotonic_ns()
    bundle = read_bundle(job.model)
    sink, watch = CountingSink(), Stopwatch()
    pipeline = timed_pipeline(bundle, interpreter, job.threads, watch)
    loaded = time.monotonic_ns()
    listener = SteppedListener(pipeline, job.rate, sink, watch)
    ready = time.monotonic_ns()
    form = form_of(bundle, interpreter)
    outcome = Outcome(interpreter.name, interpreter.version, form)

    def anew(sink: CountingSink, watch: Stopwatch | None = None) -> SteppedListener:
        return SteppedListener.for_model(bundle, interpreter, job.threads, job.rate, sink, watch)

    if job.task == "streams":
        blocks = list(_blocks(job.speech, job.rate))
        return replace(outcome, streams=streams.carry(lambda: anew(sink), blocks, job.streams, PERIOD))
    if job.task == "paced":
        return replace(outcome, paced=_paced(anew(sink), sink, job.speech, job.rate))
    start_up = StartUp(
        (begun - job.started) / 1e6, (imported - begun) / 1e6, (loaded - imported) / 1e6, (ready - loaded) / 1e6, None
    )
    first = _hear(listener, sink, job.speech, job.rate, watch)
    _require_heard(first, job.model, form, interpreter)
    found = _round(job, first, anew, start_up)
    spoken = sum(event.end - event.start for event in sink.finals)
    return replace(outcome, round=found, labels=tuple(event.label for event in sink.finals), speech=spoken)


def _paced(listener: SteppedListener, sink: CountingSink, tape: int, rate: int) -> Paced:
    """Hear a tape in real time."""
    heard: list[int] = []
    labels: list[int] = []
    late: list[int] = []
    missed = 0
    now = time.perf_counter_ns
    begin, spent_before = now(), time.process_time_ns()
    for number, frames in enumerate(_blocks(tape, rate), 1):
        due = begin + number * PERIOD
        left = due - now()
        if left > 0:
            time.sleep(left / 1e9)
            late.append(now() - due)
        events = sink.count
        taken = now()
        listener.hear(frames)
        done = now()
        heard.append(done - taken)
        if sink.count > events:
            labels.append(sink.last - listener.arrived)
        missed += done > due + PERIOD
    spent = time.process_time_ns() - spent_before
    return Paced(
        end_to_end=_latency(labels),
        block=_latency(heard),
        wake_up=_latency(late or [0]),
        processor=spent / 1e6 / (len(heard) * PERIOD / 1e9),
        missed=missed,
    )


def _round(job: Job, first: Pass, anew: Callable[..., SteppedListener], start_up: StartUp) -> Round:
    """Go on from the first pass.

    Args:
        job: What to do.
        first: The first pass of this process, with a stopwatch.
        anew: Makes another listener.
        start_up: How the process began.
    """
    memory = _memory()  # of a single listener

    def hear(tape: int, watch: Stopwatch | None = None) -> Pass:
        sink = CountingSink()
        return _hear(anew(sink, watch), sink, tape, job.rate, watch)

    # First and last with stopwatches: what drifts meanwhile falls on those without alike.
    bare = [hear(job.speech) for _ in range(_PASSES)]
    timed = [first, hear(job.speech, Stopwatch())]
    quiet = [hear(job.quiet) for _ in range(_PASSES)]
    everything = (*bare, *timed, *quiet)
    return Round(
        end_to_end=Latency.of(first.labels[0], [value for one in bare for value in one.labels]),
        undisturbed=Latency.of(first.labels[0], _quickest(one.labels for one in bare)),
        block=Latency.of(first.blocks[0], [value for one in bare for value in one.blocks]),
        stages=_stages(timed),
        processor_speech=_a_second(_quickest(one.processor for one in bare)),
        processor_quiet=_a_second(_quickest(one.processor for one in quiet)),
        wall_speech=_a_second(_quickest(one.blocks for one in bare)),
        wall_quiet=_a_second(_quickest(one.blocks for one in quiet)),
        overhead=sum(_quickest(one.blocks for one in timed)) / sum(_quickest(one.blocks for one in bare[:2])) - 1.0,
        start_up=start_up,
        resident=memory["VmRSS"],
        peak=memory["VmHWM"],
        page_faults=sum(one.page_faults for one in everything),
        context_switches=sum(one.context_switches for one in everything),
    )


def _hear(listener: SteppedListener, sink: CountingSink, tape: int, rate: int, watch: Stopwatch | None = None) -> Pass:
    """Hear a tape from its beginning to its end, as fast as it goes."""
    found = Pass()
    now, processor = time.perf_counter_ns, time.process_time_ns
    before = resource.getrusage(resource.RUSAGE_SELF)
    for frames in _blocks(tape, rate):
        events, spent_before = sink.count, processor()
        begin = now()
        listener.hear(frames)
        took = now() - begin
        found.processor.append(processor() - spent_before)
        found.blocks.append(took)
        if sink.count > events:
            found.labels.append(sink.last - listener.arrived)
        if watch is not None:
            spent = watch.read()
            spent["rest"] = took - sum(spent.values())
            if found.labels and not found.first:
                found.first = spent
            for stage, value in spent.items():
                found.stages[stage].append(value)
    after = resource.getrusage(resource.RUSAGE_SELF)
    found.page_faults = after.ru_minflt + after.ru_majflt - before.ru_minflt - before.ru_majflt
    found.context_switches = after.ru_nivcsw - before.ru_nivcsw
    listener.finish()
    if watch is not None:
        watch.read()  # the end is no block
    return found


def _quickest(passes: Iterable[Sequence[int]]) -> list[int]:
    """Return each block's time in the pass in which it was quickest: each pass does the same, disturbances only add."""
    return [min(times) for times in zip(*passes, strict=True)]


def _a_second(times: Sequence[int], blocks: int | None = None) -> float:
    """Return the sum of times, ns, as ms a second of audio.

    Args:
        times: Of blocks, ns.
        blocks: How many blocks the audio has, if some of them have no time.
    """
    return sum(times) / 1e6 / ((blocks or len(times)) * PERIOD / 1e9)


def _require_heard(found: Pass, model: str, form: str, interpreter: Interpreter) -> None:
    if found.labels:
        return
    what = f"{Path(model).name} with {interpreter.name}: no utterance was recognized in the audio"
    if wrong(form, interpreter.name):
        raise NothingHeard(
            f"{what}, because {interpreter.name} computes 2-D convolutions of this form wrongly; take litert"
        )
    raise NothingHeard(
        f"{what}: it is too short, or nobody speaks; give a recording of speech by --input, or more of it by --seconds"
    )


def _latency(times: list[int]) -> Latency:
    return Latency.of(times[0], times[1:] or times)


def _stages(passes: Sequence[Pass]) -> dict[str, Stage]:
    times = {stage: [value for one in passes for value in one.stages[stage]] for stage in STAGES}
    quickest = {stage: _quickest(one.stages[stage] for one in passes) for stage in STAGES}
    total, blocks = sum(map(sum, quickest.values())), len(passes[0].blocks)
    return {
        stage: Stage(
            Latency.of(passes[0].first[stage], times[stage]),
            _a_second(quickest[stage], blocks),
            sum(quickest[stage]) / total,
        )
        for stage in STAGES
    }


def _blocks(tape: int, rate: int) -> Iterator[bytes]:
    for number in count():
        frames = block_of(tape, number, rate)
        if not frames:
            return
        yield frames


def _memory() -> dict[str, float]:
    """Return this process's memory, MB, by the names that the kernel has for it."""
    fields = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    return {name.rstrip(":"): int(value) * 1024 / 1e6 for name, value, unit in (f for f in fields if len(f) == 3)
            if unit == "kB"}  # fmt: skip
