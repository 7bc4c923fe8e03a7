"""Recognizing emotions in recordings, from Python.

Example:
    The demonstration that the package ships:

    >>> from edge_ser import EmotionRecognizer, demonstration
    >>> result = EmotionRecognizer().classify(demonstration())
    >>> result.label, len(result.segments)
    ('neutral', 5)
"""

from __future__ import annotations

import os

from edge_ser.events import EmotionEvent
from edge_ser.model.bundle import read_bundle
from edge_ser.model.interpreter import choose_interpreter
from edge_ser.recognition.pipeline import Pipeline
from edge_ser.recognition.results import Result, summarize
from edge_ser.sources.recording import Recording


class EmotionRecognizer:
    """Labels recordings with one model.

    Args:
        model: A model file; ``None`` is the shipped model.
        interpreter: ``tflite-runtime``, ``litert`` or ``tensorflow``; ``None`` is the first that is installed.

    Raises:
        EdgeSerError: the model or the interpreter cannot be used; the message says what to do.
    """

    def __init__(self, model: str | os.PathLike[str] | None = None, interpreter: str | None = None) -> None:
        self._bundle = read_bundle(os.fspath(model) if model is not None else None)
        self._interpreter = choose_interpreter(interpreter)

    def __repr__(self) -> str:
        return f"EmotionRecognizer(labels={list(self.labels)}, interpreter='{self._interpreter.name}')"

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the model, in the order of its outputs."""
        return self._bundle.labels

    def classify(self, path: str | os.PathLike[str]) -> Result:
        """Label a recording: WAV, FLAC or OGG, any rate and any number of channels.

        Raises:
            EdgeSerError: the recording cannot be read; the message says what to do.
        """
        pipeline = Pipeline.for_model(self._bundle, self._interpreter)
        with Recording(path) as recording:
            events = pipeline.run(recording.blocks())
            finals = [event for event in events if isinstance(event, EmotionEvent) and event.final]
        return summarize(self._bundle, finals, pipeline.position)
