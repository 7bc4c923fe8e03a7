"""A whole benchmark: fresh processes, one after the other, all configurations in turn, round by round.

Alternating, so that what drifts (heat, clock, other programs) falls on all of them alike; a fresh process for each
round, because where things lie in memory changes from one process to the next and would otherwise be taken for a
difference.
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
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

from edge_ser import __version__, errors
from edge_ser.bench import environment, records, remarks, start_up
from edge_ser.bench.audio import Sound, Tape, quiet_room
from edge_ser.bench.figures import Configuration, Measurement, Round
from edge_ser.bench.job import Failure, Job, Outcome
from edge_ser.bench.result import Audio, Result
from edge_ser.errors import EdgeSerError, InvalidSetting, NothingHeard
from edge_ser.model.bundle import read_bundle

AUTOMATIC: Final = 0
"""For :attr:`Plan.streams`: as many as one core carries."""

_WORKER: Final = (sys.executable, "-m", "edge_ser.bench.worker")


@dataclass(frozen=True)
class Choice:
    """A configuration that is asked for.

    Attributes:
        model: The file.
        interpreter: Which interpreter; ``None`` for the first that is installed.
        threads: Of the interpreter.
    """

    model: Path
    interpreter: str | None
    threads: int


@dataclass(frozen=True)
class Plan:
    """What is asked for.

    Attributes:
        choices: What is measured, at least one.
        recording: What the audio is made of; ``None`` for the demonstration.
        rounds: How many fresh processes of each.
        paced: Whether blocks come in real time too.
        streams: How many at once; :data:`AUTOMATIC`, or ``None`` for not at all.
    """

    choices: tuple[Choice, ...]
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
        """The most threads that an interpreter has."""
        return max(choice.threads for choice in self.choices)

    @property
    def steps(self) -> int:
        """How many processes that makes."""
        return len(self.choices) * (1 + self.rounds + self.paced + (self.streams is not None))


def run(plan: Plan, sound: Sound, tell: Callable[[], None]) -> Result:
    """Measure.

    Args:
        plan: What.
        sound: What is heard.
        tell: Called when a process has ended, :attr:`Plan.steps` times.

    Raises:
        EdgeSerError: a model or an interpreter cannot be used, or nothing is heard.
    """
    import numpy as np

    quiet = quiet_room(sound.seconds, sound.rate)
    with (
        Tape(sound) as speech_tape,
        Tape(quiet) as quiet_tape,
        tempfile.TemporaryDirectory(prefix="edge-ser-bench-") as folder,
        pinned(plan.threads) as cores,
    ):
        core = cores[0]

        def job(task: str, choice: Choice) -> Job:
            model, count = str(choice.model.absolute()), plan.streams or None
            tapes = speech_tape.descriptor, quiet_tape.descriptor
            return Job(task, model, choice.interpreter, choice.threads, sound.rate, *tapes, count, started=0)

        # The first time files come from the disk; it counts for nothing, but says what is measured and what is wrong.
        trials: dict[Choice, Outcome] = {}
        deaf: list[NothingHeard] = []
        for choice in plan.choices:
            try:
                trials[choice] = call(job("round", choice))
            except NothingHeard as error:
                deaf.append(error)
            tell()
        if not trials:
            raise deaf[0]
        silence = start_up.silence(Path(folder))
        before, used = environment.state(core), environment.Usage.now()
        rounds: dict[Choice, list[Round]] = {choice: [] for choice in trials}
        for _ in range(plan.rounds):
            for choice, found in rounds.items():
                found.append(_with_listening(call(job("round", choice)), silence, choice, core))
                tell()
        measurements = []
        for choice, trial in trials.items():
            one = Measurement(_configuration(choice, trial), tuple(rounds[choice]), trial.labels)
            if plan.paced:
                one = replace(one, paced=call(job("paced", choice)).paced)
                tell()
            if plan.streams is not None:
                one = replace(one, streams=call(job("streams", choice)).streams)
                tell()
            measurements.append(one)
        meanwhile = environment.others(used, environment.Usage.now(), cores)
        after = environment.state(core)
    audio = _audio(plan, sound, next(iter(trials.values())).speech)
    where = environment.describe(cores, before, after, meanwhile, np.__version__)
    return Result(
        date=datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z"),
        version=__version__,
        audio=audio,
        environment=where,
        measurements=tuple(measurements),
        warnings=(*remarks.warnings(where, measurements), *(f"left out: {error}" for error in deaf)),
        notes=remarks.notes(audio),
    )


@contextmanager
def pinned(count: int) -> Iterator[tuple[int, ...]]:
    """Keep this process, and those that it starts, on so many cores: the last ones, which interrupts use least."""
    allowed = sorted(os.sched_getaffinity(0), reverse=True)
    chosen = tuple(allowed[:count])
    os.sched_setaffinity(0, chosen)
    try:
        yield chosen
    finally:
        os.sched_setaffinity(0, allowed)


def call(job: Job) -> Outcome:
    """Let a fresh process do a job.

    Raises:
        EdgeSerError: what went wrong there.
    """
    job = replace(job, started=time.monotonic_ns())
    with subprocess.Popen(
        _WORKER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=(job.speech, job.quiet)
    ) as process:
        try:
            answer, said = process.communicate(json.dumps(asdict(job)).encode())
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        last = said.decode(errors="backslashreplace").strip().splitlines()[-1:]
        raise EdgeSerError(
            f"{job.model}: the process that measured it ended with status {process.returncode}: {' '.join(last)}"
        )
    value = json.loads(answer)
    if "error" in value:
        failure = records.make(Failure, value)
        kind: type[EdgeSerError] = getattr(errors, failure.error)
        raise kind(failure.message)
    return records.make(Outcome, value)


def _with_listening(outcome: Outcome, recording: Path, choice: Choice, core: int) -> Round:
    """Return a round with what is measured outside of its process."""
    found = outcome.round
    assert found is not None  # it is what this task answers
    clock = environment.clock(core)
    listening = start_up.listening(recording, choice.model, choice.interpreter)
    return replace(found, start_up=replace(found.start_up, listening=listening), clock=clock)


def _configuration(choice: Choice, outcome: Outcome) -> Configuration:
    bundle = read_bundle(choice.model)
    network = bundle.card.get("network")
    card = network if isinstance(network, dict) else {}
    return Configuration(
        model=choice.model.name,
        form=outcome.form,
        network_sha256=bundle.sha256,
        network_bytes=len(bundle.network),
        parameters=card.get("parameters"),
        multiply_adds_a_second=card.get("multiply_adds_a_second"),
        interpreter=outcome.interpreter,
        interpreter_version=outcome.interpreter_version,
        threads=choice.threads,
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
