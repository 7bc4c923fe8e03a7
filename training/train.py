"""Training the float network."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tqdm import tqdm

from edge_ser.events import LABELS
from training import batches
from training.dataset import Utterance
from training.evaluate import uar_of, whole_steps
from training.families import cnn_lstm


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained."""

    epochs: int = 60
    """Passes over the training utterances, each in one of its variants."""
    batch: int = 64
    """Utterances a step of the optimizer."""
    rate: float = 3e-3
    """Peak learning rate of AdamW; it falls to zero as a cosine."""
    decay: float = 2e-3
    """Weight decay of AdamW."""
    smoothing: float = 0.1
    """Label smoothing."""
    speech_weight: float = 1.0
    """Weight of the speech output's loss against the emotions'."""
    noise_share: float = 0.25
    """Share of recordings without speech in an epoch."""
    seed: int = 1
    """Of initial weights, order and jitter."""


def train(
    variants: Sequence[Sequence[Utterance]],
    validation: Sequence[Utterance],
    gain: npt.NDArray[np.int64],
    settings: TrainingSettings,
    checkpoint: Path,
    say: Callable[[str], None],
) -> keras.Model:
    """Train a CNN-LSTM and return it with the weights that did best on the validation speakers.

    Args:
        variants: The training utterances, first those that are not augmented.
        validation: Utterances of other speakers, not augmented.
        gain: The front end's gains, int64, Q20.
        settings: How to train.
        checkpoint: Where the best weights are kept.
        say: Takes a line of progress.
    """
    keras.utils.set_random_seed(settings.seed)
    tf.config.experimental.enable_op_determinism()
    rng = np.random.default_rng(settings.seed)
    pools = [_pool(variant, gain) for variant in variants]
    voices = np.concatenate([pool.targets for pool in pools])
    counts = np.bincount(voices[voices >= 0], minlength=len(LABELS))
    class_weights = counts.sum() / (len(LABELS) * counts)

    network = cnn_lstm.build(None, len(gain), len(LABELS) + 1)
    epoch_size = int((pools[0].targets >= 0).sum() * (1 + settings.noise_share))
    steps = settings.epochs * (epoch_size // settings.batch)
    optimizer = keras.optimizers.AdamW(
        keras.optimizers.schedules.CosineDecay(0.0, steps, warmup_target=settings.rate, warmup_steps=steps // 20),
        weight_decay=settings.decay,
        clipnorm=1.0,
    )
    step = _training_step(network, optimizer, settings)
    best = -1.0
    for epoch in tqdm(range(settings.epochs), "epochs"):
        losses = []
        for rows in _epoch(pools, settings, epoch_size, rng):
            pairs = [batches.jitter(pool.features[i], pool.speech[i], rng) for pool, i in rows]
            x, mask = batches.pad([features for features, _ in pairs], batches.LONGEST)
            speech = batches.speech_steps([speech for _, speech in pairs], mask.shape[1])
            targets = np.array([pool.targets[i] for pool, i in rows])
            weights = np.where(targets >= 0, class_weights[targets], 0.0).astype(np.float32)
            losses.append(float(step(x, mask, speech, np.maximum(targets, 0), weights)))
        score = uar_of(validation, lambda features: whole_steps(network, features), gain)
        say(f"epoch {epoch + 1}: loss {np.mean(losses):.3f}, validation UAR {score:.1%}")
        if score > best:
            best = score
            network.save_weights(checkpoint)
    network.load_weights(checkpoint)
    return network


@dataclass(frozen=True)
class _Pool:
    features: list[npt.NDArray[np.int8]]
    speech: list[npt.NDArray[np.bool_]]
    targets: npt.NDArray[np.int64]


def _pool(utterances: Sequence[Utterance], gain: npt.NDArray[np.int64]) -> _Pool:
    return _Pool(
        [batches.quantize(u.cepstra, gain) for u in utterances],
        [u.speech for u in utterances],
        np.array([u.clip.target for u in utterances]),
    )


def _epoch(
    pools: Sequence[_Pool], settings: TrainingSettings, size: int, rng: np.random.Generator
) -> list[list[tuple[_Pool, int]]]:
    """Draw an epoch: each voice once, in a variant by chance, and noises; in batches."""
    rows: list[tuple[_Pool, int]] = []
    voices = len(np.flatnonzero(pools[0].targets >= 0))
    for index in range(voices):
        pool = pools[rng.integers(len(pools))]
        candidates = np.flatnonzero(pool.targets >= 0)
        rows.append((pool, int(candidates[index % len(candidates)])))
    while len(rows) < size:
        pool = pools[rng.integers(len(pools))]
        rows.append((pool, int(rng.choice(np.flatnonzero(pool.targets < 0)))))
    order = rng.permutation(len(rows))
    whole = len(rows) // settings.batch * settings.batch
    return [[rows[i] for i in order[k : k + settings.batch]] for k in range(0, whole, settings.batch)]


def pooled(outputs: Any, mask: Any) -> Any:
    """Pool logits over steps as :class:`edge_ser.decision.Decision` does; TensorFlow tensors."""
    weights = tf.sigmoid(outputs[:, :, -1]) * mask
    return tf.reduce_sum(outputs[:, :, :-1] * weights[:, :, None], 1) / (tf.reduce_sum(weights, 1)[:, None] + 1e-3)


def _training_step(network: keras.Model, optimizer: keras.Optimizer, settings: TrainingSettings) -> Callable[..., Any]:
    @tf.function(reduce_retracing=True)
    def step(x: Any, mask: Any, speech: Any, targets: Any, weights: Any) -> Any:
        with tf.GradientTape() as tape:
            outputs = network(x, training=True)
            truth = tf.one_hot(targets, len(LABELS))
            truth = truth * (1.0 - settings.smoothing) + settings.smoothing / len(LABELS)
            emotion = tf.nn.softmax_cross_entropy_with_logits(truth, pooled(outputs, mask))
            heard = tf.nn.sigmoid_cross_entropy_with_logits(speech, outputs[:, :, -1])
            loss = tf.reduce_mean(emotion * weights)
            loss += settings.speech_weight * tf.reduce_sum(heard * mask) / tf.reduce_sum(mask)
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
        return loss

    result: Callable[..., Any] = step
    return result


def weights_hash(network: keras.Model) -> str:
    """Return a hash of all weights, to tell whether two runs gave the same network."""
    return hashlib.sha256(b"".join(w.tobytes() for w in network.get_weights())).hexdigest()
