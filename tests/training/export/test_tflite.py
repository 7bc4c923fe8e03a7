"""A model that is not full int8 is refused, and the cost of a network is counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from edge_ser.errors import EdgeSerError
from edge_ser.model.bundle import read_bundle
from training.families import deep
from training.settings import NetworkSettings

pytest.importorskip("tensorflow", reason="needs the extra 'train'")

from training.export import tflite
from training.export.tflite import NotFullInt8, check, convert, multiply_adds

SIZES = NetworkSettings("cnn_lstm", channels=8, units=8)
FEATURES = [np.random.default_rng(4).integers(-128, 128, (64, 40)).astype(np.int8)]


def network(name: str = "cnn_lstm", sizes: NetworkSettings = SIZES) -> Any:
    return deep(name).build(None, [6_000] * 40, 7, sizes)


def test_the_shipped_model_is_full_int8() -> None:
    found = check(read_bundle().network, 1)
    assert set(found) == {"CONV_2D", "FULLY_CONNECTED", "RESHAPE", "UNIDIRECTIONAL_SEQUENCE_LSTM"}


@pytest.mark.parametrize("form", ["dynamic", "float"])
def test_a_model_with_a_float_tensor_is_refused_by_name(form: str) -> None:
    model = convert(network(), deep("cnn_lstm"), FEATURES, form)
    with pytest.raises(NotFullInt8, match=r"not full int8: float tensors .*features"):
        check(model, 1)


def test_a_model_with_another_number_of_fused_lstms_is_refused() -> None:
    model = convert(network(), deep("cnn_lstm"), FEATURES)
    for wrong in (0, 2):
        with pytest.raises(NotFullInt8, match=r"UNIDIRECTIONAL_SEQUENCE_LSTM': 1"):
            check(model, wrong)


def test_an_lstm_that_is_not_fused_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow as tf

    def unrolled(x: Any, weights: Sequence[npt.NDArray[np.float32]]) -> Any:
        kernel, recurrent, bias = weights
        h = c = tf.zeros((1, len(recurrent)))
        rows = []
        for t in range(x.shape[1]):
            i, f, g, o = tf.split(x[:, t] @ kernel + h @ recurrent + bias, 4, axis=1)
            c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
            h = tf.sigmoid(o) * tf.tanh(c)
            rows.append(h)
        return tf.stack(rows, 1)

    monkeypatch.setattr(tflite, "fused_lstm", unrolled)
    with pytest.raises(NotFullInt8):
        convert(network(), deep("cnn_lstm"), FEATURES)


def test_another_scale_of_the_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tflite, "_chunks", lambda features, family: iter([[np.full((1, 13, 40), 0.5, np.float32)]]))
    with pytest.raises(NotFullInt8, match=r"input's scale is .* not 0\.03125 with 0"):
        convert(network(), deep("cnn_lstm"), FEATURES)


def test_a_user_sees_one_line() -> None:
    assert issubclass(NotFullInt8, EdgeSerError)


def test_a_layer_without_a_rule_is_named() -> None:
    import keras

    source = keras.Input((None, 40))
    odd = keras.Model(source, keras.layers.GRU(7, return_sequences=True)(source))
    with pytest.raises(TypeError, match="GRU"):
        convert(odd, deep("lstm"), FEATURES)


def test_the_same_network_gives_the_same_bytes() -> None:
    """Otherwise a model file could not be reproduced."""
    same = network()
    assert convert(same, deep("cnn_lstm"), FEATURES) == convert(same, deep("cnn_lstm"), FEATURES)


def test_multiply_adds_agree_with_those_counted_by_hand() -> None:
    sizes = NetworkSettings("cnn_lstm", channels=16, units=48)
    # A chunk of 8 frames with 5 before: 13 frames, (13 - 5) // 2 + 1 = 5 after the first, (5 - 3) // 2 + 1 = 2 steps;
    # of 40 bands (40 - 5) // 2 + 1 = 18, then (18 - 3) // 2 + 1 = 8.
    bands = 13 * 40 * 40
    convolutions = 5 * 18 * (5 * 5 * 16) + 2 * 8 * (3 * 3 * 16 * 32) + 2 * (8 * 32 * 48)
    lstm = 2 * 4 * 48 * (48 + 48)
    dense = 2 * 48 * 7
    a_chunk = bands + convolutions + lstm + dense
    assert multiply_adds(network("cnn_lstm", sizes), deep("cnn_lstm"), 0.016) == round(a_chunk / (8 * 0.016))


def test_multiply_adds_of_both_directions_are_counted() -> None:
    sizes = NetworkSettings("blstm", channels=64, units=16)
    a_step = 2 * 4 * 16 * (4 * 40 + 16) + 2 * 16 * 7
    assert multiply_adds(network("blstm", sizes), deep("blstm"), 0.016) == round(a_step / (4 * 0.016))
