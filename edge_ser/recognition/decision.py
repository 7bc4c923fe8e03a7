"""From the model's outputs, one row a step, to the label of an utterance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge_ser.events import UNCERTAIN
from edge_ser.model.settings import DecisionSettings

_MOST_A_STEP: Final = 2.0  # nats

_HALF_LIFE: Final = 10.0
"""Seconds of silence after which an earlier utterance says half as much about the next one."""


@dataclass(frozen=True)
class Verdict:
    """What is believed of an utterance so far.

    Attributes:
        label: A label of the model, or ``uncertain``.
        confidence: The largest probability, 0 to 1.
        probabilities: Probability of each label; they add up to 1.
    """

    label: str
    confidence: float
    probabilities: dict[str, float]


class Decision:
    """Pools an utterance's steps into a posterior.

    Each step carries a logit per label and one more that says whether it is speech.  The pooled logits are the mean
    over the steps weighted by the probability of speech, so that pauses and noises count little.

    Whether anybody speaks at all is a sequential test (the cumulative sum of Page 1954): steps above the threshold
    raise the evidence, steps below lower it, never below zero, and no single step counts for much.  Until the evidence
    has once sufficed there is no verdict.
    """

    def __init__(self, labels: tuple[str, ...], settings: DecisionSettings) -> None:
        self.labels = labels
        self.settings = settings
        self._neutral = math.log(settings.speech_threshold / (1.0 - settings.speech_threshold))
        self._believed = [1.0 / len(labels)] * len(labels)  # of the last utterance that had a verdict
        self._begin(math.inf)

    def reset(self, pause: float = math.inf) -> None:
        """Begin an utterance.

        Args:
            pause: Since the end of the last one, s; infinite at the start of a stream.
        """
        last = self.verdict()
        if last is not None:
            self._believed = list(last.probabilities.values())
        self._begin(pause)

    def _begin(self, pause: float) -> None:
        persistence = self.settings.persistence * 2.0 ** (-pause / _HALF_LIFE)
        anew = (1.0 - persistence) / len(self.labels)
        self._prior = [persistence * p + anew for p in self._believed]
        self._sum = np.zeros(len(self.labels))
        self._weight = 0.0
        self._evidence = self._most_evidence = 0.0

    def add(self, steps: npt.NDArray[np.float64]) -> None:
        """Take the next steps.

        Args:
            steps: Logits, shape ``(n, labels + 1)``, float64; the last column is the logit of speech.
        """
        if not len(steps):
            return
        weights = []
        for speech in steps[:, -1].tolist():
            weights.append(0.5 + 0.5 * math.tanh(0.5 * speech))  # the logistic function, without overflow
            self._weight += weights[-1]
            change = min(_MOST_A_STEP, max(-_MOST_A_STEP, speech - self._neutral))
            self._evidence = max(0.0, self._evidence + change)
            self._most_evidence = max(self._most_evidence, self._evidence)
        # One after the other: a float sum depends on its order, and this one must not depend on how the steps arrived.
        sums = np.empty((len(steps) + 1, len(self.labels)))
        sums[0] = self._sum
        np.multiply(steps[:, :-1], np.array(weights)[:, None], sums[1:])
        self._sum = np.add.accumulate(sums, 0)[-1]

    @property
    def evidence(self) -> float:
        """The most evidence of speech that there has been in this utterance, nats."""
        return self._most_evidence

    def verdict(self) -> Verdict | None:
        """Return what is believed so far, or ``None`` while the model has not heard for certain that anybody speaks."""
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
        return Verdict(best if confidence >= self.settings.threshold else UNCERTAIN, confidence, probabilities)
