"""Text for people: one line per utterance, and on a terminal the provisional label while somebody speaks."""

from __future__ import annotations

import sys
from typing import Final

import click

from edge_ser.console import standard_error, standard_output
from edge_ser.events import UNCERTAIN, EmotionEvent, Event
from edge_ser.sinks import Sink

_BAR: Final = 20
"""Width of the confidence bar, characters."""

_FATAL: Final = ("no-microphone", "device-lost", "device-busy", "error")
"""Statuses of errors that end the command, which reports them itself."""

_COLOURS: Final = {
    "anger": "red",
    "disgust": "green",
    "fear": "magenta",
    "happiness": "yellow",
    "neutral": "white",
    "sadness": "blue",
    UNCERTAIN: "bright_black",
}


class TextSink(Sink):
    """Writes labels to standard output and status lines to standard error, so that a pipe carries labels only.

    Args:
        waits: Whether the command waits for a missing microphone, instead of ending with an error.
    """

    def __init__(self, waits: bool = False) -> None:
        self._reported_elsewhere = () if waits else _FATAL
        self._live = sys.stdout is not None and sys.stdout.isatty()
        self._plain = not _encodable("█·")
        self._open_line = False

    def publish(self, event: Event) -> None:
        """Write a final label or a status, and on a terminal a provisional label too.

        Raises:
            OutputFailed: standard output cannot be written.
            OutputClosed: its reader went away.
        """
        if isinstance(event, EmotionEvent):
            if event.final:
                self._write(line(event, colour=self._live, plain=self._plain) + "\n")
            elif self._live:
                self._write(line(event, colour=True, plain=self._plain) + " ...", keep_open=True)
        elif event.status not in self._reported_elsewhere:
            self._close_line()
            standard_error.say(event.message)

    def __exit__(self, *exc: object) -> None:
        self._close_line()

    def _write(self, text: str, keep_open: bool = False) -> None:
        standard_output.write(("\r\x1b[K" if self._open_line else "") + text)
        self._open_line = keep_open

    def _close_line(self) -> None:
        if self._open_line:
            self._write("")


def line(event: EmotionEvent, colour: bool = False, plain: bool = False) -> str:
    """Format an emotion event as a line for people.

    Args:
        event: The event.
        colour: Whether to colour the label.
        plain: Whether to draw the bar in ASCII.
    """
    filled = round(event.confidence * _BAR)
    full, empty = "#-" if plain else "█·"
    bar = full * filled + empty * (_BAR - filled)
    label = f"{event.label:<10}"
    if colour:
        label = click.style(label, fg=_COLOURS.get(event.label), bold=True)
    return f"{clock(event.start)} - {clock(event.end)}  {label} {event.confidence:4.0%}  {bar}"


def _encodable(text: str) -> bool:
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def clock(seconds: float) -> str:
    """Format seconds of stream as ``MM:SS.S``, or ``H:MM:SS.S`` from one hour."""
    minutes, rest = divmod(round(seconds, 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:04.1f}" if hours else f"{minutes:02d}:{rest:04.1f}"
