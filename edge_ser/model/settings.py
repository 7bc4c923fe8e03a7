"""How a model's outputs become labels: settings that each model file carries."""

from __future__ import annotations

from dataclasses import dataclass

from edge_ser.settings.checks import require


@dataclass(frozen=True)
class DecisionSettings:
    """How the model's outputs become labels.

    Each model file carries these; temperature, threshold and evidence are found on its validation speakers.
    """

    temperature: float = 1.0
    """Divides the pooled logits before the softmax, so that the confidence means what it says."""
    threshold: float = 0.35
    """Confidence below which the label is `uncertain`."""
    speech_threshold: float = 0.85
    """Probability of speech from which a step of the model speaks for speech; below, it speaks against it."""
    evidence: float = 7.0
    """Evidence of speech without which an utterance is not published, nats."""
    persistence: float = 0.9
    """How much of what was believed of an utterance is expected of the one that follows at once; 0 for none of it."""
    interval: float = 0.5
    """From one provisional label to the next, s."""

    def __post_init__(self) -> None:
        require("decision.temperature", self.temperature, 0.1, 10)
        require("decision.threshold", self.threshold, 0, 1)
        require("decision.speech_threshold", self.speech_threshold, 0.1, 0.99)
        require("decision.evidence", self.evidence, 0, 100, "nats")
        require("decision.persistence", self.persistence, 0, 0.99)
        require("decision.interval", self.interval, 0.1, 5, "s")
