"""Messages for the pages: one reader of the service's socket, many pages.

A page gets everything that is known when it connects, and then every change.  A page that is too slow is dropped; it
connects again and gets everything again.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from edge_ser.client import Condition, Link, Requests, explain, follow
from edge_ser.dashboard.timeline import Timeline
from edge_ser.events import STATES, EmotionEvent, Event, LevelEvent, StatusEvent, to_dict

MOST_PAGES: Final = 64
"""Most pages at a time; each holds a connection."""

_MOST_WAITING: Final = 256
"""Most messages that wait for a slow page, besides the kernel's buffers: two minutes of continuous speech."""

_LAST_UTTERANCES: Final = 20

_METER_SECONDS: Final = 0.18
"""Shortest interval between two levels, s: about five per second, of the ten that arrive."""

_ANSWER_SECONDS: Final = 1.0
"""How long to wait for the service's answer to a mute request, s; a later answer still reaches all pages."""


class PageQueue:
    """The messages that wait to be sent to a page."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[bytes] = asyncio.Queue(_MOST_WAITING)
        self.too_slow = False

    def add(self, message: bytes) -> None:
        """Queue a message, or drop the page."""
        try:
            self.messages.put_nowait(message)
        except asyncio.QueueFull:
            self.too_slow = True

    def add_level(self, message: bytes) -> None:
        """Queue a level if nothing else is waiting: an old level is useless."""
        if self.messages.empty():
            self.messages.put_nowait(message)


class Feed:
    """Follows the service and informs the pages.  Call its methods in the thread of the event loop only.

    Args:
        path: The service's socket.
        now: The wall clock, UTC.
    """

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._path = path
        self._now = now
        self._since = now()
        self._condition = Condition()
        self._timeline = Timeline()
        self._current: EmotionEvent | None = None
        self._finished: deque[EmotionEvent] = deque(maxlen=_LAST_UTTERANCES)
        self._pages: set[PageQueue] = set()
        self._requests = Requests()
        self._last_level = -float("inf")  # when a level was last sent to the pages, monotonic, s
        self._mute_requests: set[asyncio.Future[str | None]] = set()  # that wait for the service's answer

    async def run(self) -> None:
        """Follow the service until cancelled."""
        loop = asyncio.get_running_loop()
        over = threading.Event()

        def read() -> None:
            for item in follow(self._path, over.is_set, self._requests):
                if item is not None and not over.is_set():
                    with suppress(RuntimeError):  # the loop has just closed
                        loop.call_soon_threadsafe(self.take, item)

        threading.Thread(target=read, name="feed", daemon=True).start()
        try:
            await asyncio.Event().wait()
        finally:
            over.set()

    def take(self, item: Event | LevelEvent | Link) -> None:
        """Take an event, a level or a change of the link."""
        if isinstance(item, LevelEvent):
            self._take_level(item)
            return
        self._answer(item)
        before = self._state()
        self._condition = self._condition.after(item)
        if isinstance(item, Link) or self._condition.service.name != "listening":
            self._current = None  # its end will not be heard
        if self._state() != before:
            self._tell("state", self._state())
        if isinstance(item, EmotionEvent):
            self._current = item
            self._tell("heard", to_dict(item))
            if item.final:
                self._finished.appendleft(item)
                self._tell("minute", self._timeline.add(item))

    def _take_level(self, item: LevelEvent) -> None:
        now = time.monotonic()
        if now - self._last_level >= _METER_SECONDS:
            self._last_level = now
            message = _message("level", to_dict(item))
            for page in self._pages:
                page.add_level(message)

    async def mute(self, on: bool) -> str | None:
        """Ask the service to mute or unmute; return why it refuses, or ``None``."""
        if not self._requests.mute(on):
            return "there is no connection to the service"
        answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._mute_requests.add(answer)
        try:
            return await asyncio.wait_for(answer, _ANSWER_SECONDS)
        except asyncio.TimeoutError:  # in Python 3.10 a class of its own
            return None
        finally:
            self._mute_requests.remove(answer)

    def _answer(self, item: Event | Link) -> None:
        """Answer the waiting mute requests if the item says what became of them."""
        if isinstance(item, StatusEvent) and item.status in (*STATES, "refused"):
            for answer in self._mute_requests:
                if not answer.done():
                    answer.set_result(item.message if item.status == "refused" else None)

    def snapshot(self) -> dict[str, Any]:
        """Return everything that is known, for JSON."""
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
        """Return a message that keeps the connection alive and tells the time of this machine."""
        return _message("beat", {"now": _milliseconds(self._now())})

    @contextmanager
    def subscribe(self) -> Iterator[PageQueue | None]:
        """Collect messages for a page while the block runs; ``None`` if there are already too many pages."""
        if len(self._pages) >= MOST_PAGES:
            yield None
            return
        page = PageQueue()
        page.add(_message("everything", self.snapshot()))
        self._pages.add(page)
        if len(self._pages) == 1:
            self._requests.ask_for_levels(True)
        try:
            yield page
        finally:
            self._pages.remove(page)
            if not self._pages:
                self._requests.ask_for_levels(False)

    def _state(self) -> dict[str, Any]:
        link, service = self._condition.link, self._condition.service
        return {
            "link": "connecting" if link is None else link.value,
            "link_message": "" if link is None else explain(link, self._path),
            "state": service.name,
            "message": service.message,
            "fault": service.fault.status if service.fault else "",
            "fault_message": service.fault_message,
            "overflows": service.overflows,
            "dropped": service.dropped,
        }

    def _tell(self, name: str, content: dict[str, Any]) -> None:
        if self._pages:
            message = _message(name, content)
            for page in self._pages:
                page.add(message)


def _message(name: str, content: dict[str, Any]) -> bytes:
    """Return a server-sent event; its JSON contains no newline."""
    return f"event: {name}\ndata: {json.dumps(content, separators=(',', ':'))}\n\n".encode()


def _milliseconds(moment: datetime) -> int:
    """Return a time as JavaScript represents it, ms since 1970."""
    return round(moment.timestamp() * 1_000)
