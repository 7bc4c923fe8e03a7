"""What a measuring process does: a trial, a round of passes over the audio, a run in real time, or many streams."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from edge_ser.bench import streams
from edge_ser.bench.figures import STAGES, Latency, Paced, Round, Stage, StartUp
from edge_ser.bench.job import Job, Outcome, Trial
from edge_ser.bench.listener import SteppedListener
from edge_ser.bench.passes import PERIOD, CountingSink, Pass, blocks_of, hear
from edge_ser.bench.remarks import computes_wrongly
from edge_ser.bench.stopwatch import Stopwatch, timed_pipeline
from edge_ser.errors import NothingHeard
from edge_ser.model.bundle import read_bundle
from edge_ser.model.forms import form_of
from edge_ser.model.interpreter import Interpreter, choose_interpreter

_PASSES: Final = 3
"""Passes over the same audio without stopwatches in a round; with two, a disturbance hits both too often."""

_MakeListener = Callable[[CountingSink, "Stopwatch | None"], SteppedListener]


def measure(job: Job, begun: int) -> Outcome:
    """Do a job.

    Args:
        job: What to do.
        begun: When Python ran its first line, on the monotonic clock, ns.

    Raises:
        EdgeSerError: the model or the interpreter cannot be used, or no utterance is recognized.
    """
    interpreter = choose_interpreter(job.interpreter)
    imported = time.monotonic_ns()
    bundle = read_bundle(job.model)
    sink, watch = CountingSink(), Stopwatch()
    pipeline = timed_pipeline(bundle, interpreter, job.threads, watch)
    loaded = time.monotonic_ns()
    listener = SteppedListener(pipeline, job.rate, sink, watch)
    ready = time.monotonic_ns()

    def make_listener(sink: CountingSink, watch: Stopwatch | None = None) -> SteppedListener:
        return SteppedListener.for_model(bundle, interpreter, job.threads, job.rate, sink, watch)

    if job.task == "streams":
        blocks = list(blocks_of(job.speech, job.rate))
        return Outcome(streams=streams.measure(lambda: make_listener(sink), blocks, job.streams, PERIOD))
    if job.task == "paced":
        return Outcome(paced=_paced(make_listener(sink), sink, job.speech, job.rate))
    first = hear(listener, sink, job.speech, job.rate, watch)
    if job.task == "trial":
        return Outcome(trial=_trial(job.model, form_of(bundle, interpreter), interpreter, first, sink))
    start_up = StartUp(
        (begun - job.started) / 1e6, (imported - begun) / 1e6, (loaded - imported) / 1e6, (ready - loaded) / 1e6, None
    )
    return Outcome(round=_round(job, first, make_listener, start_up))


def _trial(model: str, form: str, interpreter: Interpreter, first: Pass, sink: CountingSink) -> Trial:
    """Return what the first pass over the speech tells.

    Raises:
        NothingHeard: no utterance was recognized; the message says what to do.
    """
    if not first.labels:
        what = f"{Path(model).name} with {interpreter.name}: no utterance was recognized in the audio"
        if computes_wrongly(form, interpreter.name):
            raise NothingHeard(
                f"{what}, because {interpreter.name} computes the 2-D convolutions of this form wrongly; use litert"
            )
        raise NothingHeard(
            f"{what}: it is too short, or nobody speaks; use a recording of speech with --input, or a longer --seconds"
        )
    labels = tuple(event.label for event in sink.finals)
    spoken = sum(event.end - event.start for event in sink.finals)
    return Trial(interpreter.name, interpreter.version, form, labels, spoken)


def _paced(listener: SteppedListener, sink: CountingSink, speech: int, rate: int) -> Paced:
    """Hear shared speech in real time."""
    heard: list[int] = []
    labels: list[int] = []
    late: list[int] = []
    missed = 0
    now = time.perf_counter_ns
    begin, spent_before = now(), time.process_time_ns()
    for number, frames in enumerate(blocks_of(speech, rate), 1):
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


def _round(job: Job, first: Pass, make_listener: _MakeListener, start_up: StartUp) -> Round:
    """Continue after the first pass.

    Args:
        job: What to do.
        first: The first pass of this process, with a stopwatch.
        make_listener: Makes another listener.
        start_up: How long the process took to start.
    """
    memory = _memory()  # of a single listener

    def run(sound: int, watch: Stopwatch | None = None) -> Pass:
        sink = CountingSink()
        return hear(make_listener(sink, watch), sink, sound, job.rate, watch)

    # Stopwatches in the first and the last pass: drift then affects the passes with and without them equally.
    bare = [run(job.speech) for _ in range(_PASSES)]
    timed = [first, run(job.speech, Stopwatch())]
    quiet = [run(job.quiet) for _ in range(_PASSES)]
    everything = (*bare, *timed, *quiet)
    return Round(
        end_to_end=Latency.of(first.labels[0], [value for one in bare for value in one.labels]),
        undisturbed=Latency.of(first.labels[0], _fastest(one.labels for one in bare)),
        block=Latency.of(first.blocks[0], [value for one in bare for value in one.blocks]),
        stages=_stages(timed),
        processor_speech=_per_second(_fastest(one.processor for one in bare)),
        processor_quiet=_per_second(_fastest(one.processor for one in quiet)),
        wall_speech=_per_second(_fastest(one.blocks for one in bare)),
        wall_quiet=_per_second(_fastest(one.blocks for one in quiet)),
        overhead=sum(_fastest(one.blocks for one in timed)) / sum(_fastest(one.blocks for one in bare[:2])) - 1.0,
        start_up=start_up,
        resident=memory["VmRSS"],
        peak=memory["VmHWM"],
        page_faults=sum(one.page_faults for one in everything),
        context_switches=sum(one.context_switches for one in everything),
    )


def _fastest(passes: Iterable[Sequence[int]]) -> list[int]:
    """Return each block's time from its fastest pass: every pass does the same, and disturbances only add."""
    return [min(times) for times in zip(*passes, strict=True)]


def _per_second(times: Sequence[int], blocks: int | None = None) -> float:
    """Return the total of times as ms per second of audio.

    Args:
        times: Times of blocks, ns.
        blocks: Number of blocks of the audio, if some of them have no time.
    """
    return sum(times) / 1e6 / ((blocks or len(times)) * PERIOD / 1e9)


def _latency(times: list[int]) -> Latency:
    return Latency.of(times[0], times[1:] or times)


def _stages(passes: Sequence[Pass]) -> dict[str, Stage]:
    times = {stage: [value for one in passes for value in one.stages[stage]] for stage in STAGES}
    fastest = {stage: _fastest(one.stages[stage] for one in passes) for stage in STAGES}
    total, blocks = sum(map(sum, fastest.values())), len(passes[0].blocks)
    return {
        stage: Stage(
            Latency.of(passes[0].first[stage], times[stage]),
            _per_second(fastest[stage], blocks),
            sum(fastest[stage]) / total,
        )
        for stage in STAGES
    }


def _memory() -> dict[str, float]:
    """Return this process's memory, MB, by the kernel's names."""
    fields = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    return {name.rstrip(":"): int(value) * 1024 / 1e6 for name, value, unit in (f for f in fields if len(f) == 3)
            if unit == "kB"}  # fmt: skip
