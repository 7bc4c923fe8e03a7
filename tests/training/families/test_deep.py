"""Each deep family can be exported: full int8, dynamic range and float agree with the Keras network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from edge_ser.errors import InvalidSetting
from edge_ser.events import LABELS
from edge_ser.model.bundle import Bundle, ChunkLayout, read_bundle
from edge_ser.model.forms import FORMS
from edge_ser.model.interpreter import Interpreter, choose_interpreter
from edge_ser.model.settings import DecisionSettings
from edge_ser.model.stream import ModelStream
from tests.interpreters import installed
from training import families
from training.families import DEEP, LONGEST, STRIDE, Family, deep
from training.settings import NetworkSettings

pytest.importorskip("tensorflow", reason="needs the extra 'train'")

import keras

from training.export import tflite
from training.scoring.predict import float_steps

FRONT_END = read_bundle().front_end
COEFFICIENTS = FRONT_END.coefficients
GAINS = FRONT_END.gains
OUTPUTS = len(LABELS) + 1
LENGTHS = (90, 121, 200, 64, 2 * LONGEST + 88)
DENSE = {"RESHAPE", "FULLY_CONNECTED"}
LSTM = "UNIDIRECTIONAL_SEQUENCE_LSTM"
BOTH_WAYS = {"REVERSE_V2", "CONCATENATION"}
OPERATORS = {
    "cnn": DENSE | {"CONV_2D"},
    "lstm": DENSE | {LSTM},
    "blstm": DENSE | BOTH_WAYS | {LSTM},
    "cnn_lstm": DENSE | {"CONV_2D", LSTM},
    "cnn_blstm": DENSE | BOTH_WAYS | {"CONV_2D", LSTM},
}
LSTMS = {"cnn": 0, "lstm": 2, "blstm": 2, "cnn_lstm": 1, "cnn_blstm": 2}


def smooth(frames: int, seed: int) -> npt.NDArray[np.int8]:
    """Return features that vary as slowly as those of speech, with the deviation that the gains give: 24 steps."""
    x = np.cumsum(np.random.default_rng(seed).normal(0, 6, (frames, COEFFICIENTS)), axis=0)
    x -= x.mean(axis=0)
    return np.clip(x * 24 / (x.std(axis=0) + 1e-6), -128, 127).astype(np.int8)


FEATURES = [smooth(frames, seed) for seed, frames in enumerate(LENGTHS)]


def build(name: str, frames: int | None = None) -> Any:
    """Return a random network with biases and normalization statistics as after training."""
    keras.utils.set_random_seed(1)
    network = deep(name).build(frames, GAINS, OUTPUTS, NetworkSettings(name, channels=8, units=32))
    rng = np.random.default_rng(1)
    network.set_weights(
        [
            w + rng.uniform(0, 0.5, w.shape) if w.ndim == 1 else w for w in network.get_weights()
        ]  # variances stay above 0
    )
    return network


@dataclass(frozen=True)
class Converted:
    name: str
    family: Family
    network: Any
    models: dict[str, bytes]

    def stream(self, form: str, interpreter: Interpreter | None = None) -> ModelStream:
        layout = ChunkLayout(self.family.chunk, self.family.context, self.family.chunk // STRIDE, self.family.streams)
        bundle = Bundle(LABELS, FRONT_END, layout, DecisionSettings(), {}, self.models[form])
        return ModelStream(bundle, interpreter or choose_interpreter("litert"))


@pytest.fixture(scope="module", params=DEEP)
def converted(request: pytest.FixtureRequest) -> Converted:
    network, family = build(request.param), deep(request.param)
    models = {form: tflite.convert(network, family, FEATURES, form) for form in FORMS}
    return Converted(request.param, family, network, models)


def streamed(stream: ModelStream, features: npt.NDArray[np.int8], cuts: list[int] | None = None) -> Any:
    stream.reset()
    parts = np.split(features, sorted(cuts or []))
    return np.concatenate([*(stream.process(part) for part in parts), stream.finish()])


def test_the_int8_form_has_the_expected_int8_operators(converted: Converted) -> None:
    found = tflite.check(converted.models["int8"], LSTMS[converted.name])
    assert set(found) == OPERATORS[converted.name]


def test_the_other_forms_only_add_a_scale_of_the_input(converted: Converted) -> None:
    for form in ("dynamic", "float"):
        found = tflite.operators(converted.models[form])
        assert set(found) == OPERATORS[converted.name] | {"MUL"}
        assert found[LSTM] == LSTMS[converted.name]


def test_int8_weights_make_the_model_smaller(converted: Converted) -> None:
    sizes = {form: len(model) for form, model in converted.models.items()}
    assert sizes["int8"] < 0.6 * sizes["float"]
    assert sizes["dynamic"] < 0.6 * sizes["float"]


@pytest.mark.parametrize(("form", "least"), [("int8", 0.99), ("dynamic", 0.999), ("float", 0.999)])
def test_a_stream_gives_the_steps_of_the_whole_utterance(converted: Converted, form: str, least: float) -> None:
    whole = float_steps(converted.network, converted.family)(FEATURES)
    for interpreter in installed():
        stream = converted.stream(form, interpreter)
        for features, expected in zip(FEATURES, whole, strict=True):
            steps = streamed(stream, features)
            assert steps.shape == expected.shape == (-(-len(features) // STRIDE), OUTPUTS)
            if form == "dynamic" and interpreter.name == "tflite-runtime" and "cnn" in converted.name:
                continue  # its convolutions are wrong in this form, unlike those of LiteRT (README)
            # int8 is coarse, but the error of a wrong gate order, a lost state or a shifted chunk is far larger
            assert np.corrcoef(steps.ravel(), expected.ravel())[0, 1] > least, (interpreter.name, len(features))
            assert np.abs(steps - expected).mean() < 0.15 * expected.std(), "another scale or offset"


def test_frames_may_arrive_in_chunks_of_any_size(converted: Converted) -> None:
    stream, features = converted.stream("int8"), FEATURES[-1]
    whole = streamed(stream, features)
    rng = np.random.default_rng(2)
    for count in (1, 3, 40):
        assert np.array_equal(streamed(stream, features, rng.integers(0, len(features), count).tolist()), whole)
    assert np.array_equal(streamed(stream, features, list(range(len(features)))), whole)


def test_only_bidirectional_networks_forget_between_chunks(converted: Converted) -> None:
    chunk, context = converted.family.chunk, converted.family.context
    part = smooth(chunk * -(-LONGEST // chunk), 9)
    part[-max(context, 1) :] = 0  # so that it has the same context the second time
    stream = converted.stream("float")
    first, second = np.split(streamed(stream, np.concatenate((part, part))), 2)
    assert converted.family.streams is (converted.name not in ("blstm", "cnn_blstm"))
    remembers = converted.family.streams and LSTMS[converted.name] > 0
    assert np.array_equal(first, second) is not remembers


@pytest.mark.parametrize("name", DEEP)
def test_context_and_chunk_match_the_network(name: str) -> None:
    family = deep(name)
    assert family.chunk % STRIDE == 0
    network = build(name, family.context + family.chunk)
    assert network.output_shape == (None, family.chunk // STRIDE, OUTPUTS)
    any_length = build(name)
    for steps in (1, 5):
        x = np.zeros((2, family.context + steps * STRIDE, COEFFICIENTS), np.float32)
        assert any_length(x).shape == (2, steps, OUTPUTS)


@pytest.mark.parametrize("name", DEEP)
def test_a_step_sees_its_four_frames_and_the_context(name: str) -> None:
    family, network, steps, step = deep(name), build(name), 24, 12
    x = np.random.default_rng(3).normal(0, 1, (family.context + steps * STRIDE, COEFFICIENTS)).astype(np.float32)
    first, last = step * STRIDE, step * STRIDE + family.context + STRIDE - 1  # in the network's input

    def hears(frame: int) -> bool:
        changed = x.copy()
        changed[frame] += 3.0
        rows = np.asarray(network(np.stack((x, changed)), training=False))[:, step]
        return bool(np.abs(rows[0] - rows[1]).max() > 1e-5)

    assert hears(first)
    assert hears(last)
    assert hears(last + 1) is (not family.streams)
    assert hears(first - 1) is (LSTMS[name] > 0)


def test_unknown_families_are_refused() -> None:
    for name in families.DEEP + families.CLASSICAL:
        families.check(name)
    with pytest.raises(InvalidSetting, match=r"network\.family = gru: allowed are cnn, .*random_forest"):
        families.check("gru")
    with pytest.raises(InvalidSetting, match=r"network\.family = svm: this needs a deep family: cnn, lstm"):
        deep("svm")
