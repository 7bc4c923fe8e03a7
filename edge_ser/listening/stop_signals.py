"""Ending cleanly on Ctrl-C and SIGTERM, never in the middle of a line or of an inference; SIGHUP to reload."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType
from typing import Final

from edge_ser.errors import EXIT_INTERRUPTED, EXIT_TERMINATED

_GRACE_SECONDS: Final = 3.0
"""From a signal to the end, whatever it is that hangs: an output that nobody reads, a sound card's driver."""

_STATUS_OF: Final = {int(signal.SIGINT): EXIT_INTERRUPTED, int(signal.SIGTERM): EXIT_TERMINATED}


class Stopped(Exception):
    """A signal asked to end."""


class StopSignals:
    """Catches SIGINT and SIGTERM while used as a context manager.

    Args:
        reloads: Whether SIGHUP asks to read the configuration anew; otherwise it ends the process, as it does others.

    Attributes:
        exit_status: 130 or 143 once a signal has come, 0 before.
        reload_asked: Whether SIGHUP has come; whoever heeds it sets it back.
    """

    def __init__(self, reloads: bool = False) -> None:
        self.exit_status = 0
        self.reload_asked = False
        self._reloads = reloads
        self._protected = True  # until the first protected block is over, or check() says that it may raise

    def protected(self) -> _Protected:
        """Return what holds back a signal until a `with` block ends, then raises :class:`Stopped`."""
        return _Protected(self)

    def hold(self) -> None:
        """Hold back signals for good: what is left is to say goodbye and to tidy up."""
        self._protected = True

    def check(self) -> None:
        """Raise :class:`Stopped` if a signal has come, or when one comes."""
        self._protected = False
        if self.exit_status:
            raise Stopped

    def __enter__(self) -> StopSignals:
        handlers = dict.fromkeys((signal.SIGINT, signal.SIGTERM), self._handle)
        if self._reloads:
            handlers[signal.SIGHUP] = self._ask_to_reload
        # Handlers run in the main thread, and not while that is within a C library: whoever keeps the time stands
        # beside it, woken by the signal itself.
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._write_end, False)
        self._over = threading.Event()
        self._guard = threading.Thread(target=self._give_up_in_time, name="stop-signals", daemon=True)
        self._guard.start()
        self._woken_before = signal.set_wakeup_fd(self._write_end, warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        return self

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._woken_before)
        self._over.set()
        os.close(self._write_end)
        self._guard.join()
        os.close(self._read_end)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        again = bool(self.exit_status)
        self.exit_status = _STATUS_OF[number]
        if not again and not self._protected:
            raise Stopped

    def _ask_to_reload(self, number: int, frame: FrameType | None) -> None:
        self.reload_asked = True

    def _give_up_in_time(self) -> None:
        while number := os.read(self._read_end, 1):
            if number[0] in _STATUS_OF and not self._over.wait(_GRACE_SECONDS):
                os._exit(_STATUS_OF[number[0]])


class _Protected:
    """What :meth:`StopSignals.protected` returns; entered ten times a second, which a generator would make dearer."""

    __slots__ = ("_signals",)

    def __init__(self, signals: StopSignals) -> None:
        self._signals = signals

    def __enter__(self) -> None:
        self._signals._protected = True

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        self._signals._protected = False
        if kind is None:
            self._signals.check()
