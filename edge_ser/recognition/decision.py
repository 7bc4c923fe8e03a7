"""The label of an utterance, from the model's logits for each step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge_ser.events import UNCERTAIN
from edge_ser.model.settings import DecisionSettings

_MOST_PER_STEP: Final = 2.0
"""Largest change of the evidence in one step, nats."""

_HALF_LIFE: Final = 10.0
"""Pause after which the weight of the last utterance in the next one's prior is halved, s."""


@dataclass(frozen=True)
class Posterior:
    """Probabilities of the labels, given an utterance so far.

    Attributes:
        label: A label of the model, or ``uncertain``.
        confidence: The largest probability, 0 to 1.
        probabilities: Probability of each label; they add up to 1.
    """

    label: str
    confidence: float
    probabilities: dict[str, float]


class Decision:
    """Pools the steps of an utterance into a posterior.

    Each step has one logit per label and one for speech.  The pooled logits are the mean over the steps, weighted by
    the probability of speech, so that pauses and noises count little.

    Whether anybody speaks at all is decided by a sequential test (CUSUM, Page 1954): steps above the threshold raise
    the evidence, steps below lower it, never below zero, and each by no more than 2 nats.  There is no posterior until
    the evidence has reached its own threshold once.

    Args:
        labels: Labels of the model, in the order of the logits.
        settings: Temperature, thresholds and prior.
    """

    def __init__(self, labels: tuple[str, ...], settings: DecisionSettings) -> None:
        self.labels = labels
        self.settings = settings
        self._neutral = math.log(settings.speech_threshold / (1.0 - settings.speech_threshold))
        self._last_posterior = [1.0 / len(labels)] * len(labels)  # of the last utterance that had one
        self._start(math.inf)

    def reset(self, pause: float = math.inf) -> None:
        """Start an utterance.

        Args:
            pause: Time since the end of the last one, s; infinite at the start of a stream.
        """
        last = self.posterior()
        if last is not None:
            self._last_posterior = list(last.probabilities.values())
        self._start(pause)

    def _start(self, pause: float) -> None:
        persistence = self.settings.persistence * 2.0 ** (-pause / _HALF_LIFE)
        uniform = (1.0 - persistence) / len(self.labels)
        self._prior = [persistence * p + uniform for p in self._last_posterior]
        self._sum = np.zeros(len(self.labels))
        self._weight = 0.0
        self._evidence = self._most_evidence = 0.0

    def add(self, steps: npt.NDArray[np.float64]) -> None:
        """Add the next steps.

        Args:
            steps: Logits, shape ``(n, labels + 1)``, float64, n >= 0; the last column is the logit of speech.
        """
        if not len(steps):
            return
        weights = []
        for speech in steps[:, -1].tolist():
            weights.append(0.5 + 0.5 * math.tanh(0.5 * speech))  # the logistic function, without overflow
            self._weight += weights[-1]
            change = min(_MOST_PER_STEP, max(-_MOST_PER_STEP, speech - self._neutral))
            self._evidence = max(0.0, self._evidence + change)
            self._most_evidence = max(self._most_evidence, self._evidence)
        # A float sum depends on its order, and this one must not depend on how the steps arrived: add one by one.
        sums = np.empty((len(steps) + 1, len(self.labels)))
        sums[0] = self._sum
        np.multiply(steps[:, :-1], np.array(weights)[:, None], sums[1:])
        self._sum = np.add.accumulate(sums, 0)[-1]

    @property
    def evidence(self) -> float:
        """Highest evidence of speech in this utterance so far, nats."""
        return self._most_evidence

    def posterior(self) -> Posterior | None:
        """Return the posterior so far, or ``None`` if there is not enough evidence of speech."""
        if self.evidence < self.settings.evidence or self._weight == 0.0:
            return None
        scale = self._weight * self.settings.temperature
        logits = (self._sum / scale).tolist()
        largest = max(logits)
        joint = [math.exp(x - largest) * p for x, p in zip(logits, self._prior, strict=True)]
        total = math.fsum(joint)
        probabilities = {label: p / total for label, p in zip(self.labels, joint, strict=True)}
        best = max(probabilities, key=probabilities.__getitem__)
        confidence = probabilities[best]
        return Posterior(best if confidence >= self.settings.threshold else UNCERTAIN, confidence, probabilities)
