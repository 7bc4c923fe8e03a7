"""What a measuring process is told, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass

from edge_ser.bench.figures import Paced, Round, Streams


@dataclass(frozen=True)
class Job:
    """What a process is to do.

    Attributes:
        task: ``round``, ``paced`` or ``streams``.
        model: Path of the model file.
        interpreter: Which interpreter; ``None`` for the first that is installed.
        threads: Of the interpreter.
        rate: Of the microphone, Hz.
        speech: Descriptor of the tape with speech.
        quiet: Descriptor of the one of a quiet room.
        streams: How many, for ``streams``; ``None`` for as many as possible.
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
class Outcome:
    """What it found.

    Attributes:
        interpreter: The interpreter.
        interpreter_version: Its version.
        form: Of the model: ``int8``, ``dynamic`` or ``float``.
        labels: The final labels, in order.
        speech: Seconds within utterances that were recognized.
        round: For the task ``round``.
        paced: For ``paced``.
        streams: For ``streams``.
    """

    interpreter: str
    interpreter_version: str
    form: str
    labels: tuple[str, ...] = ()
    speech: float = 0.0
    round: Round | None = None
    paced: Paced | None = None
    streams: Streams | None = None


@dataclass(frozen=True)
class Failure:
    """Why it found nothing.

    Attributes:
        error: Name of the class in :mod:`edge_ser.errors`.
        message: What it says.
    """

    error: str
    message: str
