"""Text for people: a line an utterance, and on a terminal the label so far while somebody speaks."""

from __future__ import annotations

import sys
from typing import Final

import click

from edge_ser.console import standard_error, standard_output
from edge_ser.events import UNCERTAIN, EmotionEvent, Event
from edge_ser.sinks import Sink

_BAR: Final = 20
_ENDINGS: Final = ("no-microphone", "device-lost", "device-busy", "error")
"""Statuses that are the error by which the command ends, and which it says itself."""

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
    """Labels go to standard output, status lines to standard error, so that a pipe carries labels only.

    Args:
        waits: Whether the command waits for a microphone that is not there, instead of ending by it.
    """

    def __init__(self, waits: bool = False) -> None:
        self._said_elsewhere = () if waits else _ENDINGS
        self._live = sys.stdout is not None and sys.stdout.isatty()
        self._plain = not _encodable("█·")
        self._open_line = False

    def publish(self, event: Event) -> None:
        """Write the event, if it is one that people want to see."""
        if isinstance(event, EmotionEvent):
            if event.final:
                self._write(line(event, colour=self._live, plain=self._plain) + "\n")
            elif self._live:
                self._write(line(event, colour=True, plain=self._plain) + " ...", keep_open=True)
        elif event.status not in self._said_elsewhere:
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
    """Return an emotion event as a line for people, on request in ASCII alone."""
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
    """Return seconds of stream as minutes and seconds, with hours where there are any."""
    minutes, rest = divmod(round(seconds, 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:04.1f}" if hours else f"{minutes:02d}:{rest:04.1f}"
