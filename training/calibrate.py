"""Temperature and threshold, found on validation speakers only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from edge_ser.decision import Decision
from edge_ser.events import LABELS
from edge_ser.settings import DecisionSettings

_FIRST_SECOND: Final = 13
"""Steps that are there a second after the onset of speech: 0.83 s, and the look-back."""

_HEARD_SHARE: Final = 0.985
"""Share of the validation utterances that have to be heard as speech by then."""

_UNCERTAIN_SHARE: Final = 0.15
"""Share of the validation clips, the least sure ones, that become `uncertain`."""


def decision(logits: npt.NDArray[np.float64], targets: npt.NDArray[np.int64]) -> DecisionSettings:
    """Return the temperature with the least negative log likelihood (Guo et al. 2017), and a threshold.

    Args:
        logits: Pooled logits of validation clips, shape ``(n, labels)``.
        targets: Their labels' indices, shape ``(n,)``.
    """
    candidates = np.arange(0.3, 4.0, 0.02)
    losses = [-np.log(_softmax(logits / t)[np.arange(len(targets)), targets] + 1e-12).mean() for t in candidates]
    temperature = float(candidates[int(np.argmin(losses))])
    confidence = _softmax(logits / temperature).max(axis=1)
    return DecisionSettings(
        temperature=round(temperature, 2), threshold=round(float(np.quantile(confidence, _UNCERTAIN_SHARE)), 3)
    )


def evidence(utterances: Sequence[npt.NDArray[np.float64]]) -> float:
    """Return the most evidence that can be asked for while nearly all speech has its first label within a second.

    The more is asked for, the fewer noises pass; so this is as much as the delay allows.

    Args:
        utterances: The network's steps of validation utterances with speech, each ``(steps, labels + 1)``.
    """
    reached = []
    for steps in utterances:
        decision = Decision(LABELS, DecisionSettings())
        decision.add(steps[:_FIRST_SECOND])
        reached.append(decision.evidence)
    return float(np.floor(np.quantile(reached, 1.0 - _HEARD_SHARE) * 2.0) / 2.0)


def expected_calibration_error(
    logits: npt.NDArray[np.float64], targets: npt.NDArray[np.int64], temperature: float, bins: int = 10
) -> float:
    """Return the mean gap between confidence and accuracy over bins of equal width (Naeini et al. 2015)."""
    probabilities = _softmax(logits / temperature)
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == targets
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(confidence[which == b].mean() - right[which == b].mean()) * (which == b).mean() for b in set(which)]
    return float(sum(gaps))


def _softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))
