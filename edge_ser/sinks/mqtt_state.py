"""What the retained topics say: events in, topics and payloads out."""

from __future__ import annotations

import json
from typing import Final

from edge_ser.events import EmotionEvent, Event, StatusEvent, to_dict, to_json_line

ON: Final = "ON"
OFF: Final = "OFF"
"""Payloads of what is yes or no, and of the mute command, as Home Assistant has them."""

EMOTION: Final = "emotion"  # the last final event, as JSON
SPEAKING: Final = "speaking"  # ON or OFF
MICROPHONE: Final = "microphone"  # JSON: state, message, time
MUTED: Final = "muted"  # ON or OFF
DROPPED: Final = "dropped"  # how many events did not fit into the backlog, a number
"""Topics behind the prefix."""

MICROPHONE_STATES: Final = (
    *("listening", "muted", "no-microphone", "device-lost", "device-busy", "deaf", "clipping", "error", "stopped"),
)
"""Statuses that say how the microphone is; ``recovered`` is ``listening``."""

_UNMUTED: Final = ("listening", "no-microphone", "device-lost", "device-busy")
"""Statuses that come only when nobody has muted."""


class RetainedState:
    """Follows the events.

    Attributes:
        payloads: What each topic (without the prefix) says now; one of which nothing is known yet is missing.
    """

    def __init__(self) -> None:
        self.payloads = {SPEAKING: OFF, DROPPED: "0"}

    def take(self, event: Event) -> dict[str, str]:
        """Follow an event and return what has changed."""
        return self.set(_of_emotion(event) if isinstance(event, EmotionEvent) else _of_status(event))

    def set(self, payloads: dict[str, str]) -> dict[str, str]:
        """Set payloads and return those that were others before."""
        changed = {topic: payload for topic, payload in payloads.items() if self.payloads.get(topic) != payload}
        self.payloads |= changed
        return changed


def _of_emotion(event: EmotionEvent) -> dict[str, str]:
    if not event.final:
        return {SPEAKING: ON}
    return {EMOTION: to_json_line(event).rstrip("\n"), SPEAKING: OFF}


def _of_status(event: StatusEvent) -> dict[str, str]:
    state = "listening" if event.status == "recovered" else event.status
    payloads = {}
    if state in MICROPHONE_STATES:
        payloads[MICROPHONE] = json.dumps({"state": state, "message": event.message, "time": to_dict(event)["time"]})
    if state in _UNMUTED:
        payloads[MUTED] = OFF
    elif state == "muted":
        payloads |= {MUTED: ON, SPEAKING: OFF}
    return payloads
