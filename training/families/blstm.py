"""The BLSTM: an LSTM in each direction on steps of four stacked frames; takes up to 4.1 s, does not stream."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers as keras_layers

from training.families import LONGEST, Family
from training.families.layers import blstm, stacked
from training.settings import NetworkSettings


def build(frames: int | None, gains: Sequence[int], outputs: int, settings: NetworkSettings) -> keras.Model:
    """Build the network, from ``(batch, frames, coefficients)`` to ``(batch, steps, outputs)``."""
    source = keras.Input((frames, len(gains)))
    x = blstm(stacked(source), settings.units, settings.dropout)
    return keras.Model(source, keras_layers.Dense(outputs)(x), name="blstm")


FAMILY = Family(build, context=0, chunk=LONGEST, streams=False)
