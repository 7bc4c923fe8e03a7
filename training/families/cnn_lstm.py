"""The CNN-LSTM: two strided convolutions over time, an LSTM, and a dense output a step.

A step stands for four frames (64 ms).  Convolutions are unpadded: what precedes an utterance is :data:`CONTEXT` frames
of zeros in front of the input, in training as on the device, so that a stream of chunks gives the steps of the whole.
"""

from __future__ import annotations

from typing import Final

import keras
from keras import layers

STRIDE: Final = 4
"""Frames a step."""

CONTEXT: Final = 5
"""Frames before a step's own four that its convolutions see: kernel 5, stride 2, then kernel 3, stride 2."""

INPUT_SCALE: Final = 1 / 32
"""What one int8 step of the front end is to the network."""


def build(
    frames: int | None, coefficients: int, outputs: int, channels: int = 64, units: int = 64, dropout: float = 0.2
) -> keras.Model:
    """Build the network.

    Args:
        frames: Frames of input, :data:`CONTEXT` included; ``None`` for any number.
        coefficients: Coefficients a frame.
        outputs: Logits a step: one a label and one for speech.
        channels: Channels of both convolutions.
        units: Units of the LSTM.
        dropout: Share of the LSTM's outputs dropped in training; half of it before.

    Returns:
        A model from ``(batch, frames, coefficients)`` to ``(batch, steps, outputs)``.
    """
    source = keras.Input((frames, coefficients), name="features")
    x = source
    for number, kernel in enumerate((5, 3), 1):
        x = layers.Conv1D(channels, kernel, strides=2, use_bias=False, name=f"convolution_{number}")(x)
        x = layers.BatchNormalization(name=f"normalization_{number}")(x)
        x = layers.ReLU(name=f"activation_{number}")(x)
        x = layers.SpatialDropout1D(dropout / 2, name=f"dropout_{number}")(x)
    x = layers.LSTM(units, return_sequences=True, name="lstm")(x)
    x = layers.Dropout(dropout, name="dropout_3")(x)
    return keras.Model(source, layers.Dense(outputs, name="logits")(x), name="cnn_lstm")
