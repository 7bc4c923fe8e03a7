"""What the retained topics say: events in, topics and payloads out."""

from __future__ import annotations

import json
from typing import Final

from edge_ser.events import Event, to_dict, to_json_line
from edge_ser.state import ServiceState

ON: Final = "ON"
OFF: Final = "OFF"
"""Payloads of what is yes or no, and of the mute command, as Home Assistant has them."""

EMOTION: Final = "emotion"  # the last final event, as JSON
SPEAKING: Final = "speaking"  # ON or OFF
MICROPHONE: Final = "microphone"  # JSON: state, message, time
MUTED: Final = "muted"  # ON or OFF
DROPPED: Final = "dropped"  # how many events did not fit into the backlog, a number
"""Topics behind the prefix."""


class RetainedState:
    """Follows the events.

    Attributes:
        payloads: What each topic (without the prefix) says now; one of which nothing is known yet is missing.
    """

    def __init__(self) -> None:
        self.payloads = {SPEAKING: OFF, DROPPED: "0"}
        self._state = ServiceState()

    def take(self, event: Event) -> dict[str, str]:
        """Follow an event and return what has changed."""
        self._state = self._state.after(event)
        return self.set(_payloads(self._state))

    def set(self, payloads: dict[str, str]) -> dict[str, str]:
        """Set payloads and return those that were different before."""
        changed = {topic: payload for topic, payload in payloads.items() if self.payloads.get(topic) != payload}
        self.payloads |= changed
        return changed


def _payloads(state: ServiceState) -> dict[str, str]:
    payloads = {SPEAKING: ON if state.speaking else OFF}
    if state.last is not None:
        payloads[EMOTION] = to_json_line(state.last).rstrip("\n")
    if state.microphone is not None:
        said = to_dict(state.microphone)
        payloads[MICROPHONE] = json.dumps({"state": said["status"], "message": said["message"], "time": said["time"]})
    if state.muted is not None:
        payloads[MUTED] = ON if state.muted else OFF
    return payloads
