"""The timeline of the last day: complete within the day, and never longer."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.dashboard.timeline import MINUTES, Timeline
from edge_ser.events import EmotionEvent

SECONDS = st.integers(0, 300_000).map(lambda seconds: seconds / 60)
START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def event(minute: float, length: float = 2.0, label: str = "fear") -> EmotionEvent:
    return EmotionEvent(
        START + timedelta(minutes=minute), 1, True, 1.0, 1.0 + length, label, 0.6, {"fear": 0.6, "anger": 0.4}
    )


@given(st.lists(st.tuples(SECONDS, st.floats(0.1, 15)), max_size=60))
def test_timeline_covers_exactly_the_last_day(utterances: list[tuple[float, float]]) -> None:
    timeline = Timeline()
    utterances.sort()
    for minute, length in utterances:
        timeline.add(event(minute, length))
    now = utterances[-1][0] if utterances else 0.0
    rows = timeline.rows(START + timedelta(minutes=now))
    kept = [(minute, length) for minute, length in utterances if int(minute) > int(now) - MINUTES]
    assert sum(row["utterances"] for row in rows) == len(kept)
    assert sum(row["seconds"] for row in rows) == pytest.approx(sum(length for _, length in kept), abs=0.01 * len(rows))
    for row in rows:
        assert sum(row["emotions"].values()) == pytest.approx(row["seconds"], abs=0.02)
    assert [row["minute"] for row in rows] == sorted({int(START.timestamp() // 60) + int(minute) for minute, _ in kept})


def test_continuous_speech_is_bounded() -> None:
    timeline = Timeline()
    for minute in range(3 * MINUTES):
        timeline.add(event(minute))
    assert len(timeline.rows(START + timedelta(minutes=3 * MINUTES - 1))) == MINUTES
    assert timeline.rows(START + timedelta(days=30)) == []


def test_clock_set_back() -> None:
    timeline = Timeline()
    timeline.add(event(500))
    timeline.add(event(100))
    assert [row["utterances"] for row in timeline.rows(START + timedelta(minutes=100))] == [1]


def test_uncertain_utterances_are_counted() -> None:
    timeline = Timeline()
    timeline.add(event(1, label="uncertain"))
    row = timeline.add(event(1.5, length=4))
    assert row == {
        "minute": int(START.timestamp() // 60) + 1,
        "utterances": 2,
        "uncertain": 1,
        "seconds": 6.0,
        "confidence": 3.6,
        "emotions": {"fear": 3.6, "anger": 2.4},
    }
