"""The LSTM: two LSTMs on steps of four stacked frames, without convolutions."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers as keras_layers

from training.families import Family
from training.families.layers import lstm, stacked
from training.settings import NetworkSettings


def build(frames: int | None, gains: Sequence[int], outputs: int, settings: NetworkSettings) -> keras.Model:
    """Build the network, from ``(batch, frames, coefficients)`` to ``(batch, steps, outputs)``."""
    source = keras.Input((frames, len(gains)))
    x = lstm(stacked(source), settings.units, settings.dropout)
    x = lstm(x, settings.units, settings.dropout)
    return keras.Model(source, keras_layers.Dense(outputs)(x), name="lstm")


FAMILY = Family(build, context=0, chunk=8, streams=True)
