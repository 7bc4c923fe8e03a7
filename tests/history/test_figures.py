"""Figures of a report: sums are right, by the clock on the wall, also where clocks change."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_ser.events import EmotionEvent
from edge_ser.reports.figures import SLOTS, Figures, slot_time, sum_up
from edge_ser.reports.words import duration, sentences, tables
from tests.history.events import status, utterance

BERLIN = "CET-1CEST,M3.5.0,M10.5.0/3"
"""By its rule, since a small system has no time zones."""


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", BERLIN)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def of(*events: EmotionEvent, since: str = "2026-01-01", until: str = "2026-12-31") -> Figures:
    return sum_up(events, utc(since).astimezone(), utc(until).astimezone())


def at(text: str, label: str = "anger", seconds: float = 2.0) -> EmotionEvent:
    return utterance(1, utc(text), label, seconds)


def test_the_hour_that_comes_twice_is_one_hour_with_both() -> None:
    # On 25 October at 03:00 clocks go back to 02:00.
    made = of(*(at(f"2026-10-{text}") for text in ("24T21:59", "24T22:00", "25T00:30", "25T01:30", "25T02:30")))
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


def test_the_hour_that_is_left_out_is_empty() -> None:
    # On 29 March at 02:00 clocks go on to 03:00.
    made = of(*(at(f"2026-03-{text}") for text in ("28T22:59", "28T23:00", "29T00:59", "29T01:00", "29T21:59")))
    assert [hour for hour, speech in enumerate(made.by_hour) if speech.utterances] == [0, 1, 3, 23]
    assert [speech.utterances for speech in made.by_day.values()] == [1, 4]


def test_days_without_speech_stand_in_the_row_where_the_service_ran() -> None:
    made = of(at("2026-11-20T12:00"), at("2026-11-23T12:00"))
    assert [(day.day, speech.utterances) for day, speech in made.by_day.items()] == [(20, 1), (21, 0), (22, 0), (23, 1)]
    alone = sum_up([status("muted", utc("2026-11-24T12:00"))], utc("2026-11-20"), utc("2026-11-25"))
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
def test_every_view_has_all_the_speech(some: list[EmotionEvent]) -> None:
    made = of(*some)
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


def test_slots_that_follow_one_another_are_one_stretch_but_not_across_midnight() -> None:
    times = ("20T22:50", "20T23:05", "20T09:00", "20T09:15", "20T09:29", "20T09:45")
    found = [
        (stretch.day.day, slot_time(stretch.first), slot_time(stretch.after), stretch.speech.utterances)
        for stretch in of(*(at(f"2026-11-{text}") for text in times)).stretches()
    ]
    assert found == [
        (20, "10:00", "10:30", 3),
        (20, "10:45", "11:00", 1),
        (20, "23:45", "24:00", 1),
        (21, "00:00", "00:15", 1),
    ]


def test_words_say_what_the_figures_are() -> None:
    some = [
        at("2026-11-20T12:00", "neutral", 60),
        at("2026-11-20T12:10", "anger", 30),
        at("2026-11-21T08:00", "fear", 6),
    ]
    some += [at("2026-11-21T08:01", "uncertain", 4)]
    text = " ".join(sentences(of(*some, since="2026-11-20T10:00", until="2026-11-21T10:00")))
    for words in (
        "From Fri 2026-11-20 11:00 CET to Sat 2026-11-21 11:00 CET, local time.",
        "4 utterances on 2 days, 2 min of speech.",
        "neutral 60%, anger 30%, fear 6%",
        "For 4% the model was uncertain.",
        "between 13:00 and 14:00: 2 min",
        "most speech was Fri 2026-11-20",
        "many are wrong",
    ):
        assert words in text


def test_nothing_is_said_to_be_nothing() -> None:
    made = of()
    assert "Nobody spoke, or nothing was recorded." in sentences(made)
    assert tables(made) == []


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.4, "59 s"), (59.6, "1 min"), (3_599, "1 h 00 min"), (11_100, "3 h 05 min")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
