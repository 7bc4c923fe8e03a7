"""Decision settings, which each model file includes."""

from __future__ import annotations

from dataclasses import dataclass

from edge_ser.settings.checks import require


@dataclass(frozen=True)
class DecisionSettings:
    """How the model's outputs become labels; temperature, threshold and evidence are found on validation speakers."""

    temperature: float = 1.0
    """Divides the pooled logits before the softmax, so that confidences are calibrated."""
    threshold: float = 0.35
    """Confidence below which the label is `uncertain`."""
    speech_threshold: float = 0.85
    """Probability of speech above which a step of the model is evidence for speech; below, it is evidence against."""
    evidence: float = 7.0
    """Least evidence of speech for which an utterance is published, nats."""
    persistence: float = 0.9
    """Weight of an utterance's posterior in the prior of one that follows at once; the rest is uniform."""
    interval: float = 0.5
    """Interval between provisional labels, s."""

    def __post_init__(self) -> None:
        require("decision.temperature", self.temperature, 0.1, 10)
        require("decision.threshold", self.threshold, 0, 1)
        require("decision.speech_threshold", self.speech_threshold, 0.1, 0.99)
        require("decision.evidence", self.evidence, 0, 100, "nats")
        require("decision.persistence", self.persistence, 0, 0.99)
        require("decision.interval", self.interval, 0.1, 5, "s")
