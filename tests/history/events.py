"""Events for the tests of the history."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from edge_ser.events import LABELS, EmotionEvent, StatusEvent

NOON = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
SHARES = {label: 0.5 if label == "anger" else 0.1 for label in LABELS}


def utterance(
    number: int, time: datetime | None = None, label: str = "anger", seconds: float = 2.0, final: bool = True
) -> EmotionEvent:
    time = time or NOON + timedelta(seconds=10 * number)
    return EmotionEvent(time, number, final, 10.0 * number, 10.0 * number + seconds, label, 0.5, SHARES)


def status(name: str, time: datetime = NOON) -> StatusEvent:
    return StatusEvent(time, name, f"it is {name}", 1.5)
