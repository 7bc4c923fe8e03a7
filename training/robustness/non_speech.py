"""How often a model hears an emotion where nobody speaks: an hour of noises, real and synthesized, as one stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any, Final

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
from training.support import progress

Int16 = npt.NDArray[np.int16]

RECORDED: Final = "recorded"
KINDS: Final = (RECORDED, *synthetic_noise.KINDS)
"""What the stream is made of, in equal shares: recorded noises and each kind of synthesized ones."""

SEED: Final = 2
"""Of all sounds; who trains with :mod:`training.augmentation.synthetic_noise` takes another one."""

HOUR: Final = 3_600.0
"""Of sound, s, not counting the pauses between sounds."""

_PIECE: Final = 15.0  # s of one sound
_BEFORE: Final = 0.5  # s of a quiet room before each; longer than the gate's look-back
_AFTER: Final = 1.0  # s after each; longer than the gate's hang-over, so an utterance belongs to one sound
_LEVELS: Final = (-40.0, -3.0)  # dB of full scale, peak
_SPEEDS: Final = (0.8, 1.25)  # at which recordings are played
_ROOM: Final = 4.0  # int16 steps, the noise of the quiet room


def measure(noises: Sequence[Path], bundle: Bundle, backend: Interpreter, seconds: float = HOUR) -> dict[str, Any]:
    """Count the final emotion events of one stream without speech.

    Args:
        noises: Recordings that no training has heard.
        bundle: The model.
        backend: Runs it.
        seconds: How much sound there is at least.

    Returns:
        ``hours`` of stream; ``events_an_hour``; ``of_them_uncertain``, also an hour; and ``by_kind`` the last two of
        each of :data:`KINDS`, an hour of that kind.
    """
    pieces = -(-seconds // (_PIECE * len(KINDS)))
    order = np.repeat(np.arange(len(KINDS)), int(pieces))
    np.random.default_rng(SEED).shuffle(order)
    pipeline = Pipeline.for_model(bundle, backend)
    events = np.zeros((len(KINDS), 2))  # all, uncertain
    for kind, samples in zip(
        order, progress.bar(_stream(noises, order), "non-speech", len(order), "sound"), strict=True
    ):
        for event in pipeline.process(Block(samples)):
            if isinstance(event, EmotionEvent) and event.final:
                events[kind] += (1, event.label == UNCERTAIN)
    for event in pipeline.finish():  # the pause after a sound ends all utterances, but for a gate that does not close
        if isinstance(event, EmotionEvent):
            events[order[-1]] += (1, event.label == UNCERTAIN)
    hours = pipeline.position / 3600
    by_kind = {name: _rates(events[i], hours / len(KINDS)) for i, name in enumerate(KINDS)}
    return {"hours": round(hours, 3), **_rates(events.sum(axis=0), hours), "by_kind": by_kind}


def _rates(counts: npt.NDArray[np.float64], hours: float) -> dict[str, float]:
    events, uncertain = counts / hours
    return {"events_an_hour": round(events, 1), "of_them_uncertain": round(uncertain, 1)}


def _stream(noises: Sequence[Path], order: npt.NDArray[np.int64]) -> Iterator[Int16]:
    """Yield the sounds of :data:`KINDS` by their indices, each with the quiet room around it."""
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
    """Yield sounds made of recordings, all of them in turn, half of the sounds mixtures of two."""
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
    """Play recordings one after the other, each at a speed and level of its own, until ``length`` is full."""
    parts: list[npt.NDArray[np.float64]] = []
    while sum(map(len, parts)) < length:
        x = speed(read_samples(next(turns)).astype(np.float64), rng.uniform(*_SPEEDS))[:length]
        parts.append(x * (10_000 / max(1.0, np.abs(x).max()) * 10.0 ** (rng.uniform(-12, 0) / 20)))
    return np.concatenate(parts)[:length]
