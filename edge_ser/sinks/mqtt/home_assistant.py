"""MQTT discovery messages for Home Assistant: one retained message per entity.

Old and new versions of Home Assistant understand messages per entity; messages per device need a new one.
"""

from __future__ import annotations

import json
from typing import Any, Final

from edge_ser import __version__
from edge_ser.sinks.mqtt.topics import DROPPED, EMOTION, MICROPHONE, MUTED, SPEAKING
from edge_ser.state import MICROPHONE_STATES

STATUS_TOPIC: Final = "homeassistant/status"
"""Topic on which Home Assistant publishes ``online`` after a start, when all messages must be sent again."""

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
"""Entities by their id: component, state topic without the prefix, and further fields of the message."""

_WITH_ATTRIBUTES: Final = ("emotion", "microphone")
"""Entities whose attributes are the JSON of their topic."""


def discovery(prefix: str, availability: str, command: str | None) -> dict[str, str]:
    """Return the payloads of the messages by topic; an empty payload removes an entity.

    Args:
        prefix: Prefix of the device's topics, which also identifies the device.
        availability: Topic of the device's availability.
        command: Topic of the mute command; ``None`` if there is none.
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
        removed = component == "switch" and command is None
        messages[f"homeassistant/{component}/edge-ser_{device_id}/{entity}/config"] = (
            "" if removed else json.dumps(payload)
        )
    return messages
