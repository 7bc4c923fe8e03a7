"""How often a model reports an emotion where nobody speaks: one hour of recorded and synthesized noises."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from edge_ser.audio import SAMPLE_RATE, Block
from edge_ser.events import UNCERTAIN, EmotionEvent
from edge_ser.model.bundle import Bundle
from edge_ser.model.interpreter import Interpreter
from edge_ser.recognition.pipeline import Pipeline
from edge_ser.sources.recording import read_samples
from training.augmentation import synthetic_noise
from training.augmentation.voice import speed, to_int16
from training.robustness.results import NonSpeech, Rates
from training.support import progress

Int16 = npt.NDArray[np.int16]

RECORDED: Final = "recorded"
KINDS: Final = (RECORDED, *synthetic_noise.KINDS)
"""Kinds of sound in the stream, in equal shares: recorded noises and each kind of synthesized ones."""

SEED: Final = 2
"""Of all sounds; trainings use another one for :mod:`training.augmentation.synthetic_noise`."""

HOUR: Final = 3_600.0
"""Length of all sounds, without the pauses between them, s."""

_PIECE: Final = 15.0  # s of one sound
_BEFORE: Final = 0.5  # s of a quiet room before each; longer than the gate's look-back
_AFTER: Final = 1.0  # s after each; longer than the gate's hang-over, so that an utterance belongs to one sound
_LEVELS: Final = (-40.0, -3.0)  # dB of full scale, peak
_SPEEDS: Final = (0.8, 1.25)  # at which recordings are played
_ROOM: Final = 4.0  # int16 steps, the noise of the quiet room


def measure(noises: Sequence[Path], bundle: Bundle, interpreter: Interpreter, seconds: float = HOUR) -> NonSpeech:
    """Count the final emotion events of one stream without speech.

    Args:
        noises: Recordings that no training uses.
        bundle: The model.
        interpreter: Runs it.
        seconds: Least length of all sounds, s.
    """
    pieces = -(-seconds // (_PIECE * len(KINDS)))
    order = np.repeat(np.arange(len(KINDS)), int(pieces))
    np.random.default_rng(SEED).shuffle(order)
    pipeline = Pipeline.for_model(bundle, interpreter)
    events = np.zeros((len(KINDS), 2))  # all, uncertain
    for kind, samples in zip(
        order, progress.bar(_stream(noises, order), "non-speech", len(order), "sound"), strict=True
    ):
        for event in pipeline.process(Block(samples)):
            if isinstance(event, EmotionEvent) and event.final:
                events[kind] += (1, event.label == UNCERTAIN)
    for event in pipeline.finish():  # the pause after a sound ends all utterances, unless the gate does not close
        if isinstance(event, EmotionEvent):
            events[order[-1]] += (1, event.label == UNCERTAIN)
    hours = pipeline.position / 3600
    by_kind = {name: _rates(events[i], hours / len(KINDS)) for i, name in enumerate(KINDS)}
    total = _rates(events.sum(axis=0), hours)
    return NonSpeech(round(hours, 3), total.events_an_hour, total.of_them_uncertain, by_kind)


def _rates(counts: npt.NDArray[np.float64], hours: float) -> Rates:
    events, uncertain = counts / hours
    return Rates(round(float(events), 1), round(float(uncertain), 1))


def _stream(noises: Sequence[Path], order: npt.NDArray[np.int64]) -> Iterator[Int16]:
    """Yield sounds by their indices in :data:`KINDS`, each with the quiet room around it."""
    before, after = round(_BEFORE * SAMPLE_RATE), round(_AFTER * SAMPLE_RATE)
    recorded = _recorded(noises, np.random.default_rng([SEED, 0]))
    for place, kind in enumerate(order):
        rng = np.random.default_rng([SEED, 1, place])
        sound = next(recorded) if KINDS[kind] == RECORDED else synthetic_noise.make(KINDS[kind], _PIECE, rng)
        x = sound.astype(np.float64)
        x *= 32_767 / max(1.0, np.abs(x).max()) * 10.0 ** (rng.uniform(*_LEVELS) / 20)
        room = rng.normal(0.0, _ROOM, before + len(x) + after)
        room[before:-after] += x
        yield to_int16(room)


def _recorded(noises: Sequence[Path], rng: np.random.Generator) -> Iterator[Int16]:
    """Yield sounds made from the recordings, all of them in turn; half of the sounds are mixtures of two."""
    turns = cycle(_turns(noises, rng))
    length = round(_PIECE * SAMPLE_RATE)
    while True:
        x = _joined(turns, length, rng)
        if rng.random() < 0.5:
            other = _joined(turns, length, rng)
            x += other * (x.std() / max(1.0, other.std()) * 10.0 ** (rng.uniform(-10, 0) / 20))
        yield to_int16(x)


def _turns(noises: Sequence[Path], rng: np.random.Generator) -> list[Path]:
    return [noises[i] for _ in range(20) for i in rng.permutation(len(noises))]


def _joined(turns: Iterator[Path], length: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Play recordings one after another, each at its own speed and level, until ``length`` samples are full."""
    parts: list[npt.NDArray[np.float64]] = []
    while sum(map(len, parts)) < length:
        x = speed(read_samples(next(turns)).astype(np.float64), rng.uniform(*_SPEEDS))[:length]
        parts.append(x * (10_000 / max(1.0, np.abs(x).max()) * 10.0 ** (rng.uniform(-12, 0) / 20)))
    return np.concatenate(parts)[:length]
