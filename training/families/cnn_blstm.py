"""The CNN-BLSTM: the CNN-LSTM with an LSTM in each direction; takes up to 4.1 s, does not stream."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers as keras_layers

from training.families import LONGEST, Family
from training.families.layers import CONVOLUTIONS_CONTEXT, blstm, convolutions
from training.settings import NetworkSettings


def build(frames: int | None, gains: Sequence[int], outputs: int, settings: NetworkSettings) -> keras.Model:
    """Build the network, from ``(batch, frames, coefficients)`` to ``(batch, steps, outputs)``."""
    source = keras.Input((frames, len(gains)))
    x = convolutions(source, gains, settings.channels, settings.units, settings.dropout)
    x = blstm(x, settings.units, settings.dropout)
    return keras.Model(source, keras_layers.Dense(outputs)(x), name="cnn_blstm")


FAMILY = Family(build, context=CONVOLUTIONS_CONTEXT, chunk=LONGEST, streams=False)
