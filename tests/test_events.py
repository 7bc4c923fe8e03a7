"""Events and their JSON schema."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from importlib import resources

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.events import (
    LABELS,
    SCHEMA_VERSION,
    SILENCE,
    STATUSES,
    EmotionEvent,
    Event,
    LevelEvent,
    StatusEvent,
    to_dict,
    to_json_line,
)

SCHEMA = json.loads((resources.files("edge_ser") / "events.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
TIME = datetime(2026, 11, 22, 21, 15, 3, 123456, tzinfo=timezone(timedelta(hours=1)))

seconds = st.floats(0, 1e6)
statuses = st.builds(
    StatusEvent,
    st.just(TIME),
    st.sampled_from(STATUSES),
    st.text(min_size=1),
    seconds,
)
emotions = st.builds(
    EmotionEvent,
    st.just(TIME),
    st.integers(1),
    st.booleans(),
    seconds,
    seconds,
    st.sampled_from([*LABELS, "uncertain"]),
    st.floats(0, 1),
    st.fixed_dictionaries({label: st.floats(0, 1) for label in LABELS}),
)


levels = st.builds(LevelEvent, st.just(TIME), seconds, st.floats(SILENCE, 0), st.floats(SILENCE, 0), st.booleans())


@given(statuses | emotions | levels)
def test_every_event_is_one_line_that_matches_the_schema(event: Event | LevelEvent) -> None:
    line = to_json_line(event)
    assert line.endswith("\n")
    assert line.count("\n") == 1
    VALIDATOR.validate(json.loads(line))


def test_the_schema_accepts_only_its_version() -> None:
    event = to_dict(StatusEvent(TIME, "listening", "listening to a", 0.0))
    assert event["schema"] == SCHEMA["properties"]["schema"]["const"] == SCHEMA_VERSION
    for wrong in ({"schema": 2}, {"status": "dancing"}, {"time": "yesterday"}, {"position": -1}):
        with pytest.raises(jsonschema.ValidationError):
            VALIDATOR.validate({**event, **wrong})


def test_the_schema_knows_every_status() -> None:
    schema = json.dumps(SCHEMA)
    assert all(f'"{status}"' in schema for status in STATUSES)
    for status in STATUSES:
        VALIDATOR.validate(to_dict(StatusEvent(TIME, status, "so it is", 0.0)))


def test_the_schema_bounds_levels() -> None:
    level = to_dict(LevelEvent(TIME, 1.0, -20.04, SILENCE, True))
    assert (level["event"], level["level"], level["peak"], level["speech"]) == ("level", -20.0, SILENCE, True)
    for wrong in ({"level": -97}, {"peak": 1}, {"speech": "yes"}, {"position": -1}, {"event": "status"}):
        with pytest.raises(jsonschema.ValidationError):
            VALIDATOR.validate({**level, **wrong})


def test_time_is_utc() -> None:
    assert to_dict(StatusEvent(TIME, "listening", "x", 0.0))["time"] == "2026-11-22T20:15:03.123Z"
