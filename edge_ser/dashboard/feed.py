"""What the pages are told: one reader of the service's socket, any number of pages.

A page gets all that is known when it comes, and then what changes.  One that is too slow is let go: it connects anew,
and gets all again.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from edge_ser.client import Condition, Link, explain, follow
from edge_ser.dashboard.switch import Switch
from edge_ser.dashboard.timeline import Timeline
from edge_ser.events import EmotionEvent, Event, to_dict

MOST_PAGES: Final = 64
"""Pages at a time, each of which holds a connection."""

_MOST_WAITING: Final = 256
"""Messages that wait for a slow page, besides what the kernel buffers: two minutes of somebody who speaks."""

_LAST_UTTERANCES: Final = 20

_LOOK_SECONDS: Final = 1.0
"""From one look at the mute file to the next, s."""


class Page:
    """The messages that a page has yet to be sent."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[bytes] = asyncio.Queue(_MOST_WAITING)
        self.too_slow = False

    def add(self, message: bytes) -> None:
        """Queue a message, or give the page up."""
        try:
            self.messages.put_nowait(message)
        except asyncio.QueueFull:
            self.too_slow = True


class Feed:
    """Follows the service and tells the pages.  All methods are for the thread of the event loop.

    Args:
        path: The service's socket.
        switch: The mute switch.
        now: The wall clock, UTC.
    """

    def __init__(self, path: Path, switch: Switch, now: Callable[[], datetime]) -> None:
        self._path = path
        self._switch = switch
        self._now = now
        self._since = now()
        self._condition = Condition()
        self._position = switch.position()
        self._timeline = Timeline()
        self._current: EmotionEvent | None = None
        self._finished: deque[EmotionEvent] = deque(maxlen=_LAST_UTTERANCES)
        self._pages: set[Page] = set()

    async def run(self) -> None:
        """Follow the service and the mute file until cancelled."""
        loop = asyncio.get_running_loop()
        over = threading.Event()

        def read() -> None:
            for item in follow(self._path, over.is_set):
                if item is not None and not over.is_set():
                    with suppress(RuntimeError):  # the loop has just been closed
                        loop.call_soon_threadsafe(self.take, item)

        threading.Thread(target=read, name="feed", daemon=True).start()
        try:
            while True:
                await asyncio.sleep(_LOOK_SECONDS)
                self.look_at_switch()
        finally:
            over.set()

    def take(self, item: Event | Link) -> None:
        """Take an event or a change of the link."""
        before, self._condition = self._condition, self._condition.after(item)
        if isinstance(item, Link) or self._condition.state != "listening":
            self._current = None  # nobody will hear the end of it
        if self._condition != before:
            self._tell("state", self._state())
        if isinstance(item, EmotionEvent):
            self._current = item
            self._tell("heard", to_dict(item))
            if item.final:
                self._finished.appendleft(item)
                self._tell("minute", self._timeline.add(item))

    def look_at_switch(self) -> None:
        """Tell the pages if the mute file came or went."""
        before, self._position = self._position, self._switch.position()
        if self._position != before:
            self._tell("state", self._state())

    def change(self, mute: bool) -> None:
        """Mute or unmute.

        Raises:
            NotPermitted: the mute file may not be changed.
        """
        self._switch.change(mute)
        self.look_at_switch()

    def everything(self) -> dict[str, Any]:
        """Return all that is known, for JSON."""
        now = self._now()
        return {
            "now": _milliseconds(now),
            "since": _milliseconds(self._since),
            "state": self._state(),
            "current": None if self._current is None else to_dict(self._current),
            "finished": [to_dict(event) for event in self._finished],
            "minutes": self._timeline.rows(now),
        }

    def beat(self) -> bytes:
        """Return a message that says only that the connection holds, and what time it is here."""
        return _message("beat", {"now": _milliseconds(self._now())})

    @contextmanager
    def page(self) -> Iterator[Page | None]:
        """Let a page have all messages while the block runs; ``None`` if there are too many pages already."""
        if len(self._pages) >= MOST_PAGES:
            yield None
            return
        page = Page()
        page.add(_message("everything", self.everything()))
        self._pages.add(page)
        try:
            yield page
        finally:
            self._pages.remove(page)

    def _state(self) -> dict[str, Any]:
        condition = self._condition
        link = condition.link
        return {
            "link": "connecting" if link is None else link.value,
            "link_message": "" if link is None else explain(link, self._path),
            "state": condition.state,
            "message": condition.message,
            "fault": condition.fault,
            "fault_message": condition.fault_message,
            "overflows": condition.overflows,
            "dropped": condition.dropped,
            "switch": asdict(self._position),
        }

    def _tell(self, name: str, content: dict[str, Any]) -> None:
        if self._pages:
            message = _message(name, content)
            for page in self._pages:
                page.add(message)


def _message(name: str, content: dict[str, Any]) -> bytes:
    """Return a server-sent event; JSON holds no newline of its own."""
    return f"event: {name}\ndata: {json.dumps(content, separators=(',', ':'))}\n\n".encode()


def _milliseconds(moment: datetime) -> int:
    """Return a time as JavaScript has it."""
    return round(moment.timestamp() * 1_000)
