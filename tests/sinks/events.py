"""Events for the tests of sinks."""

from __future__ import annotations

from datetime import datetime, timezone

from edge_ser.events import LABELS, EmotionEvent, StatusEvent

TIME = datetime(2026, 1, 1, tzinfo=timezone.utc)


def label(label: str, utterance: int = 1, final: bool = True, start: float = 1.0, end: float = 3.5) -> EmotionEvent:
    probabilities = {name: 0.75 if name == label else 0.05 for name in LABELS}
    return EmotionEvent(TIME, utterance, final, start, end, label, 0.75, probabilities)


def status(status: str) -> StatusEvent:
    return StatusEvent(TIME, status, f"{status} it is", 1.0)
