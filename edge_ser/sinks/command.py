"""Hooks: a program that is run for each final label and each status, with the event on its standard input."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge_ser.errors import InvalidSetting, OutputFailed
from edge_ser.events import EmotionEvent, Event, to_json_line
from edge_ser.sinks import Dropped, Sink, programs
from edge_ser.sinks.queued import QueuedSink

if TYPE_CHECKING:
    from edge_ser.settings import ListenSettings

SCHEME: Final = "exec:"

LONGEST_SECONDS: Final = 10.0
"""Time after which a program is killed, s: one that hangs would hold up all later labels."""


def check(uri: str) -> None:
    """Check the syntax of an ``exec:COMMAND``.

    Raises:
        InvalidSetting: it is not valid.
    """
    try:
        words = _words(uri)
    except ValueError as error:
        raise _not_allowed(uri, f"{str(error)[0].lower()}{str(error)[1:]}") from None
    if not words:
        raise _not_allowed(uri, "there is no command")


def make(uri: str, settings: ListenSettings, dropped: Dropped) -> CommandSink:
    """Return the sink of an ``exec:COMMAND``.

    Raises:
        InvalidSetting: there is no such program.
    """
    words = _words(uri)
    if shutil.which(words[0]) is None:
        raise _not_allowed(uri, f"there is no executable program {words[0]!r}; give its full path")
    return CommandSink(words)


class CommandSink(QueuedSink):
    """Runs a program for each final label and each status, one run at a time, in a separate thread.

    Args:
        words: The program and its arguments.
        longest: Time after which a run is killed, s.
    """

    def __init__(self, words: list[str], longest: float = LONGEST_SECONDS) -> None:
        self._runner = _Runner(words, longest)
        # The name has no arguments: they may be secret, and the name appears in logs.
        super().__init__(f"{SCHEME}{Path(words[0]).name}", self._runner)

    def publish(self, event: Event) -> None:
        """Queue the event, unless it is a provisional label."""
        if not isinstance(event, EmotionEvent) or event.final:
            super().publish(event)

    def __exit__(self, *exc: object) -> None:
        super().__exit__(*exc)
        self._runner.stop()


class _Runner(Sink):
    """The sink behind the queue, which runs the program once per event."""

    def __init__(self, words: list[str], longest: float) -> None:
        self._words = words
        self._longest = longest
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._starting = threading.Lock()

    def publish(self, event: Event) -> None:
        """Run the program and wait for its end.

        Raises:
            OutputFailed: the program cannot be run, fails or takes too long.
        """
        try:
            with self._starting:
                if self._stopped:
                    return
                process = self._process = programs.start(self._words, stdin=subprocess.PIPE)
        except OSError as error:
            raise OutputFailed(f"cannot be run: {error.strerror}") from None
        try:
            process.communicate(to_json_line(event).encode(), self._longest)
        except subprocess.TimeoutExpired:
            programs.kill(process)
            raise OutputFailed(f"took longer than {self._longest:g} s and was killed") from None
        if self._stopped or process.returncode == 0:
            return
        how = f"exit status {process.returncode}" if process.returncode > 0 else f"signal {-process.returncode}"
        raise OutputFailed(f"failed with {how}; run it by hand with an event on its standard input to see why")

    def stop(self) -> None:
        """Kill the running program and start no other; called from another thread when listening ends."""
        with self._starting:
            self._stopped = True
        if self._process is not None:
            programs.kill(self._process)


def _words(uri: str) -> list[str]:
    return shlex.split(uri.removeprefix(SCHEME))


def _not_allowed(uri: str, reason: str) -> InvalidSetting:
    return InvalidSetting(
        f"output.publish = {uri!r}: {reason}; allowed is exec:COMMAND, for example "
        "'exec:/usr/local/bin/on-label --lamp 2'"
    )
