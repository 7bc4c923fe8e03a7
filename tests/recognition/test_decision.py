"""The decision: from logits to labels."""

from __future__ import annotations

import numpy as np
import pytest

from edge_ser.model.settings import DecisionSettings
from edge_ser.recognition.decision import Decision

LABELS = ("anger", "neutral", "sadness")
SPEECH, NOISE = 20.0, -20.0


def decision(**settings: float) -> Decision:
    return Decision(LABELS, DecisionSettings(**{"evidence": 3.5, "threshold": 0.5, **settings}))


def test_the_likeliest_label_wins() -> None:
    d = decision()
    d.add(np.array([[3.0, 0.0, 0.0, SPEECH]] * 3))
    posterior = d.posterior()
    assert posterior is not None
    assert posterior.label == "anger"
    assert posterior.confidence == pytest.approx(np.exp(3) / (np.exp(3) + 2))


def test_steps_without_speech_do_not_count() -> None:
    d = decision()
    d.add(np.array([[3.0, 0.0, 0.0, SPEECH]] * 3 + [[0.0, 9.0, 0.0, NOISE]] * 100))
    posterior = d.posterior()
    assert posterior is not None
    assert posterior.label == "anger"


def test_little_speech_gives_no_posterior() -> None:
    d = decision()
    d.add(np.array([[3.0, 0.0, 0.0, SPEECH]]))
    assert d.posterior() is None, "one step alone is never enough"
    d.add(np.array([[3.0, 0.0, 0.0, SPEECH]]))
    assert d.posterior() is not None
    d.reset()
    assert d.posterior() is None


def test_noise_lowers_the_evidence_but_keeps_the_posterior() -> None:
    speech, noise = [3.0, 0.0, 0.0, SPEECH], [3.0, 0.0, 0.0, NOISE]
    d = decision()
    d.add(np.array([speech, noise] * 50))
    assert d.posterior() is None, "speech and noise in turn are not speech"
    d.add(np.array([speech, speech, *[noise] * 50]))
    assert d.posterior() is not None, "evidence that sufficed once is kept"


def test_a_uniform_posterior_is_uncertain() -> None:
    d = decision()
    d.add(np.array([[1.0, 1.0, 1.0, SPEECH]] * 5))
    posterior = d.posterior()
    assert posterior is not None
    assert posterior.label == "uncertain"
    assert posterior.confidence == pytest.approx(1 / 3)


def test_temperature_spreads_the_probabilities() -> None:
    sharp, flat = decision(), decision(temperature=3.0)
    for d in (sharp, flat):
        d.add(np.array([[3.0, 0.0, 0.0, SPEECH]] * 3))
    one, other = sharp.posterior(), flat.posterior()
    assert one is not None
    assert other is not None
    assert other.confidence < one.confidence
    assert max(other.probabilities, key=lambda label: other.probabilities[label]) == "anger"


def test_extreme_logits_give_finite_probabilities() -> None:
    d = decision()
    d.add(np.array([[800.0, -800.0, 0.0, 700.0]] * 3))
    posterior = d.posterior()
    assert posterior is not None
    assert posterior.confidence == 1.0


def label_of(d: Decision, *logits: float, pause: float) -> str:
    d.reset(pause)
    d.add(np.array([[*logits, SPEECH]] * 3))
    posterior = d.posterior()
    assert posterior is not None
    return posterior.label


def test_the_posterior_persists_into_the_next_utterance() -> None:
    d = decision(threshold=0.0)
    assert label_of(d, 0.0, 2.0, 0.0, pause=np.inf) == "neutral"
    assert label_of(d, 0.5, 0.0, 0.0, pause=0.5) == "neutral", "a doubtful utterance follows the last one"
    assert label_of(d, 4.0, 0.0, 0.0, pause=0.5) == "anger", "a clear utterance does not"


def test_after_a_long_silence_the_prior_is_uniform() -> None:
    d = decision(threshold=0.0)
    label_of(d, 0.0, 2.0, 0.0, pause=np.inf)
    assert label_of(d, 0.5, 0.0, 0.0, pause=600.0) == "anger"


def test_without_persistence_utterances_are_independent() -> None:
    d = decision(threshold=0.0, persistence=0.0)
    label_of(d, 0.0, 2.0, 0.0, pause=np.inf)
    assert label_of(d, 0.5, 0.0, 0.0, pause=0.1) == "anger"


def test_noise_does_not_change_the_prior() -> None:
    d, other = decision(threshold=0.0), decision(threshold=0.0)
    for each in (d, other):
        label_of(each, 0.0, 2.0, 0.0, pause=np.inf)
    d.reset(1.0)
    d.add(np.array([[5.0, 0.0, 0.0, NOISE]] * 50))
    assert d.posterior() is None
    assert label_of(d, 0.5, 0.0, 0.0, pause=2.0) == label_of(other, 0.5, 0.0, 0.0, pause=2.0) == "neutral"
