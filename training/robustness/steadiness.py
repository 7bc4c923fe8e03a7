"""How steady the labels are while one person speaks in one mood."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise, zip_longest
from typing import Final

import numpy as np
import numpy.typing as npt

from edge_ser.audio import BLOCK_SAMPLES, SAMPLE_RATE, Block
from edge_ser.events import UNCERTAIN, EmotionEvent, Event
from edge_ser.model.bundle import Bundle
from edge_ser.model.interpreter import Interpreter
from edge_ser.recognition.pipeline import Pipeline
from edge_ser.sources.recording import read_samples
from training.augmentation.voice import to_int16
from training.corpora import Clip
from training.robustness.results import Flips, Steadiness
from training.support import progress

Int16 = npt.NDArray[np.int16]

STEADY: Final = "neutral"
"""The mood that is held: the label that all corpora have."""

MINUTES: Final = 10.0
"""Length of each speaker's stream, minutes."""

_OF_EACH_SEX: Final = 2
_PAUSES: Final = (0.2, 0.6)  # s, between sentences
_ROOM: Final = 4.0  # int16 steps, the noise of the quiet room


def measure(
    clips: Sequence[Clip], labels: Sequence[str], bundle: Bundle, interpreter: Interpreter, minutes: float = MINUTES
) -> Steadiness:
    """Count the changes of the label for each speaker.

    Args:
        clips: Of people on whom the model was not trained.
        labels: Of these clips; if :data:`STEADY` is not among them, the first one is used.
        bundle: The model.
        interpreter: Runs it.
        minutes: Length of each speaker's stream, minutes.
    """
    label = STEADY if STEADY in labels else labels[0]
    chosen = choose([clip for clip in clips if clip.label == label])
    speakers = {}
    for speaker in progress.bar(chosen, "steadiness", len(chosen), "speaker"):
        spoken = [read_samples(clip.path) for clip in clips if (clip.speaker, clip.label) == (speaker, label)]
        stream = one_person(spoken, minutes, np.random.default_rng(zlib.crc32(speaker.encode())))
        pipeline = Pipeline.for_model(bundle, interpreter)
        blocks = (stream[at : at + BLOCK_SAMPLES] for at in range(0, len(stream), BLOCK_SAMPLES))
        events = [event for block in blocks for event in pipeline.process(Block(block))]
        events += pipeline.finish()
        speakers[speaker] = Flips(
            round(flips(events) / minutes, 2), round(flips(events, lambda event: event.final) / minutes, 2)
        )
    return Steadiness(
        label=label,
        minutes=minutes,
        flips_a_minute=_mean([each.flips_a_minute for each in speakers.values()]),
        final_flips_a_minute=_mean([each.final_flips_a_minute for each in speakers.values()]),
        speakers=speakers,
    )


def _mean(rates: Sequence[float]) -> float | None:
    return round(float(np.mean(rates)), 2) if rates else None


def choose(clips: Sequence[Clip]) -> list[str]:
    """Choose up to two women and two men, from the corpora in turn; where sexes are unknown, up to four people."""
    chosen: list[str] = []
    for sex, most in (("female", _OF_EACH_SEX), ("male", _OF_EACH_SEX), (None, 2 * _OF_EACH_SEX)):
        by_corpus: dict[str, dict[str, None]] = {}
        for clip in sorted(clips, key=lambda clip: clip.speaker):
            if clip.sex == sex:
                by_corpus.setdefault(clip.corpus, {})[clip.speaker] = None
        turns = [speaker for row in zip_longest(*by_corpus.values()) for speaker in row if speaker]
        chosen += turns[: min(most, 2 * _OF_EACH_SEX - len(chosen))]
    return chosen


def one_person(spoken: Sequence[Int16], minutes: float, rng: np.random.Generator) -> Int16:
    """Return recordings as one stream: repeated in random order, in a quiet room, with short pauses."""
    x = rng.normal(0.0, _ROOM, round(minutes * 60 * SAMPLE_RATE))
    at = 0
    while at < len(x):
        for place in rng.permutation(len(spoken)):
            at += round(rng.uniform(*_PAUSES) * SAMPLE_RATE)
            x[at : at + len(spoken[place])] += spoken[place][: max(0, len(x) - at)]
            at += len(spoken[place])
    return to_int16(x)


def flips(events: Iterable[Event], which: Callable[[EmotionEvent], bool] = lambda event: True) -> int:
    """Count the changes from one label to another; ``uncertain`` is passed over, and its neighbours are compared."""
    labels = [e.label for e in events if isinstance(e, EmotionEvent) and which(e) and e.label != UNCERTAIN]
    return sum(before != after for before, after in pairwise(labels))
