"""What was heard in the last day, minute by minute: pure and bounded, the clock is handed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from edge_ser.events import UNCERTAIN, EmotionEvent

MINUTES: Final = 24 * 60
"""How far it reaches back."""


@dataclass
class Minute:
    """Sums of the utterances that ended within a minute.

    Attributes:
        utterances: Their number.
        uncertain: How many of them had no emotion likely enough.
        seconds: Their length, s.
        confidence: The confidence of each, times its length, s.
        emotions: The probability of each emotion, times the length, s: they add up to ``seconds``.
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
    """The minutes of the last day in which somebody spoke."""

    def __init__(self) -> None:
        self._minutes: dict[int, Minute] = {}

    def add(self, event: EmotionEvent) -> dict[str, Any]:
        """Add an utterance that has ended; return its minute as it is now, for JSON."""
        number = _minute(event.time)
        self._forget(number)
        self._minutes.setdefault(number, Minute()).add(event)
        return self._row(number)

    def rows(self, now: datetime) -> list[dict[str, Any]]:
        """Return all minutes for JSON, in order."""
        self._forget(_minute(now))
        return [self._row(number) for number in sorted(self._minutes)]

    def _forget(self, now: int) -> None:
        """Forget what is a day old, and also what is yet to come: somebody set the clock back."""
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
    """Return the number of a minute since 1970, UTC."""
    return int(moment.timestamp() // 60)
