"""The CNN-LSTM, the family that ships: two strided convolutions over time, an LSTM, a dense output for each step."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers as keras_layers

from training.families import Family
from training.families.layers import CONVOLUTIONS_CONTEXT, convolutions, lstm
from training.settings import NetworkSettings


def build(frames: int | None, gains: Sequence[int], outputs: int, settings: NetworkSettings) -> keras.Model:
    """Build the network, from ``(batch, frames, coefficients)`` to ``(batch, steps, outputs)``."""
    source = keras.Input((frames, len(gains)))
    x = convolutions(source, gains, settings.channels, settings.units, settings.dropout)
    x = lstm(x, settings.units, settings.dropout)
    return keras.Model(source, keras_layers.Dense(outputs)(x), name="cnn_lstm")


FAMILY = Family(build, context=CONVOLUTIONS_CONTEXT, chunk=8, streams=True)
