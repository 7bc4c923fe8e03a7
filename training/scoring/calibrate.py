"""Temperature, threshold and evidence, found on validation speakers only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from edge_ser.model.settings import DecisionSettings
from edge_ser.recognition.decision import Decision
from training.scoring.metrics import softmax
from training.scoring.predictions import Predictions

_FIRST_SECOND: Final = 13
"""Steps available one second after the onset of speech: 0.83 s, and the look-back."""

_HEARD_SHARE: Final = 0.97
"""Share of the validation utterances that must be recognized as speech by then."""

_UNCERTAIN_SHARE: Final = 0.15
"""Share of the validation clips, those with the lowest confidence, that become `uncertain`."""

_TEMPERATURES: Final = np.geomspace(0.1, 10.0, 400)


def temperature(predictions: Predictions) -> float:
    """Return the temperature with the least negative log likelihood (Guo et al. 2017, arXiv:1706.04599).

    Args:
        predictions: For validation clips, not yet divided by a temperature.
    """
    heard = ~np.isnan(predictions.logits).any(axis=1)
    logits, targets = predictions.logits[heard], predictions.targets[heard]
    if not len(targets):
        return 1.0
    rows = np.arange(len(targets))
    losses = [-np.log(softmax(logits / t)[rows, targets] + 1e-12).mean() for t in _TEMPERATURES]
    return round(float(_TEMPERATURES[int(np.argmin(losses))]), 3)


def decision(predictions: Predictions, steps: Sequence[npt.NDArray[np.float64]]) -> DecisionSettings:
    """Return how a model's predictions become labels.

    Args:
        predictions: For validation clips, not yet divided by a temperature.
        steps: The network's rows for the utterances of those clips, each ``(steps, labels + 1)``, float64.
    """
    found = temperature(predictions)
    confidence = softmax(predictions.logits[~np.isnan(predictions.logits).any(axis=1)] / found).max(axis=1)
    threshold = round(float(np.quantile(confidence, _UNCERTAIN_SHARE)), 3) if len(confidence) else 0.0
    return DecisionSettings(temperature=found, threshold=threshold, evidence=_evidence(predictions.labels, steps))


def _evidence(labels: tuple[str, ...], utterances: Sequence[npt.NDArray[np.float64]]) -> float:
    """Return the most evidence that can be required while nearly all speech gets its first label within a second.

    The more evidence is required, the fewer noises pass; this is as much as the delay allows.
    """
    reached = []
    for steps in utterances:
        so_far = Decision(labels, DecisionSettings())
        so_far.add(steps[:_FIRST_SECOND])
        reached.append(so_far.evidence)
    return float(np.floor(np.quantile(reached, 1.0 - _HEARD_SHARE) * 2.0) / 2.0) if reached else 0.0
