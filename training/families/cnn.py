"""The CNN: four convolutions over time and a dense output for each step, which sees 0.9 s; it streams without state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import keras
from keras import layers as keras_layers

from training.families import STRIDE, Family
from training.families.layers import CONVOLUTIONS_CONTEXT, convolution, convolutions
from training.settings import NetworkSettings

_KERNEL: Final = 7  # steps of the last two convolutions


def build(frames: int | None, gains: Sequence[int], outputs: int, settings: NetworkSettings) -> keras.Model:
    """Build the network, from ``(batch, frames, coefficients)`` to ``(batch, steps, outputs)``."""
    source = keras.Input((frames, len(gains)))
    x = convolutions(source, gains, settings.channels, settings.units, settings.dropout)
    x = convolution(x, settings.units, _KERNEL, settings.dropout / 2)
    x = convolution(x, settings.units, _KERNEL, settings.dropout)
    return keras.Model(source, keras_layers.Dense(outputs)(x), name="cnn")


# Each chunk computes its context again, so longer chunks cost less per second of audio: here half a second.
FAMILY = Family(build, context=CONVOLUTIONS_CONTEXT + 2 * (_KERNEL - 1) * STRIDE, chunk=32, streams=True)
