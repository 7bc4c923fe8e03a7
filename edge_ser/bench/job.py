"""What a measuring process is asked to do, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass

from edge_ser.bench.figures import Paced, Round, Streams


@dataclass(frozen=True)
class Job:
    """What a process has to do.

    Attributes:
        task: ``trial``, ``round``, ``paced`` or ``streams``.
        model: Path of the model file.
        interpreter: Name of the interpreter; ``None`` for the first that is installed.
        threads: Threads of the interpreter.
        rate: Rate of the microphone, Hz.
        speech: Descriptor of the shared speech.
        quiet: Descriptor of the shared quiet room.
        streams: Number of streams for ``streams``; ``None`` for as many as possible.
        started: When the process was started, on the monotonic clock, ns.
    """

    task: str
    model: str
    interpreter: str | None
    threads: int
    rate: int
    speech: int
    quiet: int
    streams: int | None
    started: int


@dataclass(frozen=True)
class Trial:
    """What is known of a configuration after a first pass over the speech.

    Attributes:
        interpreter: Name of the interpreter.
        interpreter_version: Its version.
        form: Form of the model: ``int8``, ``dynamic`` or ``float``.
        labels: The final labels, in order.
        speech: Duration of the utterances that were recognized, s.
    """

    interpreter: str
    interpreter_version: str
    form: str
    labels: tuple[str, ...]
    speech: float


@dataclass(frozen=True)
class Outcome:
    """The answer of a process that did its job: one of these, by its task."""

    trial: Trial | None = None
    round: Round | None = None
    paced: Paced | None = None
    streams: Streams | None = None


@dataclass(frozen=True)
class Failure:
    """The answer of a process that could not do its job.

    Attributes:
        error: Name of the class in :mod:`edge_ser.errors`.
        message: Its message.
    """

    error: str
    message: str
