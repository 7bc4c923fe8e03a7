"""Messages for Home Assistant: it accepts them, and the states match them."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser import events
from edge_ser.events import EmotionEvent, Event, StatusEvent
from edge_ser.sinks.mqtt.home_assistant import discovery
from edge_ser.sinks.mqtt.topics import RetainedState
from edge_ser.state import MICROPHONE_STATES

TIME = datetime(2026, 1, 1, tzinfo=timezone.utc)
TEXT = {"type": "string", "minLength": 1}
TOPIC = {"type": "string", "pattern": "^[^#+]+$"}
COMMON = {
    "name": TEXT,
    "unique_id": TEXT,
    "icon": {"type": "string", "pattern": "^mdi:[a-z-]+$"},
    "state_topic": TOPIC,
    "availability_topic": TOPIC,
    "json_attributes_topic": TOPIC,
    "entity_category": {"const": "diagnostic"},
    "device": {
        "type": "object",
        "properties": {"identifiers": {"type": "array", "items": TEXT, "minItems": 1}}
        | dict.fromkeys(("name", "manufacturer", "model", "sw_version"), TEXT),
        "required": ["identifiers", "name"],
        "additionalProperties": False,
    },
    "origin": {"type": "object", "properties": {"name": TEXT, "sw_version": TEXT}, "required": ["name"]},
}
OF_COMPONENT: dict[str, dict[str, Any]] = {
    "sensor": {
        "value_template": {"type": "string", "pattern": r"^\{\{ .* \}\}$"},
        "unit_of_measurement": {"const": "%"},
        "state_class": {"enum": ["measurement", "total_increasing"]},
        "device_class": {"const": "enum"},
        "options": {"type": "array", "items": TEXT},
    },
    "binary_sensor": {"device_class": {"const": "sound"}},
    "switch": {"command_topic": TOPIC},
}
"""The keys of MQTT discovery in use, and the values that Home Assistant's documentation allows."""


def schema(component: str) -> dict[str, Any]:
    required = ["unique_id", "state_topic", "availability_topic", "device", "origin"]
    return {
        "type": "object",
        "properties": COMMON | OF_COMPONENT[component],
        "required": [*required, *(["command_topic"] if component == "switch" else [])],
        "additionalProperties": False,
        # Options require the class enum, which allows neither a unit nor a state class.
        "dependentRequired": {"options": ["device_class"]},
        "if": {"required": ["options"]},
        "then": {"not": {"anyOf": [{"required": ["unit_of_measurement"]}, {"required": ["state_class"]}]}},
    }


@pytest.mark.parametrize("prefix", ["edge-ser", "home/kitchen_2/edge-ser"])
def test_home_assistant_accepts_every_message(prefix: str) -> None:
    messages = discovery(prefix, f"{prefix}/availability", f"{prefix}/muted/set")
    ids = []
    for topic, payload in messages.items():
        found = re.fullmatch(r"homeassistant/(\w+)/[\w-]+/[\w-]+/config", topic)
        assert found, topic
        message = json.loads(payload)
        jsonschema.validate(message, schema(found[1]))
        ids.append(message["unique_id"])
    assert len(set(ids)) == len(messages) == 6
    assert len({json.dumps(json.loads(payload)["device"]) for payload in messages.values()}) == 1, "one device"


def test_without_a_mute_command_the_switch_is_removed() -> None:
    with_one, without = discovery("p", "p/availability", "p/muted/set"), discovery("p", "p/availability", None)
    changed = {topic: payload for topic, payload in without.items() if with_one[topic] != payload}
    assert changed == {"homeassistant/switch/edge-ser_p/mute/config": ""}


def test_states_have_the_fields_of_the_templates() -> None:
    state = RetainedState()
    state.update(EmotionEvent(TIME, 1, True, 0.0, 1.0, "anger", 0.5, {"anger": 0.5}))
    state.update(StatusEvent(TIME, "listening", "listening to it", 0.0))
    for payload in discovery("p", "p/availability", "p/muted/set").values():
        message = json.loads(payload)
        payload = state.payloads[message["state_topic"].removeprefix("p/")]
        for name in re.findall(r"value_json\.(\w+)", message.get("value_template", "")):
            assert name in json.loads(payload)


some_events: st.SearchStrategy[Event] = st.one_of(
    st.builds(StatusEvent, st.just(TIME), st.sampled_from(events.STATUSES), st.just("so it is"), st.just(0.0)),
    st.builds(
        EmotionEvent,
        *(st.just(TIME), st.integers(1, 9), st.booleans(), st.just(0.0), st.just(1.0)),
        *(st.sampled_from(events.LABELS), st.floats(0, 1), st.just({"anger": 1.0})),
    ),
)


@given(st.lists(some_events))
def test_the_state_follows_the_events(happened: list[Event]) -> None:
    state, told = RetainedState(), dict(RetainedState().payloads)
    for event in happened:
        told |= state.update(event)
    assert told == state.payloads, "all changes together are the whole state"
    statuses = [event.status for event in happened if isinstance(event, StatusEvent)]
    telling = ("muted", "listening", "recovered", "no-microphone", "device-lost", "device-busy")
    muted = [status == "muted" for status in statuses if status in telling]
    if muted:
        assert told["muted"] == ("ON" if muted[-1] else "OFF")
    finals = [event for event in happened if isinstance(event, EmotionEvent) and event.final]
    if finals:
        assert json.loads(told["emotion"])["label"] == finals[-1].label
    if "microphone" in told:
        assert json.loads(told["microphone"])["state"] in MICROPHONE_STATES
    emotions = [event for event in happened if isinstance(event, EmotionEvent)]
    if not emotions or emotions[-1].final:
        assert told["speaking"] == "OFF"


def test_every_status_is_a_state_or_a_known_exception() -> None:
    passing = {"recovered", "overflow", "dropped", "refused", "reloaded", "not-reloaded"}
    assert set(MICROPHONE_STATES) == set(events.STATUSES) - passing


def test_a_final_label_is_published_before_the_end_of_speaking() -> None:
    state = RetainedState()
    state.update(EmotionEvent(TIME, 1, False, 0.0, 0.5, "fear", 0.5, {"anger": 0.5}))
    changed = state.update(EmotionEvent(TIME, 1, True, 0.0, 1.0, "anger", 0.5, {"anger": 0.5}))
    assert list(changed) == ["emotion", "speaking"], "an automation that is run by the end reads the new label"
