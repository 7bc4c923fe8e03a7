"""Streaming inference: full int8, any chunks, the LSTM's state inside the interpreter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.errors import InterpreterMissing
from edge_ser.model.bundle import read_bundle
from edge_ser.model.interpreter import BACKENDS, Backend, choose_backend
from edge_ser.model.stream import ModelStream

BUNDLE = read_bundle()
FEATURES = np.random.default_rng(3).integers(-90, 90, (203, BUNDLE.front_end.coefficients)).astype(np.int8)


def installed() -> list[Backend]:
    found = []
    for name in BACKENDS:
        try:
            found.append(choose_backend(name))
        except InterpreterMissing:
            continue
    return found


def outputs(stream: ModelStream, cuts: list[int]) -> np.ndarray:
    stream.reset()
    return np.concatenate([*(stream.process(part) for part in np.split(FEATURES, sorted(cuts))), stream.finish()])


STREAM = ModelStream(BUNDLE, choose_backend())
WHOLE = outputs(STREAM, [])


def test_a_step_stands_for_four_frames() -> None:
    assert len(WHOLE) == -(-len(FEATURES) // 4)


@given(st.lists(st.integers(0, len(FEATURES)), max_size=10))
def test_any_cuts_give_the_same_steps(cuts: list[int]) -> None:
    assert np.array_equal(outputs(STREAM, cuts), WHOLE)


def test_an_utterance_leaves_nothing_behind_for_the_next() -> None:
    STREAM.reset()
    STREAM.process(FEATURES[::-1].copy())
    assert np.array_equal(outputs(STREAM, [77]), WHOLE)


def test_the_state_goes_on_from_chunk_to_chunk() -> None:
    """The second half alone gives other steps than after the first half."""
    STREAM.reset()
    alone = STREAM.process(FEATURES[104:])
    assert not np.array_equal(alone[10:20], WHOLE[26 + 10 : 26 + 20])


def test_interpreters_give_the_same_bits() -> None:
    backends = installed()
    if len(backends) < 2:
        pytest.skip(f"only {backends[0].name} is installed")
    first, second = (outputs(ModelStream(BUNDLE, backend), [50]) for backend in backends)
    assert np.array_equal(first, second)


def test_an_unknown_interpreter_is_named() -> None:
    with pytest.raises(InterpreterMissing, match="unknown interpreter 'onnx': allowed are tflite-runtime, litert"):
        choose_backend("onnx")
