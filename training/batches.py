"""Batches of utterances for training and evaluation of the float network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from edge_ser.features import front_end
from edge_ser.features.parameters import GAIN_BITS
from training.dataset import Utterance
from training.families.cnn_lstm import CONTEXT, INPUT_SCALE, STRIDE

Float32 = npt.NDArray[np.float32]
Int8 = npt.NDArray[np.int8]

LONGEST: Final = 320
"""Frames of an utterance that a training batch takes (5.1 s)."""

_STEPS_A_DEVIATION: Final = 24.0


def gains(utterances: Sequence[Utterance]) -> tuple[int, ...]:
    """Return the front end's gains: a standard deviation of each coefficient becomes 24 int8 steps.

    Args:
        utterances: The training speakers' only.
    """
    frames = np.concatenate([u.cepstra for u in utterances]).astype(np.float64)
    return tuple(int(g) for g in np.round(_STEPS_A_DEVIATION / frames.std(axis=0) * 2.0**GAIN_BITS))


def quantize(cepstra: npt.NDArray[np.int32], gain: npt.NDArray[np.int64]) -> Int8:
    """Apply gains exactly as the front end does on the device."""
    return front_end.quantize(cepstra.astype(np.float64), front_end.scale_of(gain.tolist()))


def pad(features: Sequence[Int8], length: int | None = None) -> tuple[Float32, Float32]:
    """Stack utterances of different lengths.

    Args:
        features: Each of shape ``(frames, coefficients)``, int8.
        length: Frames to pad to; by default those of the longest.

    Returns:
        The network's input, shape ``(n, CONTEXT + frames, coefficients)``, and a mask of real steps, ``(n, steps)``.
    """
    steps = -(-(length or max(map(len, features))) // STRIDE)
    batch = np.zeros((len(features), CONTEXT + steps * STRIDE, features[0].shape[1]), np.float32)
    mask = np.zeros((len(features), steps), np.float32)
    for row, frames in enumerate(features):
        batch[row, CONTEXT : CONTEXT + len(frames)] = frames
        mask[row, : -(-len(frames) // STRIDE)] = 1.0
    batch *= INPUT_SCALE
    return batch, mask


def jitter(
    features: Int8, speech: npt.NDArray[np.bool_], rng: np.random.Generator
) -> tuple[Int8, npt.NDArray[np.bool_]]:
    """Return a random stretch of an utterance with small changes that no microphone or voice would notice."""
    if len(features) > 60 and rng.random() < 0.6:
        length = int(len(features) * rng.uniform(0.6, 1.0))
        start = int(rng.integers(len(features) - length + 1))
        features, speech = features[start : start + length], speech[start : start + length]
    features, speech = features[:LONGEST], speech[:LONGEST]
    x = (
        features * rng.uniform(0.85, 1.15)
        + rng.normal(0.0, 4.0, features.shape[1])
        + rng.normal(0.0, 3.0, features.shape)
    )
    if rng.random() < 0.5:  # SpecAugment's time mask
        start = int(rng.integers(len(x)))
        x[start : start + int(rng.integers(1, 12))] = 0.0
    return np.clip(np.round(x), -128, 127).astype(np.int8), speech


def speech_steps(speech: Sequence[npt.NDArray[np.bool_]], steps: int) -> Float32:
    """Return for each step whether most of its frames are speech, shape ``(n, steps)``."""
    result = np.zeros((len(speech), steps), np.float32)
    for row, frames in enumerate(speech):
        padded = np.zeros(steps * STRIDE, np.float32)
        padded[: len(frames)] = frames
        result[row] = padded.reshape(steps, STRIDE).mean(axis=1) >= 0.5
    return result
