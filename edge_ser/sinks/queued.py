"""A thread and a bounded queue before a sink that may be slow: it can stop neither listening nor other sinks."""

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
"""Events that may wait for a slow sink; some 500 s of somebody who speaks without a pause."""

_TICK_SECONDS: Final = 0.25
_LAST_SECONDS: Final = 1.0
"""What is left at the end may take that long; whoever stopped the program waits for it, s."""


class QueuedSink(Sink):
    """Hands events on in a thread of its own; what does not fit into the queue is dropped, counted and said.

    The inner sink is entered, used and left in that thread.  If it fails, that is said once in a row, the event is
    counted as dropped, and the next one is tried.  At the end all that was dropped is said.

    Args:
        name: What people call the sink, for messages.
        inner: The sink; its methods may block.
        most_waiting: Events that may wait.

    Attributes:
        name: What people call the sink.
        dropped: Events dropped so far.
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
        self._said_full = False
        self._failing = ""
        self._thread = threading.Thread(target=self._work, name=f"sink-{name}", daemon=True)

    def publish(self, event: Event) -> None:
        """Queue the event, without waiting."""
        with self._changed:
            if len(self._waiting) < self._most_waiting:
                self._waiting.append(event)
                self._changed.notify()
                return
            self.dropped += 1
            first, self._said_full = not self._said_full, True
        if first:
            standard_error.say(f"{self.name}: is too slow; events for it are dropped until it has caught up")

    def __enter__(self) -> QueuedSink:
        self._thread.start()
        return self

    def finish(self) -> None:
        """Let the thread come to its end; several sinks do so side by side."""
        with self._changed:
            if not self._over:
                self._over, self._deadline = True, time.monotonic() + _LAST_SECONDS
            self._changed.notify()

    def __exit__(self, *exc: object) -> None:
        self.finish()
        self._thread.join(max(0.0, self._deadline - time.monotonic()))
        left = self.dropped + len(self._waiting)
        if self._thread.is_alive():
            left += self._inner.waiting  # nobody else can say so any more
        if left:
            standard_error.say(f"{self.name}: {left} events were dropped in all")

    def _work(self) -> None:
        try:
            with self._inner as sink:
                over = False
                while not over:
                    # Before an event is taken: a tick that takes long must not hold one that nobody counts.
                    self._try(sink.tick)
                    over = self._over  # known before the queue is looked into: what came until then is handed on
                    if (event := self._next()) is not None:
                        over = False
                        self._hand_on(sink, event)
        except Exception as error:  # of entering or leaving
            self._say_failure(error)
            self._drop_all()

    def _next(self) -> Event | None:
        with self._changed:
            if not self._waiting and not self._over:
                self._changed.wait(_TICK_SECONDS)
            if self._waiting:
                return self._waiting.popleft()
            caught_up, self._said_full = self._said_full, False
        if caught_up:  # said without the lock: whoever hands events over must not wait for who reads this
            standard_error.say(f"{self.name}: has caught up; {self.dropped} events were dropped so far")
        return None

    def _hand_on(self, sink: Sink, event: Event) -> None:
        if not self._try(partial(sink.publish, event)):
            self.dropped += 1
        elif not isinstance(event, EmotionEvent) or event.final:
            self._failing = ""  # a provisional label proves nothing: a sink may let it be

    def _try(self, do: Callable[[], None]) -> bool:
        """Do something with the sink; return whether it went well."""
        try:
            do()
        except Exception as error:  # a fault of ours, too, must not end the thread: nothing would be published any more
            self._say_failure(error)
            return False
        return True

    def _drop_all(self) -> None:
        """Take what comes and count it, since the sink is of no use."""
        while not self._over:
            if self._next() is not None:
                self.dropped += 1

    def _say_failure(self, error: Exception) -> None:
        text = str(error) if isinstance(error, EdgeSerError) else f"a fault of edge-ser, please report it: {error!r}"
        if text != self._failing:
            self._failing = text
            standard_error.say(f"{self.name}: {text}")
