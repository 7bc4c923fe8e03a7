"""Notifications to systemd: readiness, a status line for people, and the watchdog's keep-alive pings.

The protocol is that of sd_notify(3): assignments in one datagram to the socket in ``$NOTIFY_SOCKET``.
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

_PINGS_PER_TIMEOUT: Final = 3
"""Keep-alive pings per watchdog timeout; sd_watchdog_enabled(3) advises at least two."""


class Notifier:
    """Sends notifications to systemd; does nothing if the process is not a service of the type `notify`.

    Args:
        environment: Environment variables, of which ``NOTIFY_SOCKET``, ``WATCHDOG_USEC`` and ``WATCHDOG_PID`` are used.

    Attributes:
        ping_interval: Interval of keep-alive pings, s; ``None`` without a watchdog.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        timeout = environment.get("WATCHDOG_USEC", "")
        mine = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self.ping_interval = int(timeout) / 1e6 / _PINGS_PER_TIMEOUT if timeout.isdigit() and mine else None

    def send(self, *assignments: str) -> None:
        """Send assignments, each ``KEY=value``; errors are ignored, so that listening goes on without systemd."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.setblocking(False)  # a full queue must not block
                sender.sendto("\n".join(assignments).encode(), address)
        except OSError:
            pass


class SystemdSink(Sink):
    """Keeps the unit's status line up to date, and pings the watchdog while the loop runs.

    Args:
        notifier: Sends to systemd.
        clock: Returns monotonic time, s.
    """

    def __init__(self, notifier: Notifier, clock: Callable[[], float] = time.monotonic) -> None:
        self._notifier = notifier
        self._clock = clock
        self._pinged = -float("inf")
        self._state = ServiceState()
        self._last_line = ""

    def publish(self, event: Event) -> None:
        """Update the status line."""
        self._state = self._state.after(event)
        if not isinstance(event, EmotionEvent) or event.final:
            self._send_status()

    def tick(self) -> None:
        """Send a keep-alive ping, if one is due."""
        interval = self._notifier.ping_interval
        if interval is not None and self._clock() - self._pinged >= interval:
            self._pinged = self._clock()
            self._notifier.send("WATCHDOG=1")

    def _send_status(self) -> None:
        state = self._state
        parts = [state.message or "starting", state.fault_message]
        if state.last is not None:
            last = f"{state.last.label} {state.last.confidence:.0%}"
            parts.append(f"{state.utterances} utterances, last {last}")
        if state.overflows:
            parts.append(f"{state.overflows} overflows")
        line = "; ".join(part for part in parts if part)
        if line != self._last_line:
            self._last_line = line
            self._notifier.send(f"STATUS={line}")
