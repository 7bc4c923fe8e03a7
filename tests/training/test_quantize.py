"""The int8 network is full int8, has the fused LSTM, and streams to the steps of the whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge_ser.events import LABELS
from edge_ser.model.bundle import Bundle, ChunkLayout, read_bundle
from edge_ser.model.interpreter import choose_backend
from edge_ser.model.stream import ModelStream
from edge_ser.settings import DecisionSettings

pytest.importorskip("tensorflow", reason="needs the extra 'train'")

from training.evaluate import whole_steps
from training.families import cnn_lstm
from training.quantize import check, convert, multiply_adds

OPERATORS = {"CONV_2D", "FULLY_CONNECTED", "RESHAPE", "UNIDIRECTIONAL_SEQUENCE_LSTM"}


def test_the_shipped_model_is_full_int8() -> None:
    operators = check(read_bundle().network)
    assert set(operators) == OPERATORS
    assert operators["UNIDIRECTIONAL_SEQUENCE_LSTM"] == 1


@pytest.fixture(scope="module")
def features() -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    smooth = [np.cumsum(rng.normal(0, 6, (n, 40)), axis=0) for n in (90, 121, 200, 64)]
    return [np.clip(x - x.mean(axis=0), -128, 127).astype(np.int8) for x in smooth]


def test_a_network_survives_conversion(features: list[np.ndarray], tmp_path: Path) -> None:
    import keras

    keras.utils.set_random_seed(1)
    network = cnn_lstm.build(None, 40, len(LABELS) + 1, channels=16, units=12)
    model = convert(network, features)
    assert set(check(model)) == OPERATORS
    layout = ChunkLayout(8, cnn_lstm.CONTEXT, 2)
    bundle = Bundle(LABELS, read_bundle().front_end, layout, DecisionSettings(), {}, model)
    stream = ModelStream(bundle, choose_backend("litert"))
    for frames, whole in zip(features, whole_steps(network, features), strict=True):
        stream.reset()
        streamed = np.concatenate((stream.process(frames), stream.finish()))
        assert streamed.shape == whole.shape
        # int8 is coarse, but a wrong gate order, a lost state or a shifted chunk is far coarser
        assert np.corrcoef(streamed.ravel(), whole.ravel())[0, 1] > 0.99


def test_a_float_model_is_refused() -> None:
    import tensorflow as tf

    network = cnn_lstm.build(21, 40, 7, channels=8, units=8)
    converter = tf.lite.TFLiteConverter.from_keras_model(
        __import__("keras").Model(network.input, network.get_layer("activation_2").output)
    )
    with pytest.raises(ValueError, match="not full int8"):
        check(converter.convert())


def test_multiply_adds_are_counted() -> None:
    network = cnn_lstm.build(None, 40, 7, channels=64, units=64)
    convolutions = 2 * 5 * 40 * 64 + 3 * 64 * 64
    assert multiply_adds(network) == convolutions + 4 * 64 * (64 + 64) + 64 * 7
