"""Streaming inference: int8 models, any chunking, and the LSTM's state inside the interpreter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.bench.remarks import computes_wrongly
from edge_ser.errors import InterpreterMissing, InvalidSetting, ModelForeign
from edge_ser.listening.recognizer import EmotionRecognizer
from edge_ser.model.bundle import Bundle, ChunkLayout, read_bundle
from edge_ser.model.forms import FORMS, file_of_form
from edge_ser.model.interpreter import Interpreter, choose_interpreter
from edge_ser.model.stream import ModelStream
from edge_ser.paths import default_model
from tests.interpreters import installed

BUNDLE = read_bundle()
FEATURES = np.random.default_rng(3).integers(-90, 90, (203, BUNDLE.front_end.coefficients)).astype(np.int8)


def outputs(stream: ModelStream, cuts: list[int]) -> np.ndarray:
    stream.reset()
    return np.concatenate([*(stream.process(part) for part in np.split(FEATURES, sorted(cuts))), stream.finish()])


STREAM = ModelStream(BUNDLE, choose_interpreter())
WHOLE = outputs(STREAM, [])
ANEW = ModelStream(replace(BUNDLE, chunk=replace(BUNDLE.chunk, streams=False)), choose_interpreter())
WHOLE_ANEW = outputs(ANEW, [])


def test_a_step_covers_four_frames() -> None:
    assert len(WHOLE) == -(-len(FEATURES) // 4)


@given(st.lists(st.integers(0, len(FEATURES)), max_size=10))
def test_any_chunking_gives_the_same_steps(cuts: list[int]) -> None:
    assert np.array_equal(outputs(STREAM, cuts), WHOLE)


def test_utterances_are_independent() -> None:
    STREAM.reset()
    STREAM.process(FEATURES[::-1].copy())
    assert np.array_equal(outputs(STREAM, [77]), WHOLE)


def test_the_state_is_kept_from_chunk_to_chunk() -> None:
    """The second half alone gives other logits than after the first half."""
    STREAM.reset()
    alone = STREAM.process(FEATURES[104:])
    assert not np.array_equal(alone[10:20], WHOLE[26 + 10 : 26 + 20])


def test_interpreters_give_the_same_bits() -> None:
    backends = installed()
    if len(backends) < 2:
        pytest.skip(f"only {backends[0].name} is installed")
    first, *others = (outputs(ModelStream(BUNDLE, backend), [50]) for backend in backends)
    assert all(np.array_equal(first, other) for other in others)


def test_the_shipped_forms_agree_on_recordings(data: Path) -> None:
    """Except forms that an interpreter computes wrongly, about which `edge-ser bench` warns."""
    recordings = [*sorted((data / "emodb").glob("*.*"))[::60], *sorted((data / "crema-d").rglob("*.*"))[::600]]
    assert len(recordings) > 10
    for backend in installed():
        labels = {}
        for variant in FORMS:
            if not computes_wrongly(variant, backend.name):
                recognizer = EmotionRecognizer(file_of_form(default_model(), variant), backend.name)
                labels[variant] = [recognizer.classify(path).label for path in recordings]
        for variant in labels:
            agreeing = np.mean([a == b for a, b in zip(labels[variant], labels["float"], strict=True)])
            assert agreeing > 0.9, (backend.name, variant)


def test_an_unknown_interpreter_is_named() -> None:
    with pytest.raises(
        InterpreterMissing, match="unknown interpreter 'onnx': allowed are tflite-runtime, litert, tens"
    ):
        choose_interpreter("onnx")


def test_without_streaming_each_chunk_starts_again() -> None:
    assert not np.array_equal(WHOLE_ANEW, WHOLE)
    frames, context = BUNDLE.chunk.frames, BUNDLE.chunk.context
    count = -(-len(FEATURES) // frames)
    padded = np.pad(FEATURES, ((context, count * frames - len(FEATURES)), (0, 0)))
    expected = []
    for begin in range(0, count * frames, frames):
        interpreter = choose_interpreter().load(BUNDLE.network)  # a new one has no state
        (source,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()
        interpreter.set_tensor(source["index"], padded[None, begin : begin + context + frames])
        interpreter.invoke()
        scale, zero = result["quantization"]
        expected.append((interpreter.get_tensor(result["index"])[0].astype(float) - zero) * scale)
    assert np.array_equal(WHOLE_ANEW, np.concatenate(expected)[: len(WHOLE_ANEW)])


@given(st.lists(st.integers(0, len(FEATURES)), max_size=10))
def test_without_streaming_any_chunking_gives_the_same_steps(cuts: list[int]) -> None:
    assert np.array_equal(outputs(ANEW, cuts), WHOLE_ANEW)


@pytest.mark.parametrize("wrong", [1, 0, "true", None])
def test_streams_is_true_or_false(wrong: Any) -> None:
    with pytest.raises(InvalidSetting, match=f"chunk.streams = {wrong}: allowed is true or false"):
        replace(BUNDLE.chunk, streams=wrong)


def converted(function: Any, dtype: str, shape: tuple[int, ...]) -> Bundle:
    """A model that computes one formula, in the layout of the shipped model."""
    tf = pytest.importorskip("tensorflow", reason="needs the extra 'train'")
    spec = tf.TensorSpec((1, *shape), dtype)
    made = tf.function(lambda x: function(tf, x)).get_concrete_function(spec)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([made])
    return Bundle(BUNDLE.labels, BUNDLE.front_end, ChunkLayout(8, 5, 2), BUNDLE.decision, {}, converter.convert())


def first_frames(tf: Any, x: Any) -> Any:
    """Each step returns the first coefficients of its last frame, scaled by pi."""
    return tf.stack((x[:, 8], x[:, 12]), 1)[:, :, : len(BUNDLE.labels) + 1] * np.pi


@pytest.mark.parametrize("backend", installed(), ids=lambda backend: str(backend.name))
def test_a_float_model_takes_int8_features(backend: Interpreter) -> None:
    stream = ModelStream(converted(first_frames, "float32", (13, FEATURES.shape[1])), backend)
    whole = outputs(stream, [])
    last = np.pad(FEATURES, ((0, 5), (0, 0)))[3::4, : len(BUNDLE.labels) + 1][: len(whole)]
    assert whole.dtype == np.float64
    np.testing.assert_allclose(whole, last * np.pi, rtol=1e-6)
    assert np.array_equal(outputs(stream, [3, 50, 51, 170]), whole)


def test_a_model_with_other_types_is_foreign() -> None:
    def whole_numbers(tf: Any, x: Any) -> Any:
        return tf.stack((x[:, 8], x[:, 12]), 1)[:, :, : len(BUNDLE.labels) + 1] * 2

    with pytest.raises(ModelForeign, match=r"int32, the description says .* int8 or float32"):
        ModelStream(converted(whole_numbers, "int32", (13, FEATURES.shape[1])), choose_interpreter())


def test_a_model_with_another_shape_is_foreign() -> None:
    with pytest.raises(ModelForeign, match=r"float32, the description says \(1, 13, "):
        ModelStream(converted(first_frames, "float32", (13, FEATURES.shape[1] + 1)), choose_interpreter())
