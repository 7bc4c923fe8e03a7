"""Ending cleanly on Ctrl-C and SIGTERM: never in the middle of a line or of an inference."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from edge_ser.cli.main import EXIT_INTERRUPTED, EXIT_TERMINATED

_GRACE_SECONDS: Final = 3
"""From a signal to the end, whatever it is that hangs: an output that nobody reads, a sound card's driver."""


class Stopped(Exception):
    """A signal asked to end."""


class StopSignals:
    """Catches SIGINT and SIGTERM while used as a context manager.

    Attributes:
        exit_status: 130 or 143 once a signal has come, 0 before.
    """

    def __init__(self) -> None:
        self.exit_status = 0
        self._protected = False

    @contextmanager
    def protected(self) -> Iterator[None]:
        """Hold back a signal until the block ends, then raise :class:`Stopped`."""
        self._protected = True
        try:
            yield
        finally:
            self._protected = False
        self.check()

    def hold(self) -> None:
        """Hold back signals for good: what is left is to say goodbye and to tidy up."""
        self._protected = True

    def check(self) -> None:
        """Raise :class:`Stopped` if a signal has come."""
        if self.exit_status:
            raise Stopped

    def __enter__(self) -> StopSignals:
        handlers = {signal.SIGINT: self._handle, signal.SIGTERM: self._handle, signal.SIGALRM: self._give_up}
        self._before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        return self

    def __exit__(self, *exc: object) -> None:
        signal.alarm(0)
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        again = bool(self.exit_status)
        self.exit_status = EXIT_INTERRUPTED if number == signal.SIGINT else EXIT_TERMINATED
        if again:
            return
        signal.alarm(_GRACE_SECONDS)
        if not self._protected:
            raise Stopped

    def _give_up(self, number: int, frame: FrameType | None) -> None:
        os._exit(self.exit_status)
