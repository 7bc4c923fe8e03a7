"""What was measured and what was found, with the unit of everything: the figures of a result."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from edge_ser.bench.statistics import percentile

STAGES: Final = ("resample", "health", "gate", "features", "model", "decision", "publish", "rest")
"""In the order in which sound goes through them.  Health is the check that the microphone is well and nobody muted it;
the rest is the code between the stages, and the stopwatches' own time."""


@dataclass(frozen=True)
class Latency:
    """How long something took, block by block.

    Attributes:
        first: In the block with the first label of a process, ms.
        p50: Half of the times are shorter, ms.
        p90: 90 % are, ms.
        p95: 95 % are, ms.
        p99: 99 % are, ms.
        max: The longest, ms.
        blocks: How often it ran.
    """

    first: float
    p50: float
    p90: float
    p95: float
    p99: float
    max: float
    blocks: int

    @classmethod
    def of(cls, first: int, later: Sequence[int]) -> Latency:
        """Sum up times, ns: the first, and all that came after it, at least one."""
        ordered = sorted(value / 1e6 for value in later)
        p50, p90, p95, p99 = (percentile(ordered, percent) for percent in (50, 90, 95, 99))
        return cls(first / 1e6, p50, p90, p95, p99, ordered[-1], len(ordered))


@dataclass(frozen=True)
class Stage:
    """What a stage took.

    Attributes:
        latency: In those blocks in which it ran.
        milliseconds_a_second: Of a second of audio, undisturbed, ms.
        share: Of the time of all stages, 0 to 1.
    """

    latency: Latency
    milliseconds_a_second: float
    share: float


@dataclass(frozen=True)
class StartUp:
    """From the start of a process on.

    Attributes:
        interpreter: Until Python runs the first line, ms.
        imports: Loading the modules and libraries of the path, ms.
        model: Reading the model and making its interpreter, ms.
        first_inference: Everything once, as `listen` does before it begins, ms.
        listening: From the start of `edge-ser listen` until it reads its first sample, with all of the above and the
            command line, ms; ``None`` for an interpreter that `listen` does not take.
    """

    interpreter: float
    imports: float
    model: float
    first_inference: float
    listening: float | None


@dataclass(frozen=True)
class Round:
    """All that one fresh process found.

    Attributes:
        end_to_end: From the arrival of a block to the last event out, of those blocks that an event comes of; without
            stopwatches on the stages.
        undisturbed: The same, each block as in the pass over the audio in which it was quickest.
        block: All that is done for a block, of every block, whether or not an event comes of it; the first is the
            process's first.
        stages: By name, one of :data:`STAGES`.
        processor_speech: Processor time a second of the audio, undisturbed as all that follows to the overhead, ms.
        processor_quiet: The same of a quiet room, ms.
        wall_speech: Time a second of the audio, ms.
        wall_quiet: The same of a quiet room, ms.
        overhead: What the stopwatches on the stages add to the time, as a share of it.
        start_up: How it began.
        resident: Memory in use at the end, MB.
        peak: Most memory in use, MB.
        page_faults: While it heard the audio.
        context_switches: That it did not ask for, while it heard the audio.
        clock: Of its core when it ended, MHz; ``None`` where the system does not tell.
    """

    end_to_end: Latency
    undisturbed: Latency
    block: Latency
    stages: dict[str, Stage]
    processor_speech: float
    processor_quiet: float
    wall_speech: float
    wall_quiet: float
    overhead: float
    start_up: StartUp
    resident: float
    peak: float
    page_faults: int
    context_switches: int
    clock: float | None = None

    @property
    def real_time_factor(self) -> float:
        """Time that a second of the audio takes, s."""
        return self.wall_speech / 1e3

    @property
    def real_time_factor_quiet(self) -> float:
        """Time that a second of a quiet room takes, s."""
        return self.wall_quiet / 1e3


@dataclass(frozen=True)
class Paced:
    """A run in which blocks come when a microphone would deliver them.

    Attributes:
        end_to_end: From when a block is taken up to the last event out, of those blocks that an event comes of.
        block: All that is done for a block, of every block.
        wake_up: From when a block is there to when the process takes it up, where it had to wait for it.
        processor: Processor time a second of the audio, all that keeps the time included, ms.
        missed: Blocks that were not done when the next one came.
    """

    end_to_end: Latency
    block: Latency
    wake_up: Latency
    processor: float
    missed: int


@dataclass(frozen=True)
class Streams:
    """Live streams on one core, blocks of all of them in turn.

    Attributes:
        count: How many there were; the most that one core carries if that was asked for.
        automatic: Whether it was.
        turn: A block of each stream, the time of all together.
        period: What a turn may take, ms.
        in_time: Whether the 99th percentile of a turn is within the period.
    """

    count: int
    automatic: bool
    turn: Latency
    period: float
    in_time: bool


@dataclass(frozen=True)
class Configuration:
    """What was measured.

    Attributes:
        model: The file's name, without its folder.
        form: ``int8``, ``dynamic`` or ``float``, as its tensors tell.
        network_sha256: Hash of the network's bytes.
        network_bytes: Its size, bytes.
        parameters: Of the network, as its card says; ``None`` if it does not.
        multiply_adds_a_second: A second of speech, as its card says; ``None`` if it does not.
        interpreter: Which interpreter runs it.
        interpreter_version: Its version.
        threads: Of the interpreter.
        delegate: ``none``: `listen` uses no delegate.
    """

    model: str
    form: str
    network_sha256: str
    network_bytes: int
    parameters: int | None
    multiply_adds_a_second: int | None
    interpreter: str
    interpreter_version: str
    threads: int
    delegate: str = "none"

    @property
    def name(self) -> str:
        """What tells it from others."""
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        return f"{self.model} ({self.form}), {self.interpreter}, {threads}"


@dataclass(frozen=True)
class Measurement:
    """A configuration and what was found of it.

    Attributes:
        configuration: What was measured.
        rounds: Each in a process of its own.
        labels: The final label of each utterance that was recognized in the audio.
        paced: In real time; ``None`` if that was not asked for.
        streams: Several at a time; ``None`` if that was not asked for.
    """

    configuration: Configuration
    rounds: tuple[Round, ...]
    labels: tuple[str, ...]
    paced: Paced | None = None
    streams: Streams | None = None

    def median(self, figure: Callable[[Round], float]) -> float:
        """Return the median of a figure over the rounds."""
        return statistics.median(map(figure, self.rounds))

    def lowest(self, figure: Callable[[Round], float]) -> float:
        """Return the lowest of a figure over the rounds: what disturbs only adds."""
        return min(map(figure, self.rounds))

    def latency(self, of: Callable[[Round], Latency]) -> Latency:
        """Return the median of each percentile over the rounds; of the longest times the longest, of blocks the sum."""
        each = [of(found) for found in self.rounds]
        first, p50, p90, p95, p99 = (
            statistics.median(getattr(latency, name) for latency in each)
            for name in ("first", "p50", "p90", "p95", "p99")
        )
        longest, blocks = max(latency.max for latency in each), sum(latency.blocks for latency in each)
        return Latency(first, p50, p90, p95, p99, longest, blocks)

    def stage(self, name: str) -> Stage:
        """Return what a stage took: medians over the rounds, of its cost the lowest."""
        return Stage(
            self.latency(lambda one: one.stages[name].latency),
            self.lowest(lambda one: one.stages[name].milliseconds_a_second),
            self.median(lambda one: one.stages[name].share),
        )

    @property
    def undisturbed(self) -> Latency:
        """From a block's arrival to its last event out, the lowest of each percentile over the rounds."""
        each = [found.undisturbed for found in self.rounds]
        first, p50, p90, p95, p99, longest = (
            min(getattr(latency, name) for latency in each) for name in ("first", "p50", "p90", "p95", "p99", "max")
        )
        return Latency(first, p50, p90, p95, p99, longest, sum(latency.blocks for latency in each))

    @property
    def start_up(self) -> StartUp:
        """How it begins, the lowest over the rounds."""
        listening = [found.start_up.listening for found in self.rounds if found.start_up.listening is not None]
        return StartUp(
            self.lowest(lambda one: one.start_up.interpreter),
            self.lowest(lambda one: one.start_up.imports),
            self.lowest(lambda one: one.start_up.model),
            self.lowest(lambda one: one.start_up.first_inference),
            min(listening) if listening else None,
        )
