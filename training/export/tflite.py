"""From a float Keras network to TensorFlow Lite: full int8, dynamic range or float, in the streaming layout."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from edge_ser.errors import EdgeSerError
from training.export.fused_lstm import fused_lstm
from training.families import INPUT_SCALE, Family

Int8 = npt.NDArray[np.int8]

_FLOATS: Final = (np.float16, np.float32, np.float64)
_FUSED: Final = "UNIDIRECTIONAL_SEQUENCE_LSTM"

_ONLY_IN_TRAINING: Final = (
    keras.layers.InputLayer,
    keras.layers.Dropout,
    keras.layers.SpatialDropout1D,
    keras.layers.SpatialDropout2D,
)


class NotFullInt8(EdgeSerError):
    """The converter left a tensor in a model that is not int8, or an operator that is not built in."""


def convert(network: keras.Model, family: Family, representative: Sequence[Int8], form: str = "int8") -> bytes:
    """Convert to TensorFlow Lite.

    Args:
        network: A trained network of the family.
        family: Its family, for the layout.
        representative: Features of training utterances, from which the ranges of all tensors are taken; each of shape
            ``(frames, coefficients)``, int8.
        form: One of :data:`edge_ser.model.forms.FORMS`.

    Returns:
        A ``.tflite`` file: input ``(1, context + chunk, coefficients)``, output ``(1, steps, outputs)``.  In the full
        int8 form both are int8, and the input has the scale 1/32; in the others both are float32, and the input holds
        whole int8 steps.

    Raises:
        NotFullInt8: the int8 form is not what :func:`check` requires.
    """
    module = _Streaming(network, 1.0 if form == "int8" else INPUT_SCALE)
    spec = tf.TensorSpec((1, family.context + family.chunk, network.input_shape[-1]), tf.float32, name="features")
    converter = tf.lite.TFLiteConverter.from_concrete_functions([module.call.get_concrete_function(spec)], module)
    if form != "float":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if form == "int8":
        converter.representative_dataset = lambda: _chunks(representative, family)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    else:
        # tflite-runtime 2.14 lacks the newest version of the dense layer, which has a scale for each channel.
        converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    model = clear_unused(converter.convert())
    if form == "int8":
        check(model, sum(_lstms(layer) for layer in network.layers))
    return model


def _lstms(layer: Any) -> int:
    return 2 if isinstance(layer, keras.layers.Bidirectional) else int(isinstance(layer, keras.layers.LSTM))


def _chunks(representative: Sequence[Int8], family: Family) -> Iterator[list[npt.NDArray[np.float32]]]:
    whole = family.context + family.chunk
    extremes = np.zeros((1, whole, representative[0].shape[1]), np.float32)
    extremes[0, 0] = -128 * INPUT_SCALE  # both ends of the input's range, so that its scale is exactly 1/32
    extremes[0, 1] = 127 * INPUT_SCALE
    yield [extremes]
    for features in representative:
        frames = -(-len(features) // family.chunk) * family.chunk
        x = np.zeros((1, family.context + frames, features.shape[1]), np.float32)
        x[0, family.context : family.context + len(features)] = features * INPUT_SCALE
        for begin in range(0, frames, family.chunk):
            yield [x[:, begin : begin + whole]]


class _Streaming(tf.Module):
    """A chain of Keras layers with constant weights, without dropout, and with batch normalization folded in."""

    def __init__(self, network: keras.Model, scale: float) -> None:
        super().__init__()
        # Read here: inside a tf.function weights have no values yet.
        self._layers = [(layer, layer.get_weights()) for layer in network.layers]
        self._scale = scale

    @tf.function(autograph=False)
    def call(self, x: Any) -> Any:
        x = x * self._scale if self._scale != 1.0 else x
        for layer, weights in self._layers:
            if isinstance(layer, keras.layers.Conv1D):
                x = tf.nn.conv1d(x, tf.constant(weights[0]), stride=layer.strides[0], padding="VALID")
            elif isinstance(layer, keras.layers.Conv2D):
                x = tf.nn.conv2d(x, tf.constant(weights[0]), strides=layer.strides, padding="VALID")
            elif isinstance(layer, keras.layers.BatchNormalization):  # the converter folds it into the convolution
                gamma, beta, mean, variance = weights
                factor = gamma / np.sqrt(variance + layer.epsilon)
                x = x * factor + (beta - mean * factor)
            elif isinstance(layer, keras.layers.ReLU):
                x = tf.nn.relu(x)
            elif isinstance(layer, keras.layers.Reshape):
                x = tf.reshape(x, (1, -1, *layer.target_shape[1:]))
            elif isinstance(layer, keras.layers.LSTM):
                x = fused_lstm(x, weights)
            elif isinstance(layer, keras.layers.Bidirectional):
                back = tf.reverse(fused_lstm(tf.reverse(x, [1]), weights[3:]), [1])
                x = tf.concat([fused_lstm(x, weights[:3]), back], 2)
            elif isinstance(layer, keras.layers.Dense):
                x = tf.matmul(x, tf.constant(weights[0])) + weights[1]
            elif not isinstance(layer, _ONLY_IN_TRAINING):
                raise TypeError(f"no rule to export a layer of the type {type(layer).__name__}")
        return x


def operators(model: bytes) -> Counter[str]:
    """Return the operators of a model, counted."""
    from ai_edge_litert.interpreter import Interpreter

    names = (op["op_name"] for op in Interpreter(model_content=model)._get_ops_details())
    return Counter(name for name in names if name != "DELEGATE")


def check(model: bytes, lstms: int) -> Counter[str]:
    """Return the operators of a full-int8 model, counted.

    Args:
        model: The ``.tflite`` file.
        lstms: How many fused LSTMs there must be.

    Raises:
        NotFullInt8: a tensor is float, an operator is not built in, or an LSTM is not fused.
    """
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=model)
    found = operators(model)
    # The quantized LSTM declares four float tensors without elements that only carry its gates' scales.
    floats = [t["name"] for t in interpreter.get_tensor_details() if t["dtype"] in _FLOATS and 0 not in t["shape"]]
    foreign = [name for name in found if name.startswith("Flex") or "CUSTOM" in name]
    if floats or foreign or found[_FUSED] != lstms:
        raise NotFullInt8(f"not full int8: float tensors {floats}, foreign operators {foreign}, all {dict(found)}")
    scale, zero = interpreter.get_input_details()[0]["quantization"]
    if (scale, zero) != (np.float32(INPUT_SCALE), 0):
        raise NotFullInt8(f"the input's scale is {scale} with zero point {zero}, not {INPUT_SCALE} with 0")
    return found


def clear_unused(model: bytes) -> bytes:
    """Return a model with zeros in the buffers that nothing in it refers to.

    The converter leaves the values of the LSTM's initial state behind, which it has turned into a variable, and some of
    them are whatever was in memory: without this, the same network would not give the same bytes.
    """
    from tensorflow.lite.python import schema_py_generated as schema

    content = bytearray(model)
    root = schema.Model.GetRootAs(content)
    graphs = [root.Subgraphs(index) for index in range(root.SubgraphsLength())]
    used = {graph.Tensors(index).Buffer() for graph in graphs for index in range(graph.TensorsLength())}
    used |= {root.Metadata(index).Buffer() for index in range(root.MetadataLength())}
    for index in set(range(root.BuffersLength())) - used:
        if root.Buffers(index).DataLength():
            root.Buffers(index).DataAsNumpy()[:] = 0  # a view of `content`
    return bytes(content)


def multiply_adds(network: keras.Model, family: Family, seconds_a_frame: float) -> int:
    """Return the multiply-adds for a second of audio; each chunk computes its context again."""
    shape = (family.context + family.chunk, network.input_shape[-1])
    total = 0
    for layer in network.layers:
        if isinstance(layer, keras.layers.Reshape):
            whole = math.prod(shape)
            shape = (whole // math.prod(layer.target_shape[1:]), *layer.target_shape[1:])
        elif isinstance(layer, keras.layers.Conv1D | keras.layers.Conv2D):
            kernel, strides = layer.kernel_size, layer.strides
            shape = (*((n - k) // s + 1 for n, k, s in zip(shape[:-1], kernel, strides, strict=True)), layer.filters)
        # Only matrices multiply, once per step or place; batch normalization is folded into the convolutions.
        total += math.prod(shape[:-1]) * sum(w.size for w in layer.get_weights() if w.ndim > 1)
    return round(total / (family.chunk * seconds_a_frame))
