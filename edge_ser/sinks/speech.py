"""Changes of label said aloud by espeak-ng.

There is no thread: the program speaks by itself, and is looked after with each event and each tick.  While it speaks
the microphone is not listened to (:mod:`edge_ser.sources.silenced`).
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
"""From the beginning of one word to that of the next, s: nobody is heard meanwhile, and nobody wants a chatterbox."""

LONGEST_SECONDS: Final = 5.0
"""No label takes longer; a program that does, say at a loudspeaker that hangs, is killed, s."""

RETRY_SECONDS: Final = 60.0
"""From the beginning of a word that could not be said to the next try, s: nobody is heard while a program hangs, so one
that always does must have little of the time."""

_LAST_SECONDS: Final = 1.0
"""A word that is being said at the end may take that long, s."""


def check(uri: str) -> None:
    """Raise an error that names a ``speech:[VOICE]`` that cannot be."""
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
    with suppress(OSError, subprocess.TimeoutExpired):  # whatever is wrong then is said when it is to speak
        # Its exit status tells only of the voice; without a loudspeaker it is 0.
        trial = programs.start([*command, "--stdout", "--", "x"])
        try:
            if trial.wait(LONGEST_SECONDS):
                raise _no_voice(uri)
        finally:
            programs.kill(trial)
    return SpeechSink(command)


class SpeechSink(Sink):
    """Says the label of an utterance if it is another than the one that was said last; ``uncertain`` is no news.

    Args:
        command: The program and its options; the word is added.
        clock: Monotonic, s.
    """

    audible = True

    def __init__(self, command: list[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._command = command
        self._clock = clock
        self._process: subprocess.Popen[bytes] | None = None
        self._began = -float("inf")
        self._said = self._wanted = ""
        self._failing = False

    @property
    def is_speaking(self) -> bool:
        """Whether the program speaks just now."""
        return self._process is not None and self._process.poll() is None

    def publish(self, event: Event) -> None:
        """Remember a final label, the latest only, and say it as soon as it may be said."""
        if isinstance(event, EmotionEvent) and event.final and event.label != UNCERTAIN:
            self._wanted = event.label
        self.tick()

    def tick(self) -> None:
        """Look after what is being said, and say what is due."""
        since = self._clock() - self._began
        if self.is_speaking:
            if since > LONGEST_SECONDS:
                self._end("takes too long")
            return
        if self._process is not None:
            status = self._process.returncode
            self._end(f"failed with exit status {status}" if status else "")
        if self._wanted != self._said and since >= (RETRY_SECONDS if self._failing else GAP_SECONDS):
            self._say(self._wanted)

    def __exit__(self, *exc: object) -> None:
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_LAST_SECONDS)
            programs.kill(self._process)

    def _say(self, word: str) -> None:
        self._said, self._began = word, self._clock()
        try:
            self._process = programs.start([*self._command, "--", word])
        except OSError as error:
            self._tell(f"cannot be run: {error.strerror}")

    def _end(self, failure: str) -> None:
        """Let go of the program, and say once in a row that it failed."""
        if self._process is not None:
            programs.kill(self._process)
        self._process = None
        self._tell(failure)

    def _tell(self, failure: str) -> None:
        if failure and not self._failing:
            standard_error.say(f"{SCHEME} {PROGRAM} {failure}; try it by hand: {PROGRAM} hello")
        self._failing = bool(failure)


def _no_voice(uri: str) -> InvalidSetting:
    return InvalidSetting(
        f"output.publish = {uri!r}: {PROGRAM} has no such voice; allowed is speech: or speech:VOICE, for example "
        f"speech:en-us, as listed by: {PROGRAM} --voices"
    )
