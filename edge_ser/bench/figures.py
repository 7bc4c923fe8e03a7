"""What was measured and what was found, with the unit of every figure."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from edge_ser.bench.statistics import percentile

STAGES: Final = ("resample", "health", "gate", "features", "model", "decision", "publish", "rest")
"""In the order in which audio passes through them.  ``health`` checks that the microphone works and is not muted;
``rest`` is the code between the stages and the time of the stopwatches themselves."""


@dataclass(frozen=True)
class Latency:
    """How long something took, block by block.

    Attributes:
        first: Time in the block with the first label of a process, ms.
        p50: Median, ms.
        p90: 90th percentile, ms.
        p95: 95th percentile, ms.
        p99: 99th percentile, ms.
        max: Maximum, ms.
        blocks: Number of times.
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
        """Summarize times, ns: the first, and those after it, at least one."""
        times = [value / 1e6 for value in later]
        p50, p90, p95, p99 = (percentile(times, percent) for percent in (50, 90, 95, 99))
        return cls(first / 1e6, p50, p90, p95, p99, max(times), len(times))


@dataclass(frozen=True)
class Stage:
    """The cost of a stage.

    Attributes:
        latency: Its time in the blocks in which it ran.
        milliseconds_a_second: Its undisturbed time per second of audio, ms.
        share: Its share of the time of all stages, 0 to 1.
    """

    latency: Latency
    milliseconds_a_second: float
    share: float


@dataclass(frozen=True)
class StartUp:
    """How long a process takes to start.

    Attributes:
        interpreter: Until the Python interpreter runs its first line, ms.
        imports: Importing the modules and libraries that are needed, ms.
        model: Reading the model and making its interpreter, ms.
        first_inference: Running every stage once, as `listen` does before it begins, ms.
        listening: From the start of `edge-ser listen` until it reads its first sample, including all of the above and
            the command line, ms; ``None`` for an interpreter that `listen` does not support.
    """

    interpreter: float
    imports: float
    model: float
    first_inference: float
    listening: float | None


@dataclass(frozen=True)
class Round:
    """The measurements of one fresh process.

    Attributes:
        end_to_end: From the arrival of a block to its last event, for blocks that lead to an event, without stopwatches
            on the stages.
        undisturbed: The same, with each block's time taken from the pass in which it was fastest.
        block: All the work for a block, for every block, whether or not it leads to an event; ``first`` is the first
            block of the process.
        stages: Cost by stage; the keys are :data:`STAGES`.
        processor_speech: CPU time per second of the audio, ms; undisturbed, as are the next three.
        processor_quiet: CPU time per second of a quiet room, ms.
        wall_speech: Elapsed time per second of the audio, ms.
        wall_quiet: Elapsed time per second of a quiet room, ms.
        overhead: Time that the stopwatches on the stages add, as a fraction of the time without them.
        start_up: How long the process took to start.
        resident: Resident memory at the end, MB.
        peak: Peak resident memory, MB.
        page_faults: Page faults during the passes.
        context_switches: Involuntary context switches during the passes.
        clock: Clock of its core at the end, MHz; ``None`` if the system does not report it.
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
        """Elapsed time per second of the audio, s/s."""
        return self.wall_speech / 1e3

    @property
    def real_time_factor_quiet(self) -> float:
        """Elapsed time per second of a quiet room, s/s."""
        return self.wall_quiet / 1e3


@dataclass(frozen=True)
class Paced:
    """A run in which blocks arrive when a microphone would deliver them.

    Attributes:
        end_to_end: From the start of a block's processing to its last event, for blocks that lead to an event.
        block: All the work for a block, for every block.
        wake_up: From the arrival of a block to the start of its processing, where the process had to wait for it.
        processor: CPU time per second of the audio, timekeeping included, ms.
        missed: Number of blocks that were not finished when the next one arrived.
    """

    end_to_end: Latency
    block: Latency
    wake_up: Latency
    processor: float
    missed: int


@dataclass(frozen=True)
class Streams:
    """Live streams on one core, which takes one block of each in turn.

    Attributes:
        count: Number of streams; with ``automatic`` the most that one core sustains.
        automatic: Whether the number was searched for.
        turn: Time of one turn, a block of every stream.
        period: Time that a turn may take, ms.
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
        model: Name of the model file, without its folder.
        form: ``int8``, ``dynamic`` or ``float``, from the types of its tensors.
        network_sha256: Hash of the network's bytes.
        network_bytes: Size of the network, bytes.
        parameters: Parameters of the network, from the model card; ``None`` if it has no such entry.
        multiply_adds_a_second: Multiply-adds per second of speech, from the model card; ``None`` likewise.
        interpreter: Name of the interpreter.
        interpreter_version: Its version.
        threads: Threads of the interpreter.
        delegate: Always ``none``: `listen` uses no delegate.
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
        """Name that tells it from others."""
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        return f"{self.model} ({self.form}), {self.interpreter}, {threads}"


@dataclass(frozen=True)
class Measurement:
    """All measurements of one configuration.

    Attributes:
        configuration: What was measured.
        rounds: Each from a process of its own.
        labels: The final label of each utterance that was recognized in the audio.
        paced: The run in real time; ``None`` if not requested.
        streams: Several streams at a time; ``None`` if not requested.
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
        """Return the lowest value of a figure over the rounds: disturbances only add."""
        return min(map(figure, self.rounds))

    def latency(self, of_round: Callable[[Round], Latency]) -> Latency:
        """Return the median of each percentile over the rounds, the longest maximum, and the total number of blocks."""
        each = [of_round(one) for one in self.rounds]
        first, p50, p90, p95, p99 = (
            statistics.median(getattr(latency, name) for latency in each)
            for name in ("first", "p50", "p90", "p95", "p99")
        )
        longest, blocks = max(latency.max for latency in each), sum(latency.blocks for latency in each)
        return Latency(first, p50, p90, p95, p99, longest, blocks)

    def stage(self, name: str) -> Stage:
        """Return the cost of a stage: medians over the rounds, but the lowest time per second of audio."""
        return Stage(
            self.latency(lambda one: one.stages[name].latency),
            self.lowest(lambda one: one.stages[name].milliseconds_a_second),
            self.median(lambda one: one.stages[name].share),
        )

    @property
    def undisturbed(self) -> Latency:
        """From a block's arrival to its last event: the lowest value of each percentile over the rounds."""
        each = [one.undisturbed for one in self.rounds]
        first, p50, p90, p95, p99, longest = (
            min(getattr(latency, name) for latency in each) for name in ("first", "p50", "p90", "p95", "p99", "max")
        )
        return Latency(first, p50, p90, p95, p99, longest, sum(latency.blocks for latency in each))

    @property
    def start_up(self) -> StartUp:
        """How long a process takes to start: the lowest values over the rounds."""
        listening = [one.start_up.listening for one in self.rounds if one.start_up.listening is not None]
        return StartUp(
            self.lowest(lambda one: one.start_up.interpreter),
            self.lowest(lambda one: one.start_up.imports),
            self.lowest(lambda one: one.start_up.model),
            self.lowest(lambda one: one.start_up.first_inference),
            min(listening) if listening else None,
        )
