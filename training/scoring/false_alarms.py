"""What the whole path, from gate to decision, does with recordings without speech, and with speech that it misses."""

from __future__ import annotations

from collections.abc import Sequence

from edge_ser.audio import SAMPLE_RATE, Block
from edge_ser.events import EmotionEvent
from edge_ser.model.bundle import Bundle
from edge_ser.model.interpreter import Interpreter
from edge_ser.recognition.pipeline import Pipeline
from edge_ser.sources.recording import read_samples
from training.corpora import Clip
from training.support import progress


def measure(clips: Sequence[Clip], bundle: Bundle, backend: Interpreter) -> dict[str, float]:
    """Run clips through the recognizer, each as a stream of its own.

    Returns:
        ``speech_missed``: share of the speech clips without any event; and, where there is noise,
        ``emotions_an_hour_of_noise``: final emotion events, ``uncertain`` ones included, and ``noise_hours``.
    """
    events = {True: 0, False: 0}
    missed = spoken = 0
    samples_of_noise = 0
    for clip in progress.bar(clips, "whole path", len(clips), "clip"):
        samples = read_samples(clip.path)
        pipeline = Pipeline.for_model(bundle, backend)
        made = [*pipeline.process(Block(samples)), *pipeline.finish()]
        count = sum(isinstance(event, EmotionEvent) and event.final for event in made)
        events[clip.label is None] += count
        if clip.label is None:
            samples_of_noise += len(samples)
        else:
            spoken += 1
            missed += not count
    figures = {"speech_missed": round(missed / spoken, 4)}
    if samples_of_noise:
        hours = samples_of_noise / SAMPLE_RATE / 3600
        figures |= {"emotions_an_hour_of_noise": round(events[True] / hours, 1), "noise_hours": round(hours, 3)}
    return figures
