"""Recognizing emotions from Python: in recordings, and as somebody speaks.

Example:
    A recording (here the demonstration that the package ships):

    >>> from edge_ser.api import EmotionRecognizer, demonstration
    >>> result = EmotionRecognizer().classify(demonstration())
    >>> result.label, len(result.segments)
    ('neutral', 5)

    What is heard, as it is heard; ``Listener(wait=True)`` is the default microphone, for ever:

    >>> from edge_ser.api import EmotionEvent, Listener
    >>> for event in Listener(input="demo", duration=10):
    ...     if isinstance(event, EmotionEvent) and event.final:
    ...         print(f"{event.start:.1f} s to {event.end:.1f} s: {event.label}")
    0.9 s to 5.2 s: neutral
    6.3 s to 9.0 s: neutral
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

from edge_ser.assembly import pipeline_of, source_of
from edge_ser.errors import EdgeSerError
from edge_ser.events import NO_SPEECH, UNCERTAIN, EmotionEvent, Event, StatusEvent, utc_now
from edge_ser.model.bundle import Bundle, read_bundle
from edge_ser.model.interpreter import choose_backend
from edge_ser.pipeline import Pipeline, Stages
from edge_ser.settings import (
    SAMPLE_RATE,
    InputSettings,
    ListenSettings,
    MicrophoneSettings,
    ModelSettings,
)
from edge_ser.sources import Source, limited
from edge_ser.sources.recording import Recording, demonstration

__all__ = [
    "EdgeSerError",
    "EmotionEvent",
    "EmotionRecognizer",
    "Event",
    "Listener",
    "Result",
    "Segment",
    "StatusEvent",
    "demonstration",
]


@dataclass(frozen=True)
class Segment:
    """An utterance of a recording.

    Attributes:
        start: Where it begins, s.
        end: Where it ends, s.
        label: An emotion, or ``uncertain``.
        confidence: Probability of the likeliest emotion, 0 to 1.
    """

    start: float
    end: float
    label: str
    confidence: float


@dataclass(frozen=True)
class Result:
    """What was heard in a recording.

    Attributes:
        label: An emotion, ``uncertain``, or ``no-speech`` where nobody speaks.
        confidence: Probability of the likeliest emotion, 0 to 1; 0 without speech.
        probabilities: Of each emotion, the mean over the segments weighted by their length; all 0 without speech.
        duration: Length of the recording, s.
        segments: Its utterances, in order.
    """

    label: str
    confidence: float
    probabilities: dict[str, float]
    duration: float
    segments: list[Segment]


class EmotionRecognizer:
    """Labels recordings with one model.

    Args:
        model: A model file; ``None`` is the shipped one.
        interpreter: ``tflite-runtime``, ``litert`` or ``None`` for whichever is installed.

    Raises:
        EdgeSerError: the model or the interpreter cannot be used; the message says what to do.
    """

    def __init__(self, model: str | os.PathLike[str] | None = None, interpreter: str | None = None) -> None:
        self._bundle = read_bundle(os.fspath(model) if model is not None else None)
        self._backend = choose_backend(interpreter)

    def __repr__(self) -> str:
        return f"EmotionRecognizer(labels={list(self.labels)}, interpreter='{self._backend.name}')"

    @property
    def labels(self) -> tuple[str, ...]:
        """The emotions that the model knows."""
        return self._bundle.labels

    def classify(self, path: str | os.PathLike[str]) -> Result:
        """Label a recording: WAV, FLAC or OGG, any rate and any number of channels.

        Raises:
            EdgeSerError: the recording cannot be read; the message says what to do.
        """
        with Recording(path) as recording:
            return self.classify_source(recording)

    def classify_source(self, source: Source) -> Result:
        """Label all that a source yields, as :meth:`classify` does."""
        pipeline = Pipeline(Stages.of(self._bundle, self._backend), utc_now)
        events = [event for block in source.blocks() for event in pipeline.process(block)]
        events.extend(pipeline.finish())
        finals = [event for event in events if isinstance(event, EmotionEvent) and event.final]
        return summarize(self._bundle, finals, pipeline.position)


def summarize(bundle: Bundle, finals: Sequence[EmotionEvent], duration: float) -> Result:
    """Make the result of a recording from the final events of its utterances.

    Args:
        bundle: The model that they come from.
        finals: The events, in order.
        duration: Length of the recording, s.
    """
    if not finals:
        return Result(NO_SPEECH, 0.0, dict.fromkeys(bundle.labels, 0.0), duration, [])
    lengths = [event.end - event.start for event in finals]
    probabilities = {
        label: sum(n * event.probabilities[label] for n, event in zip(lengths, finals, strict=True)) / sum(lengths)
        for label in bundle.labels
    }
    best = max(probabilities, key=probabilities.__getitem__)
    confidence = probabilities[best]
    return Result(
        label=best if confidence >= bundle.decision.threshold else UNCERTAIN,
        confidence=confidence,
        probabilities=probabilities,
        duration=duration,
        segments=[Segment(event.start, event.end, event.label, event.confidence) for event in finals],
    )


class Listener(Iterator[Event]):
    """Listens and yields events, as `edge-ser listen` publishes them: provisional and final labels, and statuses.

    The arguments are its options.  A microphone is opened with the first event.  It is closed at the end, by
    :meth:`close`, by the end of a ``with``, and when nobody refers to the listener any more, as after a ``break`` out
    of ``for event in Listener(...)``.  The mute switch holds here too.

    Example:
        >>> from edge_ser.api import Listener
        >>> with Listener(input="demo") as listener:
        ...     print(next(listener).status)
        ...     print(next(listener).final)
        listening
        False

    Args:
        device: Microphone by name, a part of it that fits one only, or index; ``None`` is the system's default.
        wait: Whether to wait for a microphone that is not there or was unplugged, instead of failing.
        input: Instead of a microphone a recording, ``-`` for raw 16-bit PCM on standard input, or ``demo``.
        rate: Of raw PCM, Hz.
        channels: Of raw PCM.
        realtime: Whether a recording is played at the speed at which it was made.
        duration: What is listened to at most, s; ``None`` is without end.
        model: A model file; ``None`` is the shipped one.
        interpreter: ``tflite-runtime``, ``litert`` or ``None`` for whichever is installed.

    Raises:
        EdgeSerError: an argument is not allowed, or the recording or the model cannot be used; the message says what
            to do.  While events are taken: the microphone cannot be used, or the recording is damaged.
    """

    def __init__(
        self,
        *,
        device: str | int | None = None,
        wait: bool = False,
        input: str | os.PathLike[str] | None = None,
        rate: int = SAMPLE_RATE,
        channels: int = 1,
        realtime: bool = False,
        duration: float | None = None,
        model: str | os.PathLike[str] | None = None,
        interpreter: str | None = None,
    ) -> None:
        settings = ListenSettings(
            microphone=MicrophoneSettings(device, wait),
            input=InputSettings(None if input is None else os.fspath(input), rate, channels, realtime, duration),
            model=ModelSettings(None if model is None else os.fspath(model), interpreter),
        )
        self._source = source_of(settings)
        self._events = _events(settings, pipeline_of(settings), self._source)

    def __next__(self) -> Event:
        return next(self._events)

    def close(self) -> None:
        """Stop listening; there are no more events."""
        self._events.close()
        self._source.__exit__()  # if no event was ever taken, a recording is still open

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _events(settings: ListenSettings, pipeline: Pipeline, source: Source) -> Generator[Event, None, None]:
    """Yield what a source's blocks mean until it ends or somebody closes this generator."""
    with source:
        if settings.input.file is not None:  # a microphone says itself what becomes of it
            yield pipeline.status("listening", f"listening to {source.name}")
        try:
            for block in limited(source.blocks(), settings.input.duration):
                yield from pipeline.process(block)
        except EdgeSerError:
            yield from pipeline.finish()  # what was heard until then is true
            raise
        yield from pipeline.finish()
    yield pipeline.status("stopped", "stopped: the end")
