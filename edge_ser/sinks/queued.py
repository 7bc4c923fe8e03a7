"""A bounded queue and a thread for a slow sink, so that it can hold up neither listening nor other sinks."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final

from edge_ser.console import standard_error
from edge_ser.errors import EdgeSerError
from edge_ser.events import EmotionEvent, Event
from edge_ser.sinks import Sink

MOST_WAITING: Final = 1_000
"""Most events that wait for a slow sink: some 500 s of continuous speech."""

_TICK_SECONDS: Final = 0.25
"""Interval of the inner sink's ticks while there are no events, s."""

_LAST_SECONDS: Final = 1.0
"""Longest wait for the queue to drain at the end, s: the user who stopped the program waits for it."""


class QueuedSink(Sink):
    """Passes events to a sink in a separate thread; events that do not fit into the queue are dropped and counted.

    The inner sink is entered, used and left in that thread.  If it fails, the error is reported once in a row, the
    event is counted as dropped, and the next one is tried.  At the end the number of dropped events is reported.

    Args:
        name: Name of the sink, for messages.
        inner: The sink; its methods may block.
        most_waiting: Length of the queue.

    Attributes:
        name: Name of the sink.
        dropped: Number of events dropped so far.
    """

    def __init__(self, name: str, inner: Sink, most_waiting: int = MOST_WAITING) -> None:
        self.dropped = 0
        self.name = name
        self._inner = inner
        self._most_waiting = most_waiting
        self._waiting: deque[Event] = deque()
        self._changed = threading.Condition()
        self._over = False
        self._deadline = 0.0
        self._reported_full = False
        self._last_failure = ""
        self._thread = threading.Thread(target=self._work, name=f"sink-{name}", daemon=True)

    def publish(self, event: Event) -> None:
        """Queue the event, without waiting."""
        with self._changed:
            if len(self._waiting) < self._most_waiting:
                self._waiting.append(event)
                self._changed.notify()
                return
            self.dropped += 1
            first, self._reported_full = not self._reported_full, True
        if first:
            standard_error.say(f"{self.name}: is too slow; its events are dropped until it has caught up")

    def __enter__(self) -> QueuedSink:
        self._thread.start()
        return self

    def finish(self) -> None:
        """Tell the thread to end, without waiting; so several sinks can end in parallel."""
        with self._changed:
            if not self._over:
                self._over, self._deadline = True, time.monotonic() + _LAST_SECONDS
            self._changed.notify()

    def __exit__(self, *exc: object) -> None:
        self.finish()
        self._thread.join(max(0.0, self._deadline - time.monotonic()))
        left = self.dropped + len(self._waiting)
        if self._thread.is_alive():
            left += self._inner.waiting  # it can no longer report them itself
        if left:
            standard_error.say(f"{self.name}: {left} events were dropped in all")

    def _work(self) -> None:
        try:
            with self._inner as sink:
                over = False
                while not over:
                    # Before an event is taken: a slow tick must not hold an event that is counted nowhere.
                    self._try(sink.tick)
                    over = self._over  # read before the queue: events that arrived until then are passed on
                    if (event := self._next()) is not None:
                        over = False
                        self._pass_on(sink, event)
        except Exception as error:  # in entering or leaving the inner sink
            self._report_failure(error)
            self._drop_all()

    def _next(self) -> Event | None:
        with self._changed:
            if not self._waiting and not self._over:
                self._changed.wait(_TICK_SECONDS)
            if self._waiting:
                return self._waiting.popleft()
            caught_up, self._reported_full = self._reported_full, False
        if caught_up:  # reported without the lock: publish() must not wait for a slow standard error
            standard_error.say(f"{self.name}: has caught up; {self.dropped} events were dropped so far")
        return None

    def _pass_on(self, sink: Sink, event: Event) -> None:
        if not self._try(partial(sink.publish, event)):
            self.dropped += 1
        elif not isinstance(event, EmotionEvent) or event.final:
            self._last_failure = ""  # a provisional label proves nothing: sinks may ignore it

    def _try(self, call: Callable[[], None]) -> bool:
        """Call a method of the sink; return whether it succeeded."""
        try:
            call()
        except Exception as error:  # even a bug must not end the thread: nothing more would be published
            self._report_failure(error)
            return False
        return True

    def _drop_all(self) -> None:
        """Drop and count all further events, since the sink cannot be used."""
        while not self._over:
            if self._next() is not None:
                self.dropped += 1

    def _report_failure(self, error: Exception) -> None:
        text = str(error) if isinstance(error, EdgeSerError) else f"a bug in edge-ser, please report it: {error!r}"
        if text != self._last_failure:
            self._last_failure = text
            standard_error.say(f"{self.name}: {text}")
