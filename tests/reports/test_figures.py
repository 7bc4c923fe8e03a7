"""Figures of a report: correct sums by local time, even when clocks change."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_ser.events import EmotionEvent
from edge_ser.reports.history.figures import SLOTS, slot_time, summarize
from tests.history.events import status
from tests.reports.periods import at, figures_of, utc

pytestmark = pytest.mark.usefixtures("berlin")


def test_repeated_hour_counts_as_one() -> None:
    # On 25 October at 03:00 clocks go back to 02:00.
    made = figures_of(*(at(f"2026-10-{text}") for text in ("24T21:59", "24T22:00", "25T00:30", "25T01:30", "25T02:30")))
    assert {hour: speech.utterances for hour, speech in enumerate(made.by_hour) if speech.utterances} == {
        23: 1,
        0: 1,
        2: 2,
        3: 1,
    }
    assert {day: speech.utterances for day, speech in made.by_day.items()} == {
        date(2026, 10, 24): 1,
        date(2026, 10, 25): 4,
    }
    assert made.slots[date(2026, 10, 25), 10].seconds == 4.0


def test_skipped_hour_is_empty() -> None:
    # On 29 March at 02:00 clocks go on to 03:00.
    made = figures_of(*(at(f"2026-03-{text}") for text in ("28T22:59", "28T23:00", "29T00:59", "29T01:00", "29T21:59")))
    assert [hour for hour, speech in enumerate(made.by_hour) if speech.utterances] == [0, 1, 3, 23]
    assert [speech.utterances for speech in made.by_day.values()] == [1, 4]


def test_silent_days_are_included() -> None:
    made = figures_of(at("2026-11-20T12:00"), at("2026-11-23T12:00"))
    assert [(day.day, speech.utterances) for day, speech in made.by_day.items()] == [(20, 1), (21, 0), (22, 0), (23, 1)]
    alone = summarize([status("muted", utc("2026-11-24T12:00"))], utc("2026-11-20"), utc("2026-11-25"))
    assert (list(alone.by_day), alone.statuses) == ([date(2026, 11, 24)], {"muted": 1})


labels = st.sampled_from(["anger", "neutral", "uncertain", "boredom"])
events = st.builds(
    at,
    st.datetimes(datetime(2026, 1, 2), datetime(2026, 12, 30)).map(datetime.isoformat),
    labels,
    st.floats(0.1, 15),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(events, max_size=30))
def test_every_view_has_all_speech(some: list[EmotionEvent]) -> None:
    made = figures_of(*some)
    spoken = pytest.approx(sum(event.end - event.start for event in some))
    for view in (made.by_hour, made.by_day.values(), made.slots.values(), [s.speech for s in made.stretches()]):
        assert sum(speech.utterances for speech in view) == made.total.utterances == len(some)
        assert sum(speech.seconds for speech in view) == spoken
    assert made.total.seconds == spoken
    assert set(made.labels) == {event.label for event in some}
    if some:
        assert sum(map(made.total.share, made.labels)) == pytest.approx(1)
    assert all(0 <= slot < SLOTS for _, slot in made.slots)
    days = list(made.by_day)
    assert all(later - day == timedelta(days=1) for day, later in itertools.pairwise(days))


def test_consecutive_slots_are_one_stretch_within_a_day() -> None:
    times = ("20T22:50", "20T23:05", "20T09:00", "20T09:15", "20T09:29", "20T09:45")
    found = [
        (stretch.day.day, slot_time(stretch.first), slot_time(stretch.after), stretch.speech.utterances)
        for stretch in figures_of(*(at(f"2026-11-{text}") for text in times)).stretches()
    ]
    assert found == [
        (20, "10:00", "10:30", 3),
        (20, "10:45", "11:00", 1),
        (20, "23:45", "24:00", 1),
        (21, "00:00", "00:15", 1),
    ]
