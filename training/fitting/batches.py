"""Batches of utterances for training: drawing an epoch, small random changes, soft labels, mixup."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge_ser.features import front_end
from edge_ser.features.parameters import GAIN_BITS
from training.data.utterances import Utterance
from training.families import INPUT_SCALE, LONGEST, STRIDE, Family
from training.settings import TrainingSettings

Float32 = npt.NDArray[np.float32]
Int8 = npt.NDArray[np.int8]
Bools = npt.NDArray[np.bool_]

_STEPS_A_DEVIATION: Final = 24.0
_SORTED_TOGETHER: Final = 8  # batches whose utterances are sorted by length together, to keep padding short
_LENGTHS: Final = 32  # frames; the length of a batch is rounded up to a multiple


def gains(utterances: Sequence[Utterance]) -> tuple[int, ...]:
    """Return the front end's gains, which make one standard deviation of each coefficient 24 int8 steps.

    Args:
        utterances: Voices of the training speakers only.
    """
    count, total, squares = 0, np.float64(0.0), np.float64(0.0)
    for utterance in utterances:
        cepstra = utterance.cepstra.astype(np.float64)
        count += len(cepstra)
        total = total + cepstra.sum(axis=0)
        squares = squares + (cepstra**2).sum(axis=0)
    deviation = np.sqrt(squares / count - (total / count) ** 2)
    return tuple(int(g) for g in np.round(_STEPS_A_DEVIATION / deviation * 2.0**GAIN_BITS))


def quantize(cepstra: npt.NDArray[np.int32], gains: Sequence[int]) -> Int8:
    """Apply gains exactly as the front end does when it listens."""
    return front_end.quantize(cepstra.astype(np.float64), front_end.scale_of(gains))


@dataclass(frozen=True)
class Pool:
    """The training utterances of one copy of the recordings.

    Attributes:
        features: Each of shape ``(frames, coefficients)``, int8.
        speech: Which frames hold speech, each of shape ``(frames,)``, bool.
        repeats: How often each may be drawn in an epoch, so that a small corpus counts; int64, shape ``(n,)``.
        label_indices: Index of the label, -1 for a recording without speech; int64, shape ``(n,)``.
        targets: The label as a distribution, all 0 without speech; float32, shape ``(n, labels)``.
        teacher_logits: Mean logits of the teachers; zeros without teachers; float32, shape ``(n, labels)``.
    """

    features: list[Int8]
    speech: list[Bools]
    repeats: npt.NDArray[np.int64]
    label_indices: npt.NDArray[np.int64]
    targets: Float32
    teacher_logits: Float32


def pool(
    utterances: Sequence[Utterance], gains: Sequence[int], labels: Sequence[str], settings: TrainingSettings
) -> Pool:
    """Prepare the utterances of one copy of the recordings."""
    targets = np.zeros((len(utterances), len(labels)), np.float32)
    for row, utterance in zip(targets, utterances, strict=True):
        if utterance.clip.label is not None:
            row[:] = _target(utterance, labels, settings)
    return Pool(
        features=[quantize(u.cepstra, gains) for u in utterances],
        speech=[u.speech for u in utterances],
        repeats=_repeats(utterances, settings.repeats),
        label_indices=np.array([-1 if u.clip.label is None else labels.index(u.clip.label) for u in utterances]),
        targets=targets,
        teacher_logits=np.zeros_like(targets),
    )


def _repeats(utterances: Sequence[Utterance], most: int) -> npt.NDArray[np.int64]:
    """Return how often the corpus of each utterance fits into the largest one, at most ``most`` times."""
    sizes = Counter(u.clip.corpus for u in utterances if u.clip.label is not None)
    largest = max(sizes.values(), default=1)
    return np.array([min(most, largest // sizes[u.clip.corpus]) if u.clip.label else 1 for u in utterances], np.int64)


def _target(utterance: Utterance, labels: Sequence[str], settings: TrainingSettings) -> Float32:
    """Mix the intended label with the listeners' votes (after Fayek et al. 2016), then smooth."""
    intended = np.array([label == utterance.clip.label for label in labels], np.float32)
    votes = np.array([dict(utterance.clip.votes).get(label, 0.0) for label in labels], np.float32)
    if settings.votes and votes.sum() > 0:
        intended = (1.0 - settings.votes) * intended + settings.votes * votes / votes.sum()
    return np.asarray(intended * (1.0 - settings.smoothing) + settings.smoothing / len(labels), np.float32)


@dataclass(frozen=True)
class Batch:
    """The input of one step of the optimizer; all float32.

    Attributes:
        x: Input, ``(n, context + frames, coefficients)``.
        mask: Real steps, ``(n, steps)``.
        speech: Steps with speech, ``(n, steps)``.
        targets: Distributions of labels, ``(n, labels)``.
        teacher_logits: Mean logits of the teachers, ``(n, labels)``.
        weights: Of each row in the loss of the emotions, 0 for a recording without speech; ``(n,)``.
    """

    x: Float32
    mask: Float32
    speech: Float32
    targets: Float32
    teacher_logits: Float32
    weights: Float32


class Epochs:
    """Draws the batches of each epoch; an epoch depends only on the seed and its number.

    Args:
        pools: The training utterances, first those that are not augmented.
        family: Of the network, for the layout of its input.
        settings: How to train.
        seed: Of all random numbers.
    """

    def __init__(self, pools: Sequence[Pool], family: Family, settings: TrainingSettings, seed: int) -> None:
        self._pools = pools
        self._family = family
        self._settings = settings
        self._seed = seed
        labels = range(pools[0].targets.shape[1])
        self._voices = [_rows(pools, label) for label in labels]
        self._noises = _rows(pools, -1)
        counts = np.array([pools[0].repeats[pools[0].label_indices == label].sum() for label in labels])
        self._available = counts
        occurs = counts > 0  # a label may have no voice in which the gate detected speech
        per_class = {"over-sampling": counts.max(), "under-sampling": counts[occurs].min()}.get(settings.imbalance)
        self._counts = counts if per_class is None else np.where(occurs, per_class, 0)
        self._counts = self._counts * max(1, round(settings.draws / self._counts.sum()))
        balance = settings.imbalance == "class-weights"
        self._class_weights = counts.sum() / (occurs.sum() * np.maximum(counts, 1)) if balance else np.ones(len(counts))
        self._noise_count = round(settings.noise_share * int(self._counts.sum())) if self._noises else 0

    @property
    def steps(self) -> int:
        """Batches per epoch."""
        return max(1, int(self._counts.sum() + self._noise_count) // self._settings.batch)

    def batches(self, number: int) -> Iterator[Batch]:
        """Draw an epoch: each voice once, or as often as the settings require, in a random copy, and noises."""
        rng = np.random.default_rng([self._seed, number])
        rows = self._draw(rng)
        order = rng.permutation(len(rows))[: self.steps * self._settings.batch]
        together = self._settings.batch * _SORTED_TOGETHER
        groups = [order[i : i + together] for i in range(0, len(order), together)]
        lengths = np.array([len(self._pools[v].features[i]) for v, i in rows])
        order = np.concatenate([group[np.argsort(lengths[group], kind="stable")] for group in groups])
        for k in rng.permutation(self.steps):
            chosen = order[k * self._settings.batch : (k + 1) * self._settings.batch]
            yield self._batch([rows[i] for i in chosen], rng)

    def _draw(self, rng: np.random.Generator) -> list[tuple[int, int]]:
        rows = []
        for label, count in enumerate(self._counts):
            # All of them in turn, then some again: none comes again before each has had its turn.
            places = rng.permutation(self._available[label])
            for place in np.resize(places, count):
                copy, candidates = self._voices[label][rng.integers(len(self._voices[label]))]
                rows.append((copy, int(candidates[place % len(candidates)])))
        for _ in range(self._noise_count):
            copy, candidates = self._noises[rng.integers(len(self._noises))]
            rows.append((copy, int(rng.choice(candidates))))
        return rows

    def _batch(self, rows: Sequence[tuple[int, int]], rng: np.random.Generator) -> Batch:
        changed = [jitter(self._pools[v].features[i], self._pools[v].speech[i], self._settings, rng) for v, i in rows]
        longest = max(len(features) for features, _ in changed)
        frames = -(-longest // _LENGTHS) * _LENGTHS if self._family.streams else LONGEST
        x, mask = pad([features for features, _ in changed], self._family.context, frames)
        speech = speech_steps([speech for _, speech in changed], mask.shape[1])
        indices = np.array([self._pools[v].label_indices[i] for v, i in rows])
        weights = np.where(indices >= 0, self._class_weights[indices], 0.0).astype(np.float32)
        targets = np.stack([self._pools[v].targets[i] for v, i in rows])
        teacher_logits = np.stack([self._pools[v].teacher_logits[i] for v, i in rows])
        batch = Batch(x, mask, speech, targets, teacher_logits, weights)
        return mixed(batch, self._settings.mixup, rng) if self._settings.mixup else batch


def _rows(pools: Sequence[Pool], label: int) -> list[tuple[int, npt.NDArray[np.intp]]]:
    """Return the copies that hold a label, each with its rows; in a noisy one the gate may have detected nothing."""
    found = [(copy, np.flatnonzero(pool.label_indices == label)) for copy, pool in enumerate(pools)]
    return [(copy, np.repeat(rows, pools[copy].repeats[rows])) for copy, rows in found if len(rows)]


def mixed(batch: Batch, alpha: float, rng: np.random.Generator) -> Batch:
    """Mix each row with another one (Zhang et al. 2018, arXiv:1710.09412): inputs, labels, weights and speech."""
    share = np.float32(max(share := rng.beta(alpha, alpha), 1.0 - share))  # each row stays mostly itself
    other = rng.permutation(len(batch.x))

    def mix(a: Float32) -> Float32:
        return np.asarray(share * a + (np.float32(1.0) - share) * a[other], np.float32)

    # Distributions are mixed by the weight of each row, so that a recording without speech brings no label.
    weights = mix(batch.weights)
    targets = mix(batch.targets * batch.weights[:, None]) / np.maximum(weights, 1e-6)[:, None]
    mask, teacher_logits = np.maximum(batch.mask, batch.mask[other]), mix(batch.teacher_logits)
    return Batch(mix(batch.x), mask, mix(batch.speech), targets, teacher_logits, weights)


def pad(features: Sequence[Int8], context: int, frames: int) -> tuple[Float32, Float32]:
    """Stack utterances of different lengths.

    Args:
        features: Each of shape ``(frames, coefficients)``, int8.
        context: Frames of zeros in front.
        frames: Frames to pad to: a multiple of :data:`STRIDE`, at least those of the longest utterance.

    Returns:
        The network's input, shape ``(n, context + frames, coefficients)``, and a mask of real steps, shape
        ``(n, steps)``, both float32.
    """
    batch = np.zeros((len(features), context + frames, features[0].shape[1]), np.float32)
    mask = np.zeros((len(features), frames // STRIDE), np.float32)
    for row, part in enumerate(features):
        batch[row, context : context + len(part)] = part
        mask[row, : -(-len(part) // STRIDE)] = 1.0
    batch *= INPUT_SCALE
    return batch, mask


def jitter(features: Int8, speech: Bools, settings: TrainingSettings, rng: np.random.Generator) -> tuple[Int8, Bools]:
    """Return a random stretch of an utterance with small random changes of level, spectrum and noise."""
    if len(features) > 60 and rng.random() < 0.6:
        length = int(len(features) * rng.uniform(0.6, 1.0))
        start = int(rng.integers(len(features) - length + 1))
        features, speech = features[start : start + length], speech[start : start + length]
    features, speech = features[:LONGEST], speech[:LONGEST]
    x = features * np.float32(rng.uniform(0.85, 1.15))
    x += rng.standard_normal(features.shape[1], np.float32) * np.float32(4.0)
    x += rng.standard_normal(features.shape, np.float32) * np.float32(3.0)
    if rng.random() < settings.mask:  # SpecAugment's time mask
        start = int(rng.integers(len(x)))
        x[start : start + int(rng.integers(1, 12))] = 0.0
    return np.clip(np.round(x), -128, 127).astype(np.int8), speech


def speech_steps(speech: Sequence[Bools], steps: int) -> Float32:
    """Return for each step whether half of its frames or more are speech, float32, shape ``(n, steps)``."""
    result = np.zeros((len(speech), steps), np.float32)
    for row, frames in enumerate(speech):
        padded = np.zeros(steps * STRIDE, np.float32)
        padded[: len(frames)] = frames
        result[row] = padded.reshape(steps, STRIDE).mean(axis=1) >= 0.5
    return result
