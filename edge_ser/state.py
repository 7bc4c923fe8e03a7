"""The state of a service, derived from its events: the one place that knows which event ends which state.

Everything that shows the state uses it: the client, the socket for new readers, systemd, MQTT and Prometheus.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from edge_ser.events import FAULTS, STATES, EmotionEvent, Event, StatusEvent

MICROPHONE_STATES: Final = (
    *("listening", "muted", "no-microphone", "device-lost", "device-busy", "deaf", "clipping", "error", "stopped"),
)
"""Values of the status of :attr:`ServiceState.microphone`: every state and every fault."""

_ENDS_MUTING: Final = ("listening", "no-microphone", "device-lost", "device-busy")
"""States that occur only while the microphone is not muted."""


@dataclass(frozen=True)
class ServiceState:
    """The state of a service; each event gives a new one.

    Attributes:
        status: The event that reported the current state; ``None`` before the first, or if it no longer holds.
        fault: The event that reported the microphone's fault; ``None`` if it has none.
        microphone: The last change of the microphone, whose status is one of :data:`MICROPHONE_STATES`; ``None``
            before the first.
        muted: Whether the mute file or quiet hours mute the microphone; ``None`` until that is known.
        speaking: Whether an utterance is going on.
        last: The last final label; ``None`` before the first.
        utterances: Number of final labels so far.
        overflows: How often audio was lost because the machine was too busy.
        dropped: How often a reader was told that it missed events.
    """

    status: StatusEvent | None = None
    fault: StatusEvent | None = None
    microphone: StatusEvent | None = None
    muted: bool | None = None
    speaking: bool = False
    last: EmotionEvent | None = None
    utterances: int = 0
    overflows: int = 0
    dropped: int = 0

    @property
    def name(self) -> str:
        """One of :data:`edge_ser.events.STATES`, or ``unknown``; a label shows that the service listens."""
        if self.status is not None:
            return self.status.status
        return "listening" if self.speaking or self.last else "unknown"

    @property
    def message(self) -> str:
        """The message of the current state; empty if none is known."""
        return "" if self.status is None else self.status.message

    @property
    def fault_message(self) -> str:
        """The message of the microphone's fault; empty if it has none."""
        return "" if self.fault is None else self.fault.message

    @property
    def reported(self) -> list[StatusEvent]:
        """The events that tell a new reader the state: the current one, then the fault if there is one."""
        return [event for event in (self.status, self.fault) if event is not None]

    def after(self, event: Event) -> ServiceState:
        """Return the state after an event."""
        if isinstance(event, EmotionEvent):
            return self._after_label(event)
        if event.status in STATES:
            muted = True if event.status == "muted" else False if event.status in _ENDS_MUTING else self.muted
            speaking = self.speaking and event.status != "muted"
            return replace(self, status=event, fault=None, microphone=event, muted=muted, speaking=speaking)
        if event.status in FAULTS:
            return replace(self, fault=event, microphone=event)
        if event.status == "recovered":
            return replace(self, fault=None, microphone=replace(event, status="listening"), muted=False)
        if event.status == "overflow":
            return replace(self, overflows=self.overflows + 1)
        if event.status == "dropped":
            return replace(self, dropped=self.dropped + 1)
        return self

    def _after_label(self, event: EmotionEvent) -> ServiceState:
        known = self if self.name == "listening" else replace(self, status=None)
        if not event.final:
            return replace(known, speaking=True)
        return replace(known, speaking=False, last=event, utterances=self.utterances + 1)
