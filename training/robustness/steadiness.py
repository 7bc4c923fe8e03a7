"""How steady the labels are that a user sees while one person goes on speaking in one mood."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise, zip_longest
from typing import Any, Final

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
from training.support import progress

Int16 = npt.NDArray[np.int16]

STEADY: Final = "neutral"
"""What people are asked to hold: the label that all corpora have."""

MINUTES: Final = 10.0
"""Of speech of each person."""

_OF_EACH_SEX: Final = 2
_PAUSES: Final = (0.2, 0.6)  # s, between sentences
_ROOM: Final = 4.0  # int16 steps, the noise of the quiet room


def measure(
    clips: Sequence[Clip], labels: Sequence[str], bundle: Bundle, backend: Interpreter, minutes: float = MINUTES
) -> dict[str, Any]:
    """Count the changes of the label, a speaker at a time.

    Args:
        clips: Of people whom the model never heard.
        labels: Of these clips; without :data:`STEADY` the first one is taken.
        bundle: The model.
        backend: Runs it.
        minutes: Of each person's stream.

    Returns:
        ``label``; ``flips_a_minute`` over all emotion events and ``final_flips_a_minute`` over the final ones, means
        over the speakers; and ``speakers``, the same of each.
    """
    label = STEADY if STEADY in labels else labels[0]
    chosen = choose([clip for clip in clips if clip.label == label])
    speakers = {}
    for speaker in progress.bar(chosen, "steadiness", len(chosen), "speaker"):
        spoken = [read_samples(clip.path) for clip in clips if (clip.speaker, clip.label) == (speaker, label)]
        stream = one_person(spoken, minutes, np.random.default_rng(zlib.crc32(speaker.encode())))
        pipeline = Pipeline.for_model(bundle, backend)
        blocks = (stream[at : at + BLOCK_SAMPLES] for at in range(0, len(stream), BLOCK_SAMPLES))
        events = [event for block in blocks for event in pipeline.process(Block(block))]
        events += pipeline.finish()
        speakers[speaker] = {
            "flips_a_minute": round(flips(events) / minutes, 2),
            "final_flips_a_minute": round(flips(events, lambda event: event.final) / minutes, 2),
        }
    means = {
        key: round(float(np.mean([of_speaker[key] for of_speaker in speakers.values()])), 2) if speakers else None
        for key in ("flips_a_minute", "final_flips_a_minute")
    }
    return {"label": label, "minutes": minutes, **means, "speakers": speakers}


def choose(clips: Sequence[Clip]) -> list[str]:
    """Choose up to two women and two men, corpora in turn, and where sexes are not known, anybody up to four."""
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
    """Return recordings as one stream: round after round in an order of chance, in a quiet room, with short pauses."""
    x = rng.normal(0.0, _ROOM, round(minutes * 60 * SAMPLE_RATE))
    at = 0
    while at < len(x):
        for place in rng.permutation(len(spoken)):
            at += round(rng.uniform(*_PAUSES) * SAMPLE_RATE)
            x[at : at + len(spoken[place])] += spoken[place][: max(0, len(x) - at)]
            at += len(spoken[place])
    return to_int16(x)


def flips(events: Iterable[Event], which: Callable[[EmotionEvent], bool] = lambda event: True) -> int:
    """Count the changes from one label to another; ``uncertain`` is none, and what stands around it is compared."""
    said = [e.label for e in events if isinstance(e, EmotionEvent) and which(e) and e.label != UNCERTAIN]
    return sum(before != after for before, after in pairwise(said))
