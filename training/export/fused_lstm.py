"""An LSTM as one operator of TensorFlow Lite.

The converter fuses an LSTM into one (int8) operator only where it finds a function with the attribute that Keras 2 used
to set, so the layer is rebuilt here as such a function around the trained weights.  This relies on an undocumented pass
of the converter: :func:`training.export.tflite.check` refuses any result in which it did not happen.  The operator
limits the cell's state to -10 to 10, which Keras does not; the agreement that `quantize` reports shows the cost.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf


def fused_lstm(x: Any, weights: Sequence[npt.NDArray[np.float32]]) -> Any:
    """Run an LSTM over ``(1, steps, inputs)`` from a state of zeros, in the form that the converter fuses.

    Args:
        x: The input, a TensorFlow tensor, float32.
        weights: Kernel, recurrent kernel and bias of a Keras LSTM.

    Returns:
        The rows, shape ``(1, steps, units)``, float32.
    """
    kernel, recurrent, bias = (tf.constant(w) for w in weights)
    units = weights[1].shape[0]
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


def _standard_lstm(  # the converter looks for these names
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
