"""Predictions for a clip do not depend on the other clips, and are pooled as `edge-ser listen` pools them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from edge_ser.model.bundle import read_bundle
from edge_ser.model.interpreter import choose_interpreter
from edge_ser.model.stream import ModelStream
from training.corpora import Clip
from training.data.utterances import Utterance
from training.families import DEEP, INPUT_SCALE, LONGEST, STRIDE, deep
from training.fitting import batches
from training.scoring import predict
from training.scoring.metrics import softmax
from training.settings import NetworkSettings

LABELS = ("anger", "neutral", "sadness")
COEFFICIENTS = 6
GAINS = (6_000,) * COEFFICIENTS
LENGTHS = (1, 3, 4, 61, 130, LONGEST, LONGEST + 1, 2 * LONGEST + 88)


def noise(frames: int, coefficients: int = COEFFICIENTS) -> npt.NDArray[np.int8]:
    return np.random.default_rng(frames).integers(-128, 128, (frames, coefficients)).astype(np.int8)


def network(name: str) -> Any:
    keras = pytest.importorskip("keras", reason="needs the extra 'train'")
    keras.utils.set_random_seed(2)
    return deep(name).build(None, GAINS, len(LABELS) + 1, NetworkSettings(name, channels=8, units=8))


@pytest.mark.parametrize("name", DEEP)
def test_utterances_together_give_the_same_as_each_alone(name: str) -> None:
    steps = predict.float_steps(network(name), deep(name))
    features = [noise(frames) for frames in LENGTHS]
    for one, together in zip(features, steps(features), strict=True):
        (alone,) = steps([one])
        assert alone.shape == together.shape == (-(-len(one) // STRIDE), len(LABELS) + 1)
        np.testing.assert_allclose(together, alone, atol=1e-5)


def test_many_utterances_keep_their_order() -> None:
    """More than the network takes at a time."""
    steps = predict.float_steps(network("cnn"), deep("cnn"))
    features = [noise(8 + i) for i in range(300)]
    found = steps(features)
    for i in (0, 127, 128, 299):
        np.testing.assert_allclose(found[i], steps([features[i]])[0], atol=1e-5)


@pytest.mark.parametrize("name", [name for name in DEEP if not deep(name).streams])
def test_a_network_that_does_not_stream_takes_windows_with_context(name: str) -> None:
    model, family, features = network(name), deep(name), noise(2 * LONGEST + 88)
    (found,) = predict.float_steps(model, family)([features])
    padded = np.zeros((1, family.context + 3 * LONGEST, COEFFICIENTS), np.float32)
    padded[0, family.context : family.context + len(features)] = features * INPUT_SCALE
    windows = [padded[:, begin : begin + family.context + LONGEST] for begin in range(0, 3 * LONGEST, LONGEST)]
    expected = np.concatenate([np.asarray(model(window, training=False))[0] for window in windows])
    np.testing.assert_allclose(found, expected[: len(found)], atol=1e-5)


@pytest.mark.parametrize("name", [name for name in DEEP if deep(name).streams])
def test_a_network_that_streams_takes_the_whole_utterance(name: str) -> None:
    model, family, features = network(name), deep(name), noise(2 * LONGEST + 88)
    x, _ = batches.pad([features], family.context, len(features))
    (found,) = predict.float_steps(model, family)([features])
    np.testing.assert_allclose(found, np.asarray(model(x, training=False))[0], atol=1e-5)


def test_an_exported_model_starts_each_utterance_from_a_fresh_state() -> None:
    bundle, interpreter = read_bundle(), choose_interpreter()
    features = [noise(frames, bundle.front_end.coefficients) for frames in (90, 33, 90)]
    found = predict.model_steps(bundle, interpreter)(features)
    for one, rows in zip(features, found, strict=True):
        fresh = ModelStream(bundle, interpreter)
        assert np.array_equal(np.concatenate((fresh.process(one), fresh.finish())), rows)


def test_pauses_count_little_and_logits_are_defined_up_to_a_constant() -> None:
    rng = np.random.default_rng(1)
    rows = rng.normal(0, 2, (30, len(LABELS) + 1))
    weights = 1 / (1 + np.exp(-rows[:, -1]))
    expected = (rows[:, :-1] * weights[:, None]).sum(axis=0) / weights.sum()
    logits = predict.pooled(rows, LABELS)
    np.testing.assert_allclose(np.diff(logits), np.diff(expected))
    np.testing.assert_allclose(softmax(logits), softmax(expected))


def test_training_pools_as_the_recognizer_does() -> None:
    pytest.importorskip("tensorflow", reason="needs the extra 'train'")
    from training.fitting.fit import pooled

    rows = np.random.default_rng(1).normal(0, 2, (30, len(LABELS) + 1))
    mask = np.concatenate((np.ones(24), np.zeros(6))).astype(np.float32)
    (in_training,) = np.asarray(pooled(rows[None].astype(np.float32), mask[None]))
    np.testing.assert_allclose(np.diff(in_training), np.diff(predict.pooled(rows[:24], LABELS)), rtol=1e-3)


def clip(number: int, label: str = "anger") -> Clip:
    return Clip(Path(f"/data/emodb/wav/{number}.wav"), "emodb", f"emodb/{number % 2}", label, "female")


def utterance(of: Clip, frames: int) -> Utterance:
    return Utterance(of, np.zeros((frames, COEFFICIENTS), np.int32), np.ones(frames, np.bool_))


def test_a_clip_is_the_mean_of_its_utterances_weighted_by_frames() -> None:
    clips = [clip(0), clip(1, "sadness"), clip(2)]
    utterances = [utterance(clips[2], 10), utterance(clips[0], 30), utterance(clips[0], 10)]
    rows = [np.array([7.0, 8.0, 9.0]), np.array([1.0, 2.0, 3.0]), np.array([5.0, 2.0, -1.0])]
    made = predict.clip_predictions(clips, utterances, LABELS, rows)
    np.testing.assert_allclose(made.logits[0], [2.0, 2.0, 2.0])
    np.testing.assert_allclose(made.logits[2], rows[0])
    assert np.isnan(made.logits[1]).all(), "no speech was detected in it"
    assert made.targets.tolist() == [0, 2, 0]
    assert made.speakers == ("emodb/0", "emodb/1", "emodb/0")
    assert made.paths[0] == "emodb/emodb/wav/0.wav"


def test_logits_are_divided_by_the_temperature() -> None:
    clips = [clip(i) for i in range(3)]
    utterances = [replace(utterance(c, 40), cepstra=noise(40 + i).astype(np.int32)) for i, c in enumerate(clips[:2])]
    gains = (1 << 20,) * COEFFICIENTS

    def steps(features: list[npt.NDArray[np.int8]]) -> list[npt.NDArray[np.float64]]:
        return [f[:, : len(LABELS) + 1] / 32.0 for f in features]

    plain = predict.predict_clips(clips, utterances, gains, LABELS, steps)
    cooler = predict.predict_clips(clips, utterances, gains, LABELS, steps, temperature=2.5)
    np.testing.assert_allclose(cooler.logits * 2.5, plain.logits)
    assert np.isnan(plain.logits).all(axis=1).tolist() == [False, False, True]


def test_clips_without_detected_speech_need_no_network() -> None:
    def steps(features: list[npt.NDArray[np.int8]]) -> list[npt.NDArray[np.float64]]:
        raise AssertionError("there is nothing to run")

    assert np.isnan(predict.predict_clips([clip(0)], [], (1,), LABELS, steps).logits).all()
