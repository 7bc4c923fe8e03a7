"""The inspection of a recording: what the pipeline makes of it on the way from samples to a label."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from edge_ser.audio import SAMPLE_RATE, Samples
from edge_ser.errors import EdgeSerError
from edge_ser.events import EmotionEvent
from edge_ser.model.bundle import Bundle
from edge_ser.model.interpreter import Interpreter
from edge_ser.recognition.gate import cut
from edge_ser.recognition.pipeline import Pipeline
from edge_ser.recognition.results import Result, summarize
from edge_ser.sources.recording import Recording

MOST_SECONDS: Final = 1_800
"""Longest recording, s: a picture cannot show more, and a small Raspberry Pi lacks the memory for more."""


@dataclass(frozen=True)
class Inspection:
    """A recording and what the pipeline made of it.

    Attributes:
        name: Name of the recording, for people.
        samples: The audio, shape ``(n,)``, int16, 16 kHz.
        speech: Start and end of each part for which the speech gate was open, s.
        events: Provisional and final labels, in order.
        result: The label of the whole recording.
    """

    name: str
    samples: Samples
    speech: list[tuple[float, float]]
    events: list[EmotionEvent]
    result: Result

    @property
    def utterances(self) -> Iterator[list[EmotionEvent]]:
        """The events of each utterance in turn; the last event of an utterance is its final one."""
        numbers = sorted({event.utterance for event in self.events})
        return ([event for event in self.events if event.utterance == number] for number in numbers)

    @property
    def rejected(self) -> list[tuple[float, float]]:
        """Start and end of each part for which the gate was open, but the model heard no speech, s."""
        starts = {event.start for event in self.events}
        return [span for span in self.speech if span[0] not in starts]


def inspect(path: str | os.PathLike[str], bundle: Bundle, interpreter: Interpreter) -> Inspection:
    """Run a recording through the pipeline and keep every intermediate result.

    Args:
        path: The recording.
        bundle: The model.
        interpreter: The interpreter that runs it.

    Raises:
        EdgeSerError: the recording cannot be read, or is too long.
    """
    pipeline = Pipeline.for_model(bundle, interpreter)
    heard: list[Samples] = []
    events: list[EmotionEvent] = []
    with Recording(path) as recording:
        for block in recording.blocks():
            heard.append(block.samples)
            events += (event for event in pipeline.process(block) if isinstance(event, EmotionEvent))
            if pipeline.position > MOST_SECONDS:
                raise EdgeSerError(
                    f"{recording.name} is longer than {MOST_SECONDS // 60} min, too long for a picture; "
                    f"cut out a part, for example with: sox FILE part.wav trim 0 {MOST_SECONDS}"
                )
        name = recording.name
    events += (event for event in pipeline.finish() if isinstance(event, EmotionEvent))
    samples = np.concatenate([np.empty(0, np.int16), *heard])
    speech = [
        (part.start / SAMPLE_RATE, (part.start + len(part.samples)) / SAMPLE_RATE)
        for part in cut(samples)  # the gate's decisions do not depend on the size of blocks
    ]
    finals = [event for event in events if event.final]
    return Inspection(name, samples, speech, events, summarize(bundle, finals, len(samples) / SAMPLE_RATE))
