"""The whole path, from gate to decision: events for recordings without speech, and speech that it misses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge_ser.audio import SAMPLE_RATE, Block
from edge_ser.events import EmotionEvent
from edge_ser.model.bundle import Bundle
from edge_ser.model.interpreter import Interpreter
from edge_ser.recognition.pipeline import Pipeline
from edge_ser.sources.recording import read_samples
from training.corpora import Clip
from training.support import progress


@dataclass(frozen=True)
class WholePath:
    """What came out of the recognizer.

    Attributes:
        speech_missed: Share of the speech clips without any event, 0 to 1.
        emotions_an_hour_of_noise: Final emotion events per hour of noise, ``uncertain`` ones included; ``None``
            without noise.
        noise_hours: How much noise there was, hours; ``None`` without noise.
    """

    speech_missed: float
    emotions_an_hour_of_noise: float | None = None
    noise_hours: float | None = None


def measure(clips: Sequence[Clip], bundle: Bundle, interpreter: Interpreter) -> WholePath:
    """Run clips, speech and noise, through the recognizer, each as a stream of its own."""
    noise_events = missed = spoken = noise_samples = 0
    for clip in progress.bar(clips, "whole path", len(clips), "clip"):
        samples = read_samples(clip.path)
        pipeline = Pipeline.for_model(bundle, interpreter)
        events = [*pipeline.process(Block(samples)), *pipeline.finish()]
        count = sum(isinstance(event, EmotionEvent) and event.final for event in events)
        if clip.label is None:
            noise_events += count
            noise_samples += len(samples)
        else:
            spoken += 1
            missed += not count
    share = round(missed / spoken, 4)
    if not noise_samples:
        return WholePath(share)
    hours = noise_samples / SAMPLE_RATE / 3600
    return WholePath(share, round(noise_events / hours, 1), round(hours, 3))
