"""Messages by which Home Assistant finds the device, MQTT discovery: one retained message for each entity.

One message an entity, rather than one for the device, is what old and new versions understand.
"""

from __future__ import annotations

import json
from typing import Any, Final

from edge_ser import __version__
from edge_ser.sinks.mqtt.topics import DROPPED, EMOTION, MICROPHONE, MUTED, SPEAKING
from edge_ser.state import MICROPHONE_STATES

STATUS_TOPIC: Final = "homeassistant/status"
"""Where Home Assistant says ``online`` once it has started, and wants to be told everything again."""

_ENTITIES: Final[dict[str, tuple[str, str, dict[str, Any]]]] = {
    "emotion": (
        "sensor",
        EMOTION,
        {"name": "Emotion", "icon": "mdi:emoticon-outline", "value_template": "{{ value_json.label }}"},
    ),
    "confidence": (
        "sensor",
        EMOTION,
        {
            "name": "Confidence",
            "icon": "mdi:percent",
            "value_template": "{{ (value_json.confidence * 100) | round(1) }}",
            "unit_of_measurement": "%",
            "state_class": "measurement",
        },
    ),
    "speaking": ("binary_sensor", SPEAKING, {"name": "Speaking", "device_class": "sound"}),
    "microphone": (
        "sensor",
        MICROPHONE,
        {
            "name": "Microphone",
            "icon": "mdi:microphone",
            "value_template": "{{ value_json.state }}",
            "device_class": "enum",
            "options": list(MICROPHONE_STATES),
            "entity_category": "diagnostic",
        },
    ),
    "dropped": (
        "sensor",
        DROPPED,
        {
            "name": "Dropped events",
            "icon": "mdi:tray-full",
            "state_class": "total_increasing",
            "entity_category": "diagnostic",
        },
    ),
    "mute": ("switch", MUTED, {"name": "Mute", "icon": "mdi:microphone-off"}),
}
"""Entities by their id: component, topic of the state (behind the prefix), and what else describes them."""

_WITH_ATTRIBUTES: Final = ("emotion", "microphone")
"""Entities that have all of their topic's JSON as attributes."""


def discovery(prefix: str, availability: str, command: str | None) -> dict[str, str]:
    """Return topics and payloads of the messages; an empty payload takes an entity away.

    Args:
        prefix: What the device's topics begin with; it also tells devices apart.
        availability: Topic that says whether the device is there.
        command: Topic that mutes and unmutes; ``None`` if nothing does.
    """
    device_id = prefix.replace("/", "_")
    device = {
        "identifiers": [f"edge-ser_{device_id}"],
        "name": prefix.replace("/", " "),
        "manufacturer": "edge-ser",
        "model": "Speech emotion recognition",
        "sw_version": __version__,
    }
    messages = {}
    for entity, (component, topic, description) in _ENTITIES.items():
        payload: dict[str, Any] = {
            **description,
            "unique_id": f"edge-ser_{device_id}_{entity}",
            "state_topic": f"{prefix}/{topic}",
            "availability_topic": availability,
            "device": device,
            "origin": {"name": "edge-ser", "sw_version": __version__},
        }
        if entity in _WITH_ATTRIBUTES:
            payload["json_attributes_topic"] = payload["state_topic"]
        if component == "switch":
            payload["command_topic"] = command
        withheld = component == "switch" and command is None
        messages[f"homeassistant/{component}/edge-ser_{device_id}/{entity}/config"] = (
            "" if withheld else json.dumps(payload)
        )
    return messages
