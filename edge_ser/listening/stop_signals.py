"""Clean ending on Ctrl-C and SIGTERM, never within a line or an inference, and reloading on SIGHUP."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType
from typing import Final

from edge_ser.errors import EXIT_INTERRUPTED, EXIT_TERMINATED

_GRACE_SECONDS: Final = 3.0
"""Time after a signal when the process ends, even if an unread output or a sound card's driver hangs, s."""

_STATUS_OF: Final = {int(signal.SIGINT): EXIT_INTERRUPTED, int(signal.SIGTERM): EXIT_TERMINATED}


class Stopped(Exception):
    """A signal asked the process to end."""


class StopSignals:
    """Catches SIGINT and SIGTERM while used as a context manager.

    Args:
        reloads: Whether SIGHUP asks for a reload of the configuration; otherwise it ends the process, as by default.

    Attributes:
        exit_status: 130 or 143 once a signal has arrived, 0 before.
        reload_asked: Whether SIGHUP has arrived; the code that reloads resets it.
    """

    def __init__(self, reloads: bool = False) -> None:
        self.exit_status = 0
        self.reload_asked = False
        self._reloads = reloads
        self._protected = True  # until the first protected block ends or check() is called

    def protected(self) -> _Protected:
        """Return a context manager that defers signals until its block ends, then raises :class:`Stopped`."""
        return _Protected(self)

    def hold(self) -> None:
        """Defer signals from now on: only final events and cleaning up are left."""
        self._protected = True

    def check(self) -> None:
        """Stop deferring signals.

        Raises:
            Stopped: a signal has arrived; one that arrives later raises it too.
        """
        self._protected = False
        if self.exit_status:
            raise Stopped

    def __enter__(self) -> StopSignals:
        handlers = dict.fromkeys((signal.SIGINT, signal.SIGTERM), self._handle)
        if self._reloads:
            handlers[signal.SIGHUP] = self._ask_to_reload
        # Handlers run in the main thread, but not while it is inside a C library: the time limit needs a thread of its
        # own, which the signal itself wakes.
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._write_end, False)
        self._over = threading.Event()
        self._guard = threading.Thread(target=self._enforce_limit, name="stop-signals", daemon=True)
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

    def _enforce_limit(self) -> None:
        while number := os.read(self._read_end, 1):
            if number[0] in _STATUS_OF and not self._over.wait(_GRACE_SECONDS):
                os._exit(_STATUS_OF[number[0]])


class _Protected:
    """The result of :meth:`StopSignals.protected`; it is entered ten times a second, so a generator would be slow."""

    __slots__ = ("_signals",)

    def __init__(self, signals: StopSignals) -> None:
        self._signals = signals

    def __enter__(self) -> None:
        self._signals._protected = True

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        self._signals._protected = False
        if kind is None:
            self._signals.check()
