"""The payloads of the retained topics, derived from events."""

from __future__ import annotations

import json
from typing import Final

from edge_ser.events import Event, to_dict, to_json_line
from edge_ser.state import ServiceState

ON: Final = "ON"
OFF: Final = "OFF"
"""Payloads of yes-or-no topics and of the mute command, as Home Assistant expects them."""

EMOTION: Final = "emotion"  # the last final label, as JSON
SPEAKING: Final = "speaking"  # ON or OFF
MICROPHONE: Final = "microphone"  # JSON: state, message, time
MUTED: Final = "muted"  # ON or OFF
DROPPED: Final = "dropped"  # number of events that did not fit into the backlog
"""Topics after the prefix."""


class RetainedState:
    """Derives the payloads from the events.

    Attributes:
        payloads: Current payload by topic, without the prefix; a topic whose payload is not known yet is missing.
    """

    def __init__(self) -> None:
        self.payloads = {SPEAKING: OFF, DROPPED: "0"}
        self._state = ServiceState()

    def update(self, event: Event) -> dict[str, str]:
        """Process an event and return the payloads that have changed."""
        self._state = self._state.after(event)
        return self.set(_payloads(self._state))

    def set(self, payloads: dict[str, str]) -> dict[str, str]:
        """Set payloads and return those that have changed."""
        changed = {topic: payload for topic, payload in payloads.items() if self.payloads.get(topic) != payload}
        self.payloads |= changed
        return changed


def _payloads(state: ServiceState) -> dict[str, str]:
    # In the order of publication: the label comes before the end of speaking, which programs take as its signal.
    payloads = {}
    if state.last is not None:
        payloads[EMOTION] = to_json_line(state.last).rstrip("\n")
    if state.microphone is not None:
        event = to_dict(state.microphone)
        payloads[MICROPHONE] = json.dumps(
            {"state": event["status"], "message": event["message"], "time": event["time"]}
        )
    if state.muted is not None:
        payloads[MUTED] = ON if state.muted else OFF
    payloads[SPEAKING] = ON if state.speaking else OFF
    return payloads
