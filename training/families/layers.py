"""Layers that several deep families use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from keras import layers

from edge_ser.features.mfcc import CEPSTRA_FRACTION_BITS, dct_matrix
from edge_ser.features.parameters import GAIN_BITS
from training.data.utterances import FRONT_END
from training.families import INPUT_SCALE, STRIDE

CONVOLUTIONS_CONTEXT: Final = 5
"""Frames before the four of a step that :func:`convolutions` sees: kernel 5, stride 2, then kernel 3, stride 2."""

_DEVIATION: Final = 2.2
"""Standard deviation of a normalized band, log2 units; it scales the convolutions' input to about 1."""


def convolutions(x: Any, gains: Sequence[int], channels: int, units: int, dropout: float) -> Any:
    """Two convolutions over time and frequency, from frames of cepstra to ``units`` features per step of four frames.

    The shape of a harmonic or a formant does not depend on its frequency, and neither do the weights of a convolution.
    """
    x = layers.Reshape((-1, FRONT_END.bands, 1))(bands(x, gains))
    x = layers.Conv2D(channels, 5, strides=2, use_bias=False)(x)
    x = layers.SpatialDropout2D(dropout / 2)(layers.ReLU()(layers.BatchNormalization()(x)))
    x = layers.Conv2D(2 * channels, 3, strides=2, use_bias=False)(x)
    x = layers.SpatialDropout2D(dropout / 2)(layers.ReLU()(layers.BatchNormalization()(x)))
    x = layers.Reshape((-1, x.shape[2] * x.shape[3]))(x)
    return convolution(x, units, 1, dropout)


def bands(x: Any, gains: Sequence[int]) -> Any:
    """Undo the gains and the DCT of the front end: cepstra become mel bands again; nothing here is trained."""
    inverse = dct_matrix(FRONT_END.bands, len(gains)).T  # it is orthonormal
    scale = 2.0 ** (GAIN_BITS - CEPSTRA_FRACTION_BITS) / (INPUT_SCALE * _DEVIATION * np.array(gains, np.float64))
    back = layers.Conv1D(FRONT_END.bands, 1, use_bias=False, trainable=False)
    back.build(x.shape)
    back.set_weights([(inverse * scale[:, None])[None].astype(np.float32)])
    return back(x)


def convolution(x: Any, channels: int, kernel: int, dropout: float) -> Any:
    """An unpadded convolution over time, with batch normalization, ReLU and dropout of whole channels."""
    x = layers.Conv1D(channels, kernel, use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    return layers.SpatialDropout1D(dropout)(layers.ReLU()(x))


def stacked(x: Any) -> Any:
    """Stack four frames to one step."""
    return layers.Reshape((-1 if x.shape[1] is None else x.shape[1] // STRIDE, STRIDE * x.shape[2]))(x)


def lstm(x: Any, units: int, dropout: float) -> Any:
    """An LSTM that returns a row for each step."""
    return layers.Dropout(dropout)(layers.LSTM(units, return_sequences=True)(x))


def blstm(x: Any, units: int, dropout: float) -> Any:
    """An LSTM in each direction, with their rows concatenated."""
    return layers.Dropout(dropout)(layers.Bidirectional(layers.LSTM(units, return_sequences=True))(x))
