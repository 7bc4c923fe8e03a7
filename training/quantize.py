"""From the float Keras network to a full-int8 TensorFlow Lite file that streams.

The converter fuses an LSTM into one int8 operator only where it finds a function with the attribute that Keras 2 used
to set, so the layer is rebuilt here as such a function around the trained weights.  That rests on an undocumented pass
of the converter: :func:`check` refuses any result in which a float tensor, or no fused LSTM, is left.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from training import batches
from training.families.cnn_lstm import CONTEXT, INPUT_SCALE, STRIDE

CHUNK_FRAMES: Final = 8
"""Frames that the streaming network takes at a time (128 ms)."""

_FLOATS: Final = (np.float16, np.float32, np.float64)
_FUSED: Final = "UNIDIRECTIONAL_SEQUENCE_LSTM"


def convert(network: keras.Model, representative: Sequence[npt.NDArray[np.int8]], frames: int = CHUNK_FRAMES) -> bytes:
    """Convert to int8.

    Args:
        network: The trained CNN-LSTM.
        representative: Features of training utterances, from which the ranges of all tensors are taken.
        frames: New frames a chunk.

    Returns:
        A ``.tflite`` file: input ``(1, CONTEXT + frames, coefficients)`` int8, scale 1/32; output ``(1, steps,
        outputs)`` int8.

    Raises:
        ValueError: the result is not what :func:`check` demands.
    """
    module = _Streaming(network)
    coefficients = network.input_shape[-1]
    spec = tf.TensorSpec((1, CONTEXT + frames, coefficients), tf.float32, name="features")
    converter = tf.lite.TFLiteConverter.from_concrete_functions([module.call.get_concrete_function(spec)], module)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: _chunks(representative, frames)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    model: bytes = converter.convert()
    check(model)
    return model


def _chunks(representative: Sequence[npt.NDArray[np.int8]], frames: int) -> Iterator[list[npt.NDArray[np.float32]]]:
    extremes = np.zeros((1, CONTEXT + frames, representative[0].shape[1]), np.float32)
    extremes[0, 0] = -128 * INPUT_SCALE  # both ends of the input's range, so that its scale is exactly 1/32
    extremes[0, 1] = 127 * INPUT_SCALE
    yield [extremes]
    for features in representative:
        x, _ = batches.pad([features])
        for begin in range(0, x.shape[1] - CONTEXT - frames + 1, frames):
            yield [x[:, begin : begin + CONTEXT + frames]]


class _Streaming(tf.Module):
    """The network with its weights as constants, dropout left out and the LSTM in the form that the converter fuses."""

    def __init__(self, network: keras.Model) -> None:
        super().__init__()
        self._convolutions = []
        for number in (1, 2):
            (kernel,) = network.get_layer(f"convolution_{number}").get_weights()
            normalization = network.get_layer(f"normalization_{number}")
            gamma, beta, mean, variance = normalization.get_weights()
            factor = gamma / np.sqrt(variance + normalization.epsilon)
            self._convolutions.append((kernel * factor, beta - mean * factor))  # the normalization folded in
        self._lstm = network.get_layer("lstm").get_weights()
        self._units = network.get_layer("lstm").units
        self._dense = network.get_layer("logits").get_weights()

    @tf.function(autograph=False)
    def call(self, x: Any) -> Any:
        for kernel, bias in self._convolutions:
            x = tf.nn.relu(tf.nn.conv1d(x, tf.constant(kernel), stride=2, padding="VALID") + bias)
        x = _fused_lstm(x, [tf.constant(w) for w in self._lstm], self._units)
        kernel, bias = self._dense
        return tf.matmul(x, tf.constant(kernel)) + bias


def _fused_lstm(x: Any, weights: list[Any], units: int) -> Any:
    kernel, recurrent, bias = weights
    marked = tf.function(
        _standard_lstm,
        autograph=False,
        experimental_attributes={
            "api_implements": f"lstm_{uuid.uuid4()}",
            "api_preferred_device": "CPU",
            "time_major": False,
            "go_backwards": False,
        },
    )
    zeros = tf.zeros((1, units))
    _, outputs, _, _, _ = marked(
        inputs=x,
        init_h=zeros,
        init_c=zeros,
        kernel=kernel,
        recurrent_kernel=recurrent,
        bias=bias,
        mask=None,
        time_major=False,
        go_backwards=False,
        sequence_lengths=None,
        zero_output_for_mask=False,
    )
    return outputs


def _standard_lstm(  # the names are those that the converter looks for
    inputs: Any,
    init_h: Any,
    init_c: Any,
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any,
    mask: Any,
    time_major: bool,
    go_backwards: bool,
    sequence_lengths: Any,
    zero_output_for_mask: bool,
) -> tuple[Any, Any, Any, Any, Any]:
    steps = tf.transpose(inputs, (1, 0, 2))
    count = tf.shape(steps)[0]
    rows = tf.TensorArray(tf.float32, size=count, element_shape=init_h.shape)

    def body(t: Any, h: Any, c: Any, rows: Any) -> tuple[Any, Any, Any, Any]:
        gates = tf.matmul(steps[t], kernel) + tf.matmul(h, recurrent_kernel) + bias
        i, f, g, o = tf.split(gates, 4, axis=1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        h = tf.sigmoid(o) * tf.tanh(c)
        return t + 1, h, c, rows.write(t, h)

    _, h, c, rows = tf.while_loop(lambda t, *_: t < count, body, (tf.constant(0), init_h, init_c, rows))
    outputs = tf.transpose(rows.stack(), (1, 0, 2))
    return h, outputs, h, c, tf.constant(0.0)


def check(model: bytes) -> Counter[str]:
    """Return the operators of a model, counted.

    Raises:
        ValueError: a tensor is float, an operator is not built in, or the LSTM is not fused.
    """
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=model)
    operators = Counter(op["op_name"] for op in interpreter._get_ops_details() if op["op_name"] != "DELEGATE")
    # The quantized LSTM declares four float tensors without elements that only carry its gates' scales.
    floats = [t["name"] for t in interpreter.get_tensor_details() if t["dtype"] in _FLOATS and 0 not in t["shape"]]
    foreign = [name for name in operators if name.startswith("Flex") or "CUSTOM" in name]
    if floats or foreign or operators[_FUSED] != 1:
        raise ValueError(f"not full int8: float tensors {floats}, foreign operators {foreign}, all {dict(operators)}")
    scale, zero = interpreter.get_input_details()[0]["quantization"]
    if (scale, zero) != (np.float32(INPUT_SCALE), 0):
        raise ValueError(f"the input's scale is {scale} with zero point {zero}, not {INPUT_SCALE} with 0")
    return operators


def multiply_adds(network: keras.Model) -> int:
    """Return the multiply-adds of one step of four frames."""
    total = 0
    for number, runs in ((1, 2), (2, 1)):
        total += runs * int(np.prod(network.get_layer(f"convolution_{number}").get_weights()[0].shape))
    kernel, recurrent, _ = network.get_layer("lstm").get_weights()
    return int(total + kernel.size + recurrent.size + network.get_layer("logits").get_weights()[0].size)


def steps_a_second(hop: int, rate: int) -> float:
    """Return the network's steps a second of audio."""
    return rate / hop / STRIDE
