"""The speech sink: espeak-ng speaks each new label.

There is no thread: the program runs by itself and is checked at each event and each tick.  While it speaks, the
microphone is replaced by silence (:mod:`edge_ser.sources.silenced`).
"""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from edge_ser.console import standard_error
from edge_ser.errors import EdgeSerError, InvalidSetting
from edge_ser.events import UNCERTAIN, EmotionEvent, Event
from edge_ser.sinks import Dropped, Sink, programs

if TYPE_CHECKING:
    from edge_ser.settings import ListenSettings

SCHEME: Final = "speech:"
PROGRAM: Final = "espeak-ng"

GAP_SECONDS: Final = 5.0
"""Least interval between the starts of two words, s: the microphone is silenced meanwhile."""

LONGEST_SECONDS: Final = 5.0
"""Time after which the program is killed, s: no label takes as long, but a loudspeaker can hang."""

RETRY_SECONDS: Final = 60.0
"""Interval between the start of a word that failed and the next attempt, s.

The microphone is silenced while the program hangs, so a program that always hangs must run rarely.
"""

_LAST_SECONDS: Final = 1.0
"""Longest wait for the current word at the end, s."""


def check(uri: str) -> None:
    """Check the syntax of a ``speech:[VOICE]``.

    Raises:
        InvalidSetting: it is not valid.
    """
    if not re.fullmatch(r"([A-Za-z0-9][\w+-]*)?", uri.removeprefix(SCHEME), re.ASCII):
        raise _no_voice(uri)


def make(uri: str, settings: ListenSettings, dropped: Dropped) -> SpeechSink:
    """Return the sink of a ``speech:[VOICE]``.

    Raises:
        EdgeSerError: espeak-ng is not installed.
        InvalidSetting: it does not have that voice.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        raise EdgeSerError(f"{SCHEME} needs {PROGRAM}; install it with: sudo apt install {PROGRAM}")
    voice = uri.removeprefix(SCHEME)
    command = [program, "-v", voice] if voice else [program]
    with suppress(OSError, subprocess.TimeoutExpired):  # such errors are reported with the first word
        # The exit status depends on the voice alone; without a loudspeaker it is 0.
        trial = programs.start([*command, "--stdout", "--", "x"])
        try:
            if trial.wait(LONGEST_SECONDS):
                raise _no_voice(uri)
        finally:
            programs.kill(trial)
    return SpeechSink(command)


class SpeechSink(Sink):
    """Speaks the final label of an utterance if it differs from the last spoken one; ``uncertain`` is never spoken.

    Args:
        command: The program and its options; the word is appended.
        clock: Returns monotonic time, s.
    """

    audible = True

    def __init__(self, command: list[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._command = command
        self._clock = clock
        self._process: subprocess.Popen[bytes] | None = None
        self._started = -float("inf")
        self._spoken = self._wanted = ""  # the last spoken label, and the last published one
        self._failing = False

    @property
    def is_speaking(self) -> bool:
        """Whether the program is speaking now."""
        return self._process is not None and self._process.poll() is None

    def publish(self, event: Event) -> None:
        """Store a final label, of which only the latest is kept, and speak it as soon as it is due."""
        if isinstance(event, EmotionEvent) and event.final and event.label != UNCERTAIN:
            self._wanted = event.label
        self.tick()

    def tick(self) -> None:
        """Check the running program, and speak the label that is due."""
        since = self._clock() - self._started
        if self.is_speaking:
            if since > LONGEST_SECONDS:
                self._end("takes too long")
            return
        if self._process is not None:
            status = self._process.returncode
            self._end(f"failed with exit status {status}" if status else "")
        if self._wanted != self._spoken and since >= (RETRY_SECONDS if self._failing else GAP_SECONDS):
            self._speak(self._wanted)

    def __exit__(self, *exc: object) -> None:
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_LAST_SECONDS)
            programs.kill(self._process)

    def _speak(self, word: str) -> None:
        self._spoken, self._started = word, self._clock()
        try:
            self._process = programs.start([*self._command, "--", word])
        except OSError as error:
            self._report(f"cannot be run: {error.strerror}")

    def _end(self, failure: str) -> None:
        """End the program, and report its failure, if any, once in a row."""
        if self._process is not None:
            programs.kill(self._process)
        self._process = None
        self._report(failure)

    def _report(self, failure: str) -> None:
        if failure and not self._failing:
            standard_error.say(f"{SCHEME} {PROGRAM} {failure}; try it by hand: {PROGRAM} hello")
        self._failing = bool(failure)


def _no_voice(uri: str) -> InvalidSetting:
    return InvalidSetting(
        f"output.publish = {uri!r}: {PROGRAM} has no such voice; allowed is speech: or speech:VOICE, for example "
        f"speech:en-us, as listed by: {PROGRAM} --voices"
    )
