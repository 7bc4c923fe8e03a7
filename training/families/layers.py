"""Layers that the deep families share."""

from __future__ import annotations

from typing import Any, Final

from keras import layers

from training.families import STRIDE

CONVOLUTIONS_CONTEXT: Final = 5
"""Frames before a step's own four that :func:`convolutions` see: kernel 5, stride 2, then kernel 3, stride 2."""


def convolutions(x: Any, channels: int, dropout: float) -> Any:
    """Two strided convolutions over time, from frames to steps of four."""
    x = convolution(x, channels, 5, 2, dropout / 2)
    return convolution(x, channels, 3, 2, dropout / 2)


def convolution(x: Any, channels: int, kernel: int, strides: int, dropout: float) -> Any:
    """An unpadded convolution with batch normalization, ReLU and dropout of whole channels."""
    x = layers.Conv1D(channels, kernel, strides=strides, use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    return layers.SpatialDropout1D(dropout)(layers.ReLU()(x))


def stacked(x: Any) -> Any:
    """Four frames beside each other as one step."""
    return layers.Reshape((-1 if x.shape[1] is None else x.shape[1] // STRIDE, STRIDE * x.shape[2]))(x)


def lstm(x: Any, units: int, dropout: float) -> Any:
    """An LSTM that gives a row a step."""
    return layers.Dropout(dropout)(layers.LSTM(units, return_sequences=True)(x))


def blstm(x: Any, units: int, dropout: float) -> Any:
    """An LSTM in each direction, their rows beside each other."""
    return layers.Dropout(dropout)(layers.Bidirectional(layers.LSTM(units, return_sequences=True))(x))
