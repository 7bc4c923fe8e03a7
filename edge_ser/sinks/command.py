"""A hook: a program that is run for each final label and each status, with the event on its standard input."""

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
"""A program that takes longer is killed: a hanging one would hold up all labels that come after, s."""


def check(uri: str) -> None:
    """Raise an error that names an ``exec:COMMAND`` that cannot be."""
    try:
        words = _words(uri)
    except ValueError as error:
        raise _refused(uri, f"{str(error)[0].lower()}{str(error)[1:]}") from None
    if not words:
        raise _refused(uri, "there is no command")


def make(uri: str, settings: ListenSettings, dropped: Dropped) -> CommandSink:
    """Return the sink of an ``exec:COMMAND``.

    Raises:
        InvalidSetting: there is no such program.
    """
    words = _words(uri)
    if shutil.which(words[0]) is None:
        raise _refused(uri, f"there is no program {words[0]!r} that may be run; give its whole path")
    return CommandSink(words)


class CommandSink(QueuedSink):
    """Runs a program for each event that is for hooks, one at a time, in a thread of its own.

    Args:
        words: The program and its arguments.
        longest: A run that takes longer is killed, s.
    """

    def __init__(self, words: list[str], longest: float = LONGEST_SECONDS) -> None:
        self._runner = _Runner(words, longest)
        # By the program's name alone: its arguments may hold what is not for a log.
        super().__init__(f"{SCHEME}{Path(words[0]).name}", self._runner)

    def publish(self, event: Event) -> None:
        """Queue the event, unless it is a provisional label."""
        if not isinstance(event, EmotionEvent) or event.final:
            super().publish(event)

    def __exit__(self, *exc: object) -> None:
        super().__exit__(*exc)
        self._runner.stop()


class _Runner(Sink):
    """The sink behind the queue: one run an event."""

    def __init__(self, words: list[str], longest: float) -> None:
        self._words = words
        self._longest = longest
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._starting = threading.Lock()

    def publish(self, event: Event) -> None:
        """Run the program to its end.

        Raises:
            OutputFailed: it cannot be run, fails or takes too long.
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
        """End what still runs, and run no more; called from another thread when the program is about to end."""
        with self._starting:
            self._stopped = True
        if self._process is not None:
            programs.kill(self._process)


def _words(uri: str) -> list[str]:
    return shlex.split(uri.removeprefix(SCHEME))


def _refused(uri: str, why: str) -> InvalidSetting:
    return InvalidSetting(
        f"output.publish = {uri!r}: {why}; allowed is exec:COMMAND, for example 'exec:/usr/local/bin/on-label --lamp 2'"
    )
