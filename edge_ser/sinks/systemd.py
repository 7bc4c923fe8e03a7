"""Telling systemd the service's state: ready, a line for people, and the watchdog's sign of life.

The protocol is that of sd_notify(3): assignments in one datagram to the socket that ``$NOTIFY_SOCKET`` names.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from typing import Final

from edge_ser.events import EmotionEvent, Event
from edge_ser.sinks import Sink
from edge_ser.state import ServiceState

_PINGS_A_LIMIT: Final = 3
"""Signs of life within the time after which systemd gives up: sd_watchdog_enabled(3) advises two or more."""


class Notifier:
    """Sends to systemd, or nowhere when the process is no service of the type `notify`.

    Args:
        environment: Where systemd says what it wants: ``NOTIFY_SOCKET``, ``WATCHDOG_USEC``, ``WATCHDOG_PID``.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        limit = environment.get("WATCHDOG_USEC", "")
        mine = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self.ping_interval = int(limit) / 1e6 / _PINGS_A_LIMIT if limit.isdigit() and mine else None
        """From one sign of life to the next, s; ``None`` if nobody watches."""

    def send(self, *assignments: str) -> None:
        """Send ``KEY=value`` s; systemd out of reach is no reason to stop working."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.setblocking(False)  # a full queue must not hold up the work
                sender.sendto("\n".join(assignments).encode(), address)
        except OSError:
            pass


class SystemdSink(Sink):
    """Says in one line what the service does now, and lets the watchdog know that the loop is running.

    Args:
        notifier: The way to systemd.
        clock: Monotonic, s.
    """

    def __init__(self, notifier: Notifier, clock: Callable[[], float] = time.monotonic) -> None:
        self._notifier = notifier
        self._clock = clock
        self._pinged = -float("inf")
        self._state = ServiceState()
        self._told = ""

    def publish(self, event: Event) -> None:
        """Take the event into the line."""
        self._state = self._state.after(event)
        if not isinstance(event, EmotionEvent) or event.final:
            self._tell()

    def tick(self) -> None:
        """Give a sign of life, when one is due."""
        interval = self._notifier.ping_interval
        if interval is not None and self._clock() - self._pinged >= interval:
            self._pinged = self._clock()
            self._notifier.send("WATCHDOG=1")

    def _tell(self) -> None:
        state = self._state
        parts = [state.message or "starting", state.fault_message]
        if state.last is not None:
            last = f"{state.last.label} {state.last.confidence:.0%}"
            parts.append(f"{state.utterances} utterances, last {last}")
        if state.overflows:
            parts.append(f"{state.overflows} overflows")
        line = "; ".join(part for part in parts if part)
        if line != self._told:
            self._told = line
            self._notifier.send(f"STATUS={line}")
