"""A microphone for a service: waited for, reopened after it was lost, and closed while muted.

Each opening makes a new :class:`Microphone` and thus a new PortAudio, which sees newly plugged-in devices and
negotiates rate and channels again.
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
from edge_ser.sources.health import Health, HealthMonitor

TICK_SECONDS: Final = 0.25
"""Interval of checks, and of empty blocks, while the microphone is closed, s."""

FIRST_RETRY: Final = 0.5
"""Pause before the first retry to open the microphone, s; it doubles each time."""

LAST_RETRY: Final = 30.0
"""Longest pause between retries, s."""

STEADY_SECONDS: Final = 10.0
"""Time open after which the pauses start at the first one again, s; a loose contact never lasts as long."""

FIRST_REOPENING: Final = 60.0
"""Time without sound after which a microphone is reopened, s; it doubles each time.

The driver may be stuck, or the wrong microphone may be open because the right one was in use.
"""

LAST_REOPENING: Final = 900.0
"""Longest time without sound before a microphone is reopened, s."""

_TRANSIENT: Final = (
    NoMicrophone,
    UnknownMicrophone,
    MicrophoneIndexOutOfRange,
    MicrophoneLost,
    MicrophoneBusy,
    UnsupportedRate,
)
"""Errors that may end by themselves: a microphone may be plugged in, or released by another program."""


def sound_cards() -> object:
    """Return a value that changes when sound cards come or go."""
    with suppress(OSError):
        return Path("/dev/snd").stat().st_mtime_ns
    return None


class PersistentMicrophone:
    """Yields a microphone's blocks without end, and empty blocks while it is closed.

    Args:
        make: Makes the microphone; called for each opening.
        mute_reason: Returns why the microphone must be closed now, or ``None``.
        wait: Whether to wait for a microphone; otherwise its errors are raised.
        clock: Returns monotonic time, s.
        sleep: Waits for a time, s.
        cards: Returns a value that changes when sound cards come or go; the next retry is then soon.
    """

    def __init__(
        self,
        make: Callable[[], Source],
        mute_reason: Callable[[], str | None],
        wait: bool = False,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        cards: Callable[[], object] = sound_cards,
    ) -> None:
        self._make = make
        self._mute_reason = mute_reason
        self._wait = wait
        self._clock = clock
        self._sleep = sleep
        self._cards = cards
        self._pause = FIRST_RETRY
        self._patience = FIRST_REOPENING
        self._last_notice: Notice | None = None
        self._opened = ExitStack()

    @property
    def name(self) -> str:
        """``microphone``; each opening reports the actual name in a notice."""
        return "microphone"

    def blocks(self) -> Iterator[Block]:
        """Yield blocks; their notices report changes of the microphone.

        Raises:
            EdgeSerError: the microphone cannot be used, and either ``wait`` is false or waiting cannot help.
        """
        while True:
            yield from self._while_muted()
            try:
                yield from self._listen()
            except _TRANSIENT as error:
                if not self._wait:
                    raise
                yield from self._report(Notice(error.event_status, f"{error}; waiting for it", interrupts=True))
                yield from self._until_next_try()

    def __enter__(self) -> PersistentMicrophone:
        return self

    def __exit__(self, *exc: object) -> None:
        self._opened.close()

    def _listen(self) -> Iterator[Block]:
        """Open the microphone and yield its blocks, until it is muted or has been deaf for long."""
        health = HealthMonitor()
        with self._opened:
            microphone = self._opened.enter_context(self._make())
            since = sound = self._clock()
            yield from self._report(Notice("listening", f"listening to {microphone.name}", interrupts=True))
            for block in microphone.blocks():
                if self._mute_reason():
                    return
                now = self._clock()
                if now - since > STEADY_SECONDS:
                    self._pause = FIRST_RETRY
                yield block
                change = health.process(block.samples)
                if change is not None:
                    yield from self._report(Notice(_status_of(change), change.message))
                if health.state in (Health.HEALTHY, Health.CLIPPING):
                    sound = now
                    if now - since > FIRST_REOPENING:
                        self._patience = FIRST_REOPENING
                elif self._wait and now - sound > self._patience:
                    self._patience = min(2 * self._patience, LAST_REOPENING)
                    return

    def _while_muted(self) -> Iterator[Block]:
        while (reason := self._mute_reason()) is not None:
            yield from self._report(Notice("muted", reason, interrupts=True))
            self._sleep(TICK_SECONDS)
            yield Block(no_samples())

    def _until_next_try(self) -> Iterator[Block]:
        """Wait, longer each time, but only briefly once sound cards come or go: a new card is not ready at once."""
        cards, end = self._cards(), self._clock() + self._pause
        self._pause = min(2 * self._pause, LAST_RETRY)
        while self._clock() < end and not self._mute_reason():
            self._sleep(TICK_SECONDS)
            yield Block(no_samples())
            if self._cards() != cards:
                cards, self._pause = self._cards(), FIRST_RETRY
                end = min(end, self._clock() + FIRST_RETRY)

    def _report(self, notice: Notice) -> Iterator[Block]:
        """Yield a notice, unless it is the same as the last one."""
        if notice != self._last_notice:
            self._last_notice = notice
            yield Block(no_samples(), notice=notice)


def _status_of(health: Health) -> str:
    if health is Health.HEALTHY:
        return "recovered"
    return "clipping" if health is Health.CLIPPING else "deaf"
