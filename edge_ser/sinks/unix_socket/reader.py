"""One reader of the Unix socket: the lines that wait for it, and the requests that it writes.

Requests are JSON Lines: ``{"levels": true}`` asks for levels, ``{"mute": true}`` closes the microphone; ``false`` ends
either.  Anything else is ignored.
"""

from __future__ import annotations

import json
import select
import socket
from collections import deque
from typing import Final

from edge_ser.events import Event, LevelEvent, StatusEvent, position_of, to_json_line

QUEUE_LINES: Final = 256
"""Most lines that wait for a slow reader, besides those in the kernel's buffer."""

LONGEST_REQUEST: Final = 1_024
"""Longest line of a request, and most bytes that are read at once, bytes."""


class SocketReader:
    """A connected reader.

    Args:
        connection: The accepted connection, which becomes non-blocking.

    Attributes:
        connection: The connection.
        wants_levels: Whether the reader has asked for levels.
    """

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.connection = connection
        self.wants_levels = False
        self._lines: deque[bytes] = deque()
        self._partial = b""  # the rest of a line that was sent in part
        self._dropped = 0  # events that it has not been told about
        self._last: Event
        self._request = b""  # the beginning of a request
        self._gone = False
        self._poller = select.poll()
        self._poller.register(connection, select.POLLIN)

    def add(self, line: bytes, event: Event) -> None:
        """Queue an event's line; if too many lines wait, drop it.

        Args:
            line: The event as JSON, newline included.
            event: The event.
        """
        self._last = event
        if self._dropped or len(self._lines) >= QUEUE_LINES:
            self._dropped += 1
        else:
            self._lines.append(line)

    def add_level(self, event: LevelEvent) -> None:
        """Queue a level, if the reader wants levels and has taken all earlier lines: an old level is useless."""
        if self.wants_levels and not (self._partial or self._lines or self._dropped):
            self._lines.append(to_json_line(event).encode())

    def send(self) -> bool:
        """Send as much as possible without blocking; return whether the reader is still connected."""
        try:
            while self._partial or self._lines or self._dropped:
                if not self._partial and not self._lines:
                    self._report_dropped()
                self._partial = self._partial or self._lines.popleft()
                self._partial = self._partial[self.connection.send(self._partial) :]
        except BlockingIOError:
            pass
        except OSError:
            return False
        return not self._gone

    def receive(self) -> bool | None:
        """Read requests without blocking; return whether to mute, or ``None`` without such a request."""
        mute = None
        for _, happened in self._poller.poll(0):
            if happened & select.POLLIN:
                mute = self._read()
            if happened & ~select.POLLIN:
                self._gone = True
        return mute

    def _read(self) -> bool | None:
        try:
            received = self.connection.recv(LONGEST_REQUEST)
        except OSError:
            self._gone = True
            return None
        if not received:  # the reader has closed its writing side only
            self._poller.modify(self.connection, 0)
            return None
        *lines, self._request = (self._request + received).split(b"\n")
        if any(len(line) > LONGEST_REQUEST for line in (*lines, self._request)):
            self._gone = True
            return None
        asked: dict[str, bool] = {}
        for line in lines:
            asked |= parse_request(line)
        self.wants_levels = asked.get("levels", self.wants_levels)
        return asked.get("mute")

    def _report_dropped(self) -> None:
        """Queue the number of dropped events, once all lines before them have been sent."""
        message = f"{self._dropped} events were dropped: this reader is too slow"
        event = StatusEvent(self._last.time, "dropped", message, position_of(self._last))
        self._lines.append(to_json_line(event).encode())
        self._dropped = 0


def parse_request(line: bytes) -> dict[str, bool]:
    """Return the valid requests in a line: ``levels``, ``mute``, both or neither."""
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(asked, dict):
        return {}
    return {name: asked[name] for name in ("levels", "mute") if isinstance(asked.get(name), bool)}
