"""What was heard in the last day, minute by minute: pure and bounded, with the time as an argument."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from edge_ser.events import UNCERTAIN, EmotionEvent

MINUTES: Final = 24 * 60
"""Length of the timeline, minutes."""


@dataclass
class Minute:
    """Sums over the utterances that ended within a minute.

    Attributes:
        utterances: Number of utterances.
        uncertain: Number of utterances with the label `uncertain`.
        seconds: Total duration, s.
        confidence: Sum of confidence times duration, s.
        emotions: For each emotion the sum of probability times duration, s; they add up to ``seconds``.
    """

    utterances: int = 0
    uncertain: int = 0
    seconds: float = 0.0
    confidence: float = 0.0
    emotions: dict[str, float] = field(default_factory=dict)

    def add(self, event: EmotionEvent) -> None:
        """Add an utterance."""
        length = max(event.end - event.start, 0.0)
        self.utterances += 1
        self.uncertain += event.label == UNCERTAIN
        self.seconds += length
        self.confidence += event.confidence * length
        for label, probability in event.probabilities.items():
            self.emotions[label] = self.emotions.get(label, 0.0) + probability * length


class Timeline:
    """The minutes of the last day with speech."""

    def __init__(self) -> None:
        self._minutes: dict[int, Minute] = {}

    def add(self, event: EmotionEvent) -> dict[str, Any]:
        """Add an utterance that has ended; return its minute, for JSON."""
        number = _minute(event.time)
        self._forget(number)
        self._minutes.setdefault(number, Minute()).add(event)
        return self._row(number)

    def rows(self, now: datetime) -> list[dict[str, Any]]:
        """Return all minutes in order, for JSON."""
        self._forget(_minute(now))
        return [self._row(number) for number in sorted(self._minutes)]

    def _forget(self, now: int) -> None:
        """Remove minutes that are a day old, and future ones, which remain when the clock is set back."""
        for number in [number for number in self._minutes if not now - MINUTES < number <= now]:
            del self._minutes[number]

    def _row(self, number: int) -> dict[str, Any]:
        minute = self._minutes[number]
        return {
            "minute": number,
            "utterances": minute.utterances,
            "uncertain": minute.uncertain,
            "seconds": round(minute.seconds, 2),
            "confidence": round(minute.confidence, 2),
            "emotions": {label: round(seconds, 2) for label, seconds in minute.emotions.items()},
        }


def _minute(moment: datetime) -> int:
    """Return the number of the minute since 1970, UTC."""
    return int(moment.timestamp() // 60)
