"""Events folded into the state of a service: the one place that knows which event ends which state.

Used by all that show what goes on: the client, the socket for new readers, systemd, MQTT and Prometheus.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from edge_ser.events import FAULTS, STATES, EmotionEvent, Event, StatusEvent

MICROPHONE_STATES: Final = (
    *("listening", "muted", "no-microphone", "device-lost", "device-busy", "deaf", "clipping", "error", "stopped"),
)
"""What :attr:`ServiceState.microphone` can be once it is known: every state and every fault."""

assert set(MICROPHONE_STATES) == {*STATES, *FAULTS}

_ENDS_MUTING: Final = ("listening", "no-microphone", "device-lost", "device-busy")
"""States that come only when nobody has muted."""


@dataclass(frozen=True)
class ServiceState:
    """What a service does; every event gives a new one.

    Attributes:
        status: The event that says what goes on; ``None`` before the first, or when it no longer holds.
        fault: The event that says what is wrong with the microphone, ``None`` if nothing is.
        microphone: The last change of how the microphone is, with one of :data:`MICROPHONE_STATES` as its status.
        muted: Whether somebody or quiet hours have muted it; ``None`` before that is known.
        speaking: Whether an utterance is going on.
        last: The last final label.
        utterances: Final labels so far.
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
        """One of :data:`edge_ser.events.STATES`, or ``unknown``; a label shows that somebody listens."""
        if self.status is not None:
            return self.status.status
        return "listening" if self.speaking or self.last else "unknown"

    @property
    def message(self) -> str:
        """The service's own line about what goes on."""
        return "" if self.status is None else self.status.message

    @property
    def fault_message(self) -> str:
        """The service's own line about the microphone's fault; empty if it has none."""
        return "" if self.fault is None else self.fault.message

    @property
    def reported(self) -> list[StatusEvent]:
        """The events that tell a newcomer the state: what goes on, then the fault if there is one."""
        return [event for event in (self.status, self.fault) if event is not None]

    def after(self, event: Event) -> ServiceState:
        """Return the state after one more event."""
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
