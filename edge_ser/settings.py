"""Everything that can be set at run time, as frozen dataclasses with a unit under every field.

Each is validated once, when it is made; an error names the key, the value and what is allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge_ser.errors import InvalidSetting

SAMPLE_RATE: Final = 16_000
"""Samples a second everywhere behind a source, Hz."""

BLOCK_SAMPLES: Final = 1_600
"""Samples a block that a source hands on: 100 ms.  Ten frames at a time keep numpy's overhead a call small."""


def require(key: str, value: float, low: float, high: float, unit: str = "") -> None:
    """Raise an error that names key, value and bounds, if the value is not within them."""
    if not low <= value <= high:
        raise InvalidSetting(f"{key} = {value}: allowed is {low:g} to {high:g} {unit}".rstrip())


@dataclass(frozen=True)
class MicrophoneSettings:
    """Which microphone, and how it is read."""

    device: str | int | None = None
    """Name (or a part of it that fits one device only) or index; ``None`` is the system's default."""
    queue_seconds: float = 4.0
    """Audio that may wait between the sound card and the recognizer before it is dropped and counted, s."""
    read_timeout: float = 2.0
    """Without a single block for this long the microphone counts as vanished, s."""

    def __post_init__(self) -> None:
        require("microphone.queue_seconds", self.queue_seconds, 0.5, 60, "s")
        require("microphone.read_timeout", self.read_timeout, 0.5, 60, "s")


@dataclass(frozen=True)
class GateSettings:
    """When the speech gate opens and closes."""

    aggressiveness: int = 2
    """How readily the WebRTC detector calls a block noise: 0 (least) to 3."""
    onset: float = 0.08
    """Net speech that opens the gate, s."""
    look_back: float = 0.12
    """Audio before the first speech block that belongs to the utterance, so that its first sound is kept, s."""
    hang_over: float = 0.30
    """Pause that ends an utterance, s."""
    tail: float = 0.04
    """Audio after the last speech block that belongs to the utterance, s."""
    longest: float = 15.0
    """An utterance that lasts longer is ended, and the next begins, s."""

    def __post_init__(self) -> None:
        require("gate.aggressiveness", self.aggressiveness, 0, 3, "(a whole number)")
        require("gate.onset", self.onset, 0.02, 0.5, "s")
        require("gate.look_back", self.look_back, 0, 1, "s")
        require("gate.hang_over", self.hang_over, 0.1, 2, "s")
        require("gate.tail", self.tail, 0.02, self.hang_over, "s")
        require("gate.longest", self.longest, 2, 60, "s")


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
