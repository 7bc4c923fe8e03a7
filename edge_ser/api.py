"""Recognizing emotions in recordings from Python.

Example:
    >>> from edge_ser.api import EmotionRecognizer
    >>> result = EmotionRecognizer().classify("recording.wav")  # doctest: +SKIP
    >>> result.label, result.segments  # doctest: +SKIP
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from edge_ser.events import NO_SPEECH, UNCERTAIN, EmotionEvent, utc_now
from edge_ser.model.bundle import read_bundle
from edge_ser.model.interpreter import choose_backend
from edge_ser.pipeline import Pipeline
from edge_ser.sources import Source
from edge_ser.sources.recording import Recording


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
        pipeline = Pipeline(self._bundle, self._backend, utc_now)
        events = [event for block in source.blocks() for event in pipeline.process(block)]
        events.extend(pipeline.finish())
        finals = [event for event in events if isinstance(event, EmotionEvent) and event.final]
        return self._summary(finals, pipeline.position)

    def _summary(self, finals: Sequence[EmotionEvent], duration: float) -> Result:
        if not finals:
            return Result(NO_SPEECH, 0.0, dict.fromkeys(self.labels, 0.0), duration, [])
        lengths = [event.end - event.start for event in finals]
        probabilities = {
            label: sum(n * event.probabilities[label] for n, event in zip(lengths, finals, strict=True)) / sum(lengths)
            for label in self.labels
        }
        best = max(probabilities, key=probabilities.__getitem__)
        confidence = probabilities[best]
        return Result(
            label=best if confidence >= self._bundle.decision.threshold else UNCERTAIN,
            confidence=confidence,
            probabilities=probabilities,
            duration=duration,
            segments=[Segment(event.start, event.end, event.label, event.confidence) for event in finals],
        )
