"""Figures agree with scikit-learn, and a clip without detected speech is never correct."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_ser.errors import NoRecordings
from tests.training.scoring.made_up_predictions import LABELS, made_up
from training.scoring.metrics import agreement, score, softmax, uar
from training.scoring.predictions import NO_SPEECH


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.floats(0, 1))
@settings(max_examples=60)
def test_figures_agree_with_scikit_learn(seed: int, clips: int, silent: float) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    predictions = made_up(clips, 5, seed, silent=silent)
    scores, targets, predicted = score(predictions), predictions.targets, predictions.predicted
    present = np.unique(targets)
    recalls = metrics.recall_score(targets, predicted, labels=present, average=None, zero_division=0)
    assert scores.uar == pytest.approx(recalls.mean()) == uar(predicted, targets)
    assert list(scores.recalls.values()) == pytest.approx(list(recalls))
    assert scores.accuracy == pytest.approx(metrics.accuracy_score(targets, predicted))
    f1 = metrics.f1_score(targets, predicted, labels=present, average="macro", zero_division=0)
    assert scores.macro_f1 == pytest.approx(f1)
    spoken = np.unique(predicted[predicted != NO_SPEECH])
    precisions = metrics.precision_score(targets, predicted, labels=spoken, average=None) if len(spoken) else []
    assert list(scores.precisions.values()) == pytest.approx(list(precisions))
    matrix = metrics.confusion_matrix(targets, predicted, labels=[*range(len(LABELS)), NO_SPEECH])[: len(LABELS)]
    assert scores.confusion == tuple(map(tuple, matrix.tolist()))


def test_uar_and_macro_f1_agree_with_scikit_learn_if_nothing_is_missing() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    predictions = made_up(silent=0.0)
    scores = score(predictions)
    assert scores.uar == pytest.approx(metrics.balanced_accuracy_score(predictions.targets, predictions.predicted))
    assert scores.macro_f1 == pytest.approx(
        metrics.f1_score(predictions.targets, predictions.predicted, average="macro")
    )


def test_a_clip_without_detected_speech_is_wrong_in_every_figure() -> None:
    heard = made_up(skill=50.0, silent=0.0)
    perfect = score(heard)
    assert (perfect.uar, perfect.accuracy, perfect.macro_f1, perfect.no_speech) == (1.0, 1.0, 1.0, 0)
    logits = heard.logits.copy()
    logits[:300] = np.nan
    scores = score(replace(heard, logits=logits))
    assert (scores.clips, scores.no_speech, scores.accuracy) == (400, 300, 0.25)
    assert scores.uar < 0.5
    assert scores.macro_f1 < 0.5
    assert sum(row[-1] for row in scores.confusion) == 300
    assert sum(map(sum, scores.confusion)) == 400
    assert scores.surest_half_accuracy == 0.5, "the 100 with speech come first, then 100 without"
    assert scores.ece == pytest.approx(0.0), "only clips with speech have a confidence"


def test_clips_without_any_detected_speech_can_be_scored() -> None:
    scores = score(made_up(silent=1.0))
    assert (scores.uar, scores.macro_f1, scores.ece, scores.precisions, scores.reliability) == (0.0, 0.0, None, {}, ())


def test_scores_are_fast_and_always_the_same() -> None:
    predictions = made_up(5_000, 60)
    before = time.perf_counter()
    first = score(predictions)
    assert time.perf_counter() - before < 1.0
    assert first == score(predictions)


def test_an_overconfident_model_has_a_large_calibration_error() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.5, (20_000, 4))
    targets = (softmax(logits).cumsum(axis=1) > rng.random((20_000, 1))).argmax(axis=1)
    calibrated = replace(made_up(20_000), targets=targets, logits=logits)
    overconfident = replace(calibrated, logits=10 * logits)
    right, wrong = score(calibrated), score(overconfident)
    assert right.ece is not None
    assert wrong.ece is not None
    assert right.ece < 0.015
    assert wrong.ece > 0.25
    assert wrong.accuracy == right.accuracy
    assert sum(b.clips for b in right.reliability) == 20_000
    assert all(abs(b.confidence - b.accuracy) < 0.05 for b in right.reliability if b.clips > 500)
    assert right.surest_half_accuracy > right.accuracy + 0.1


def test_calibration_error_of_three_clips_by_hand() -> None:
    probabilities = [[0.85, 0.05, 0.05, 0.05], [0.85, 0.05, 0.05, 0.05], [0.1, 0.7, 0.1, 0.1]]
    predictions = replace(made_up(3), targets=np.zeros(3, np.int64), logits=np.log(probabilities))
    assert score(predictions).ece == pytest.approx((2 * 0.15 + 0.7) / 3)


def test_nothing_cannot_be_scored() -> None:
    with pytest.raises(NoRecordings, match="no clip to evaluate has one of the labels anger, fear"):
        score(made_up().where(np.zeros(400, np.bool_)))


def test_agreement_counts_clips_with_and_without_speech() -> None:
    predictions = made_up()
    assert agreement(predictions, predictions) == 1.0
    logits = predictions.logits.copy()
    logits[:100] = np.where(np.isnan(logits[:100]), 0.0, np.nan)
    assert agreement(predictions, replace(predictions, logits=logits)) == 0.75
    with pytest.raises(ValueError, match="different clips"):
        agreement(predictions, made_up(seed=1))
