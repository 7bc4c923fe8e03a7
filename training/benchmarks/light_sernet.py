"""The network of Light-SERNet, for comparison: ``python -m training.benchmarks.light_sernet OUT_DIR``.

Light-SERNet (Aftab, Morsali, Ghaemmaghami, Champagne, ICASSP 2022): three parallel convolutions, one along time, one
along the cepstra, one along both; blocks that learn local features; global average pooling; a dense layer.  It takes
3 s at once, as 40 cepstra for each frame of 64 ms, one frame every 16 ms.  The shapes are those of the paper and, for
padding, pools and biases, of its authors' repository (AryaAftab/LIGHT-SERNET); the code is ours.

The weights are random.  The cost of a network depends on its shapes, not on its weights, so this shows what
Light-SERNet costs, and nothing about its accuracy.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from keras import layers

from edge_ser.model.forms import FORMS

FRAMES: Final = 184
"""Whole frames of 1024 samples, one every 256, in 3 s at 16 kHz."""

COEFFICIENTS: Final = 40
"""Cepstra per frame."""

LABELS: Final = 7
"""Emotions of EmoDB, for which the paper reports its figures."""

SECONDS: Final = 3.0
"""Length of a window, s."""

_SEED: Final = 1
_CALIBRATION: Final = 8  # windows; their ranges decide the scales, which do not change the cost

_PARALLEL: Final = ((11, 1), (1, 9), (3, 3))
"""Kernels of the three first convolutions: over time, over cepstra, over both."""

_BLOCKS: Final = ((64, 3, (2, 2)), (96, 3, (2, 2)), (128, 3, (2, 1)), (160, 3, (2, 1)), (320, 1, None))
"""Filters, side of the kernel and pool of the following blocks; the last one is averaged over all places."""


def build() -> keras.Model:
    """Build the network, from ``(batch, 184, 40, 1)`` to ``(batch, 7)``, with the same random weights each time."""
    keras.utils.set_random_seed(_SEED)
    source = keras.Input((FRAMES, COEFFICIENTS, 1))
    x = layers.Concatenate()([_block(source, 32, kernel, (2, 2), bias=True) for kernel in _PARALLEL])
    for filters, side, pool in _BLOCKS:
        x = _block(x, filters, (side, side), pool, bias=False)
    x = layers.Dropout(0.3)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(source, layers.Dense(LABELS, activation="softmax")(x), name="light_sernet")


def _block(x: Any, filters: int, kernel: tuple[int, int], pool: tuple[int, int] | None, bias: bool) -> Any:
    x = layers.Conv2D(filters, kernel, padding="same", use_bias=bias)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    return x if pool is None else layers.AveragePooling2D(pool, padding="same")(x)


def multiply_adds(network: keras.Model) -> int:
    """Return the multiply-adds of a window; batch normalization is folded into the convolutions."""
    return sum(
        math.prod(layer.output.shape[1:-1]) * math.prod(layer.kernel.shape)
        for layer in network.layers
        if isinstance(layer, layers.Conv2D | layers.Dense)
    )


def tflite(form: str) -> bytes:
    """Convert the network to TensorFlow Lite.

    Args:
        form: One of :data:`edge_ser.model.forms.FORMS`: ``int8`` (in full), ``dynamic`` (int8 weights, float
            activations, the form that the authors publish) or ``float``.

    Returns:
        A ``.tflite`` file: input ``(1, 184, 40, 1)``, output ``(1, 7)``; both int8 in the int8 form, else float32.
    """
    network = build()
    spec = tf.TensorSpec((1, FRAMES, COEFFICIENTS, 1), tf.float32, name="cepstra")
    run = tf.function(lambda x: network(x, training=False), autograph=False).get_concrete_function(spec)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([run])
    if form != "float":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if form == "int8":
        converter.representative_dataset = _windows
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    else:
        # tflite-runtime 2.14 lacks the newest version of the dense layer, which has a scale for each channel.
        converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    model: bytes = converter.convert()
    return model


def _windows() -> Iterator[list[npt.NDArray[np.float32]]]:
    rng = np.random.default_rng(_SEED)
    for _ in range(_CALIBRATION):
        yield [rng.standard_normal((1, FRAMES, COEFFICIENTS, 1)).astype(np.float32)]


@click.command()
@click.argument("out_dir", type=click.Path(path_type=Path, file_okay=False))
def main(out_dir: Path) -> None:
    """Write light-sernet-int8.tflite, light-sernet-dynamic.tflite and light-sernet-float.tflite into OUT_DIR."""
    out_dir.mkdir(parents=True, exist_ok=True)
    for form in FORMS:
        path = out_dir / f"light-sernet-{form}.tflite"
        path.write_bytes(tflite(form))
        click.echo(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
