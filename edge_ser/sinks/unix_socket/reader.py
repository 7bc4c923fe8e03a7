"""One reader of the Unix socket: lines that it has yet to take, and what it writes to be asked of us.

It writes JSON Lines too: ``{"levels": true}`` lets it have levels from then on, ``{"mute": true}`` closes the
microphone; ``false`` ends either.  Whatever else it writes is ignored.
"""

from __future__ import annotations

import json
import select
import socket
from collections import deque
from typing import Final

from edge_ser.events import EmotionEvent, Event, LevelEvent, StatusEvent, to_json_line

QUEUE_LINES: Final = 256
"""Lines that wait for a slow reader, besides what the kernel buffers."""

LONGEST_REQUEST: Final = 1_024
"""Bytes of a line that a reader may write, and that are read of it at a time."""


class SocketReader:
    """A connected reader.

    Attributes:
        connection: To it.
        wants_levels: Whether it has asked for levels.
    """

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.connection = connection
        self.wants_levels = False
        self._lines: deque[bytes] = deque()
        self._partial = b""
        self._dropped = 0
        self._last: Event
        self._request = b""  # the beginning of a line that it writes
        self._gone = False
        self._poller = select.poll()
        self._poller.register(connection, select.POLLIN)

    def add(self, line: bytes, event: Event) -> None:
        """Let it have an event, now or later; if too many wait, drop it."""
        self._last = event
        if self._dropped or len(self._lines) >= QUEUE_LINES:
            self._dropped += 1
        else:
            self._lines.append(line)

    def add_level(self, event: LevelEvent) -> None:
        """Let it have a level, if it wants any and has taken all that came before: an old one is of no use."""
        if self.wants_levels and not (self._partial or self._lines or self._dropped):
            self._lines.append(to_json_line(event).encode())

    def send(self) -> bool:
        """Send what the kernel takes now; return whether the reader is still there."""
        try:
            while self._partial or self._lines or self._dropped:
                if not self._partial and not self._lines:
                    self._tell()
                self._partial = self._partial or self._lines.popleft()
                self._partial = self._partial[self.connection.send(self._partial) :]
        except BlockingIOError:
            pass
        except OSError:
            return False
        return not self._gone

    def receive(self) -> bool | None:
        """Read what it has written, without waiting; return whether to mute, or ``None`` if it asks for neither."""
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
        if not received:  # it has only stopped writing
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

    def _tell(self) -> None:
        """Say what was dropped, now that all before it is on its way."""
        position = self._last.end if isinstance(self._last, EmotionEvent) else self._last.position
        message = f"{self._dropped} events were dropped: this reader is too slow"
        self._lines.append(to_json_line(StatusEvent(self._last.time, "dropped", message, position)).encode())
        self._dropped = 0


def parse_request(line: bytes) -> dict[str, bool]:
    """Return what of a line can be asked of us: ``levels``, ``mute``, both or neither."""
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(asked, dict):
        return {}
    return {name: asked[name] for name in ("levels", "mute") if isinstance(asked.get(name), bool)}
