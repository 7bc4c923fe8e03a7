"""A microphone that lasts: waited for, opened anew when it vanished, closed while nobody may be listened to.

Each opening is a new :class:`Microphone`, so a new PortAudio: it sees what was plugged in meanwhile, and negotiates
rate and channels again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

from edge_ser.audio import Block, Notice, Source, no_samples
from edge_ser.errors import (
    MicrophoneBusy,
    MicrophoneIndexOutOfRange,
    MicrophoneLost,
    NoMicrophone,
    UnknownMicrophone,
    UnsupportedRate,
)
from edge_ser.sources.health import Health, HealthMonitor, message

TICK_SECONDS: Final = 0.25
"""From one look at the world to the next while there is nothing to hear, s."""

FIRST_RETRY: Final = 0.5
LAST_RETRY: Final = 30.0
"""From a failed opening to the next try, s: the first time, and at most; it doubles in between."""

STEADY_SECONDS: Final = 10.0
"""A microphone that lasted that long and then vanished is tried again at once; a loose contact is not, s."""

FIRST_REOPENING: Final = 60.0
LAST_REOPENING: Final = 900.0
"""After that long without any sound a microphone is opened anew, s: the first time, and at most; it doubles in between.
It may be a stuck driver, or another microphone than is meant, because that one was in use."""

_MAY_PASS: Final = (
    NoMicrophone,
    UnknownMicrophone,
    MicrophoneIndexOutOfRange,
    MicrophoneLost,
    MicrophoneBusy,
    UnsupportedRate,
)
"""What may pass while one waits: a microphone may be plugged in, or let go by another program."""


def sound_cards() -> object:
    """Return something that differs once sound cards have come or gone."""
    with suppress(OSError):
        return Path("/dev/snd").stat().st_mtime_ns
    return None


class PersistentMicrophone:
    """Yields a microphone's blocks for ever, and empty ones while there is nothing to hear.

    Args:
        open_: Makes the microphone; called for each opening.
        hushed: Says why nobody may be listened to now, or ``None``.
        wait: Whether to wait for a microphone; otherwise its errors end it.
        clock: Monotonic, s.
        sleep: Waits, s.
        cards: Differs once sound cards have come or gone; the next try then comes soon.
    """

    def __init__(
        self,
        open_: Callable[[], Source],
        hushed: Callable[[], str | None],
        wait: bool = False,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        cards: Callable[[], object] = sound_cards,
    ) -> None:
        self._open = open_
        self._hushed = hushed
        self._wait = wait
        self._clock = clock
        self._sleep = sleep
        self._cards = cards
        self._pause = FIRST_RETRY
        self._patience = FIRST_REOPENING
        self._said: Notice | None = None
        self._opened = ExitStack()

    @property
    def name(self) -> str:
        """What a person would call it."""
        return "microphone"

    def blocks(self) -> Iterator[Block]:
        """Yield blocks; what happens to the microphone stands in their notices.

        Raises:
            EdgeSerError: the microphone cannot be used, and it is not to be waited for.
        """
        while True:
            yield from self._while_hushed()
            try:
                yield from self._listen()
            except _MAY_PASS as error:
                if not self._wait:
                    raise
                yield from self._say(Notice(error.event_status, f"{error}; waiting for it", interrupts=True))
                yield from self._until_next_try()

    def __enter__(self) -> PersistentMicrophone:
        return self

    def __exit__(self, *exc: object) -> None:
        self._opened.close()

    def _listen(self) -> Iterator[Block]:
        """Open the microphone and yield what it delivers, until nobody may be listened to or it has long been deaf."""
        health = HealthMonitor()
        with self._opened:
            microphone = self._opened.enter_context(self._open())
            since = sound = self._clock()
            yield from self._say(Notice("listening", f"listening to {microphone.name}", interrupts=True))
            for block in microphone.blocks():
                if self._hushed():
                    return
                now = self._clock()
                if now - since > STEADY_SECONDS:
                    self._pause = FIRST_RETRY
                yield block
                change = health.process(block.samples)
                if change is not None:
                    yield from self._say(Notice(_status_of(change), message(change)))
                if health.state in (Health.HEALTHY, Health.CLIPPING):
                    sound = now
                    if now - since > FIRST_REOPENING:
                        self._patience = FIRST_REOPENING
                elif self._wait and now - sound > self._patience:
                    self._patience = min(2 * self._patience, LAST_REOPENING)
                    return

    def _while_hushed(self) -> Iterator[Block]:
        while (reason := self._hushed()) is not None:
            yield from self._say(Notice("muted", reason, interrupts=True))
            self._sleep(TICK_SECONDS)
            yield Block(no_samples())

    def _until_next_try(self) -> Iterator[Block]:
        """Wait, longer each time; shortly once sound cards come or go, which takes a moment to be complete."""
        cards, end = self._cards(), self._clock() + self._pause
        self._pause = min(2 * self._pause, LAST_RETRY)
        while self._clock() < end and not self._hushed():
            self._sleep(TICK_SECONDS)
            yield Block(no_samples())
            if self._cards() != cards:
                cards, self._pause = self._cards(), FIRST_RETRY
                end = min(end, self._clock() + FIRST_RETRY)

    def _say(self, notice: Notice) -> Iterator[Block]:
        """Say it once, however often it is found anew."""
        if notice != self._said:
            self._said = notice
            yield Block(no_samples(), notice=notice)


def _status_of(health: Health) -> str:
    if health is Health.HEALTHY:
        return "recovered"
    return "clipping" if health is Health.CLIPPING else "deaf"
