"""A whole benchmark: fresh processes one after the other, all configurations in turn, round by round.

Configurations alternate so that drift (heat, clock, other programs) affects all of them equally.  Each round has a
fresh process, because the memory layout differs from process to process and would otherwise look like a difference
between configurations.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Final, TypeVar

from edge_ser import __version__, errors
from edge_ser.bench import environment, records, remarks, start_up
from edge_ser.bench.audio import SharedSound, Sound, quiet_room
from edge_ser.bench.figures import Configuration, Measurement, Round
from edge_ser.bench.job import Failure, Job, Outcome, Trial
from edge_ser.bench.result import Audio, BenchmarkResult
from edge_ser.errors import EdgeSerError, InvalidSetting, NothingHeard
from edge_ser.model.bundle import Bundle

AUTOMATIC: Final = 0
"""For :attr:`Plan.streams`: as many as one core sustains."""

_WORKER: Final = (sys.executable, "-m", "edge_ser.bench.worker")

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class RequestedConfiguration:
    """A configuration to measure.

    Attributes:
        model: The model file.
        interpreter: Name of the interpreter; ``None`` for the first that is installed.
        threads: Threads of the interpreter.
        bundle: What the model file holds.
    """

    model: Path
    interpreter: str | None
    threads: int
    bundle: Bundle = field(compare=False, repr=False)


@dataclass(frozen=True)
class Plan:
    """What to measure.

    Attributes:
        configurations: At least one, each different.
        recording: The recording that the audio is made of; ``None`` for the bundled demonstration.
        rounds: Number of fresh processes per configuration.
        paced: Whether to measure in real time too.
        streams: Number of streams to run at once; :data:`AUTOMATIC` to search for it, ``None`` to skip this.
    """

    configurations: tuple[RequestedConfiguration, ...]
    recording: Path | None
    rounds: int
    paced: bool
    streams: int | None

    def __post_init__(self) -> None:
        cores = len(os.sched_getaffinity(0))
        if self.threads > cores:
            raise InvalidSetting(f"threads = {self.threads}: allowed are 1 to {cores}, the cores of this machine")

    @property
    def threads(self) -> int:
        """The highest number of threads of an interpreter."""
        return max(one.threads for one in self.configurations)

    @property
    def steps(self) -> int:
        """Number of processes to run."""
        return len(self.configurations) * (1 + self.rounds + self.paced + (self.streams is not None))


def run(plan: Plan, sound: Sound, on_step: Callable[[], None]) -> BenchmarkResult:
    """Run a benchmark.

    Args:
        plan: What to measure.
        sound: The audio to hear.
        on_step: Called when a process has ended, :attr:`Plan.steps` times.

    Raises:
        EdgeSerError: a model or an interpreter cannot be used, or no utterance is recognized.
    """
    import numpy as np

    quiet = quiet_room(sound.seconds, sound.rate)
    with (
        SharedSound(sound) as shared_speech,
        SharedSound(quiet) as shared_quiet,
        tempfile.TemporaryDirectory(prefix="edge-ser-bench-") as folder,
        pinned(plan.threads) as cores,
    ):
        core = cores[0]

        def call(task: str, requested: RequestedConfiguration) -> Outcome:
            model, count = str(requested.model.absolute()), plan.streams or None
            sounds = shared_speech.descriptor, shared_quiet.descriptor
            outcome = do(
                Job(task, model, requested.interpreter, requested.threads, sound.rate, *sounds, count, started=0)
            )
            on_step()
            return outcome

        # The trial reads the files from the disk; it is not measured, but shows what works and what does not.
        trials: dict[RequestedConfiguration, Trial] = {}
        failures: list[NothingHeard] = []
        for requested in plan.configurations:
            try:
                trials[requested] = _required(call("trial", requested).trial)
            except NothingHeard as error:
                failures.append(error)
                on_step()
        if not trials:
            raise failures[0]
        silence = start_up.write_silence(Path(folder))
        before, usage_before = environment.machine_state(core), environment.ProcessorUsage.now()
        rounds: dict[RequestedConfiguration, list[Round]] = {requested: [] for requested in trials}
        for _ in range(plan.rounds):
            for requested, so_far in rounds.items():
                so_far.append(_with_listening(_required(call("round", requested).round), silence, requested, core))
        measurements = []
        for requested, trial in trials.items():
            one = Measurement(_configuration(requested, trial), tuple(rounds[requested]), trial.labels)
            if plan.paced:
                one = replace(one, paced=call("paced", requested).paced)
            if plan.streams is not None:
                one = replace(one, streams=call("streams", requested).streams)
            measurements.append(one)
        meanwhile = environment.other_load(usage_before, environment.ProcessorUsage.now(), cores)
        after = environment.machine_state(core)
    audio = _audio(plan, sound, next(iter(trials.values())).speech)
    where = environment.describe(cores, before, after, meanwhile, np.__version__)
    return BenchmarkResult(
        date=datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z"),
        version=__version__,
        audio=audio,
        environment=where,
        measurements=tuple(measurements),
        warnings=(*remarks.warnings(where, measurements), *(f"left out: {error}" for error in failures)),
        notes=remarks.notes(audio),
    )


@contextmanager
def pinned(count: int) -> Iterator[tuple[int, ...]]:
    """Keep this process and its children on a number of cores: the last ones, which handle the fewest interrupts."""
    allowed = sorted(os.sched_getaffinity(0), reverse=True)
    chosen = tuple(allowed[:count])
    os.sched_setaffinity(0, chosen)
    try:
        yield chosen
    finally:
        os.sched_setaffinity(0, allowed)


def do(job: Job) -> Outcome:
    """Do a job in a fresh process.

    Raises:
        EdgeSerError: the error of that process.
    """
    job = replace(job, started=time.monotonic_ns())
    with subprocess.Popen(
        _WORKER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=(job.speech, job.quiet)
    ) as process:
        try:
            answer, stderr = process.communicate(json.dumps(asdict(job)).encode())
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        last = stderr.decode(errors="backslashreplace").strip().splitlines()[-1:]
        raise EdgeSerError(
            f"{job.model}: the measuring process ended with status {process.returncode}: {' '.join(last)}"
        )
    value = json.loads(answer)
    if "error" in value:
        failure = records.from_json(Failure, value, "answer")
        kind: type[EdgeSerError] = getattr(errors, failure.error)
        raise kind(failure.message)
    return records.from_json(Outcome, value, "answer")


def _required(answer: Answer | None) -> Answer:
    """Return the part of an outcome that its task always gives."""
    assert answer is not None
    return answer


def _with_listening(round_: Round, recording: Path, requested: RequestedConfiguration, core: int) -> Round:
    """Return a round with the figures that are measured outside its process."""
    clock = environment.clock(core)
    listening = start_up.time_until_listening(recording, requested.model, requested.interpreter)
    return replace(round_, start_up=replace(round_.start_up, listening=listening), clock=clock)


def _configuration(requested: RequestedConfiguration, trial: Trial) -> Configuration:
    bundle = requested.bundle
    network = bundle.card.get("network")
    card = network if isinstance(network, dict) else {}
    return Configuration(
        model=requested.model.name,
        form=trial.form,
        network_sha256=bundle.sha256,
        network_bytes=len(bundle.network),
        parameters=card.get("parameters"),
        multiply_adds_a_second=card.get("multiply_adds_a_second"),
        interpreter=trial.interpreter,
        interpreter_version=trial.interpreter_version,
        threads=requested.threads,
    )


def _audio(plan: Plan, sound: Sound, spoken: float) -> Audio:
    return Audio(
        name="demonstration" if plan.recording is None else plan.recording.name,
        synthesized=plan.recording is None,
        sha256=sound.sha256,
        rate=sound.rate,
        seconds=sound.seconds,
        speech_share=spoken / sound.seconds,
    )
