"""The result for a whole recording, from the final events of its utterances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge_ser.events import NO_SPEECH, UNCERTAIN, EmotionEvent
from edge_ser.model.bundle import Bundle


@dataclass(frozen=True)
class Segment:
    """An utterance of a recording.

    Attributes:
        start: Start, s.
        end: End, s.
        label: An emotion, or ``uncertain``.
        confidence: Probability of the likeliest emotion, 0 to 1.
    """

    start: float
    end: float
    label: str
    confidence: float


@dataclass(frozen=True)
class Result:
    """The result for a recording.

    Attributes:
        label: An emotion, ``uncertain``, or ``no-speech`` where nobody speaks.
        confidence: Probability of the likeliest emotion, 0 to 1; 0 without speech.
        probabilities: Probability of each emotion, the mean over the segments weighted by length; all 0 without speech.
        duration: Length of the recording, s.
        segments: The utterances, in order.
    """

    label: str
    confidence: float
    probabilities: dict[str, float]
    duration: float
    segments: list[Segment]


def summarize(bundle: Bundle, finals: Sequence[EmotionEvent], duration: float) -> Result:
    """Make the result of a recording from the final events of its utterances.

    Args:
        bundle: The model that made the events.
        finals: The events, in order.
        duration: Length of the recording, s.
    """
    if not finals:
        return Result(NO_SPEECH, 0.0, dict.fromkeys(bundle.labels, 0.0), duration, [])
    lengths = [event.end - event.start for event in finals]
    probabilities = {
        label: sum(n * event.probabilities[label] for n, event in zip(lengths, finals, strict=True)) / sum(lengths)
        for label in bundle.labels
    }
    best = max(probabilities, key=probabilities.__getitem__)
    confidence = probabilities[best]
    return Result(
        label=best if confidence >= bundle.decision.threshold else UNCERTAIN,
        confidence=confidence,
        probabilities=probabilities,
        duration=duration,
        segments=[Segment(event.start, event.end, event.label, event.confidence) for event in finals],
    )
