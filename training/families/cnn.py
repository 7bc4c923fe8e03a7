"""The CNN: four convolutions over time and a dense output a step, which hears 0.9 s; it streams without any state."""

from __future__ import annotations

from typing import Final

import keras
from keras import layers as keras_layers

from training.families import STRIDE, Family
from training.families.layers import CONVOLUTIONS_CONTEXT, convolution, convolutions
from training.settings import NetworkSettings

_KERNEL: Final = 7  # steps of the last two convolutions


def build(frames: int | None, coefficients: int, outputs: int, settings: NetworkSettings) -> keras.Model:
    """Build the network, from ``(batch, frames, coefficients)`` to ``(batch, steps, outputs)``."""
    source = keras.Input((frames, coefficients))
    x = convolutions(source, settings.channels, settings.dropout)
    x = convolution(x, settings.channels, _KERNEL, 1, settings.dropout / 2)
    x = convolution(x, settings.channels, _KERNEL, 1, settings.dropout)
    return keras.Model(source, keras_layers.Dense(outputs)(x), name="cnn")


# Each chunk computes its context anew, so longer chunks cost less a second of audio: here half a second.
FAMILY = Family(build, context=CONVOLUTIONS_CONTEXT + 2 * (_KERNEL - 1) * STRIDE, chunk=32, streams=True)
