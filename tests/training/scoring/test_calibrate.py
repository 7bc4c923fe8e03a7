"""Calibration finds what over-confident logits were multiplied by, and asks for no more evidence than speech has."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from edge_ser.model.settings import DecisionSettings
from edge_ser.recognition.decision import Decision
from training.scoring import calibrate
from training.scoring.metrics import score, softmax
from training.scoring.predictions import Predictions

LABELS = ("anger", "fear", "neutral", "sadness")


def made_up(clips: int, factor: float, silent: int = 0) -> Predictions:
    """Logits whose probabilities are right, times a factor."""
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 1.5, (clips, len(LABELS)))
    targets = np.array([rng.choice(len(LABELS), p=p) for p in softmax(logits)])
    logits = logits * factor
    logits[:silent] = np.nan
    names = tuple(f"{i}" for i in range(clips))
    return Predictions(LABELS, names, ("emodb",) * clips, names, (None,) * clips, targets, logits)


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0, 6.0])
def test_the_temperature_of_overconfident_logits_is_found(factor: float) -> None:
    predictions = made_up(4_000, factor, silent=500)
    found = calibrate.temperature(predictions)
    assert found == pytest.approx(factor, rel=0.1)
    heard = np.arange(500, 4_000)
    cooled = softmax(predictions.logits[heard] / found)
    confidence, right = cooled.max(axis=1), cooled.argmax(axis=1) == predictions.targets[heard]
    assert confidence.mean() == pytest.approx(right.mean(), abs=0.02)


def test_calibration_lowers_the_calibration_error() -> None:
    predictions = made_up(2_000, 4.0)
    cooled = Predictions(**{**vars(predictions), "logits": predictions.logits / calibrate.temperature(predictions)})
    before, after = score(predictions), score(cooled)
    assert before.ece is not None
    assert after.ece is not None
    assert after.ece < 0.05 < before.ece
    assert after.uar == before.uar


def steps(count: int, of_speech: float, seed: int) -> npt.NDArray[np.float64]:
    rows = np.random.default_rng(seed).normal(0, 0.5, (count, len(LABELS) + 1))
    rows[:, -1] += of_speech
    return rows


def test_the_clips_with_the_lowest_confidence_become_uncertain() -> None:
    predictions = made_up(1_000, 3.0, silent=100)
    found = calibrate.decision(predictions, [steps(30, 2.0, 1)])
    confidence = softmax(predictions.logits[100:] / found.temperature).max(axis=1)
    assert (confidence < found.threshold).mean() == pytest.approx(0.15, abs=0.01)
    assert 1 / len(LABELS) < found.threshold < 1


def test_nearly_all_speech_has_the_evidence_within_a_second() -> None:
    utterances = [steps(40, float(level), seed) for seed, level in enumerate(np.linspace(1.5, 4.0, 400))]
    found = calibrate.decision(made_up(50, 1.0), utterances)

    def reached(evidence: float) -> float:
        decisions = [Decision(LABELS, DecisionSettings(evidence=evidence)) for _ in utterances]
        for so_far, rows in zip(decisions, utterances, strict=True):
            so_far.add(rows[:13])
        return float(np.mean([so_far.posterior() is not None for so_far in decisions]))

    assert reached(found.evidence) >= 0.98
    assert reached(found.evidence + 1.0) < 0.99, "as much is required as the delay allows"
    assert found.evidence > 0
    assert found.evidence % 0.5 == 0


def test_steps_after_the_first_second_do_not_count() -> None:
    late = [np.concatenate((steps(13, -6.0, seed), steps(40, 6.0, seed))) for seed in range(20)]
    assert calibrate.decision(made_up(50, 1.0), late).evidence == 0.0


def test_without_detected_speech_nothing_is_changed() -> None:
    found = calibrate.decision(made_up(20, 1.0, silent=20), [])
    assert (found.temperature, found.threshold, found.evidence) == (1.0, 0.0, 0.0)
