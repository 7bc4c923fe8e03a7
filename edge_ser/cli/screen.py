"""The screen of `edge-ser watch` as text: state in, lines that fit the window out."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import click

from edge_ser.client import Condition, Link, explain
from edge_ser.events import UNCERTAIN, EmotionEvent, Event, LevelEvent

_COLOURS: Final = {
    "anger": "red",
    "disgust": "green",
    "fear": "magenta",
    "happiness": "yellow",
    "neutral": "cyan",
    "sadness": "blue",
    UNCERTAIN: "bright_black",
}
_TROUBLE: Final = "yellow"

_LONGEST_BAR: Final = 50
_SHORT_BAR: Final = 20
"""Lengths of the bars, characters: of the probabilities, and of a line in the list."""

_SPEECH: Final = "  speech"
"""Follows the level while the speech gate is open."""

_QUIETEST: Final = -72.0
"""Level at the left end of its bar, dBFS: a quiet room with a good microphone."""

_LABEL: Final = 12
"""Width of a label, characters; a longer one, of another model, moves the rest to the right."""


@dataclass(frozen=True)
class Screen:
    """What is shown.

    Attributes:
        path: The service's socket.
        condition: What is known about the service.
        current: The newest event about an utterance, which may still be going on.
        finished: Utterances that have ended, the newest first.
        level: The current level; ``None`` while the service sends none.
    """

    path: Path
    condition: Condition
    current: EmotionEvent | None
    finished: deque[EmotionEvent]
    level: LevelEvent | None = None

    def heard(self, event: EmotionEvent) -> Screen:
        """Return the screen after an event about an utterance."""
        if event.final:
            self.finished.appendleft(event)
        return replace(self, current=event)

    def in_condition(self, item: Event | Link) -> Screen:
        """Return the screen after an event or a change of the link."""
        return replace(self, condition=self.condition.after(item))

    def without_current(self) -> Screen:
        """Return the screen without a level and without an utterance whose end will not come."""
        return replace(self, current=None, level=None)

    def at_level(self, level: LevelEvent | None) -> Screen:
        """Return the screen with another level, or none."""
        return replace(self, level=level)

    def lines(self, columns: int, rows: int, colour: bool, plain: bool) -> list[str]:
        """Return the lines of the window.

        Args:
            columns: Its width, characters.
            rows: Its height, lines.
            colour: Whether to use colours.
            plain: Whether to use ASCII only.
        """
        paint = _Paint(columns, colour, plain)
        lines = [*self._head(paint), "", *self._now(paint), "", paint.text("last utterances", bold=True)]
        lines += [paint.text(f"  {line(event, plain)}", _colour(event.label)) for event in self.finished]
        if not self.finished:
            lines.append(paint.text("  none yet"))
        return lines[: max(rows, 1)]

    def _head(self, paint: _Paint) -> list[str]:
        condition = self.condition
        if condition.link is not Link.CONNECTED:
            waiting = "connecting" if condition.link is None else explain(condition.link, self.path)
            return [paint.text(f"edge-ser  {waiting}", _TROUBLE)]
        service = condition.service
        quiet = "connected; nothing heard yet" if service.name == "unknown" else service.name
        trouble = service.name not in ("unknown", "listening")
        lines = [paint.text(f"edge-ser  {service.message or quiet}", _TROUBLE if trouble else None, bold=True)]
        if service.fault:
            lines.append(paint.text(service.fault_message, _TROUBLE))
        if service.overflows:
            lines.append(paint.text(f"audio was lost {service.overflows} times: this machine is too busy", _TROUBLE))
        if service.dropped:
            lines.append(paint.text(f"events were dropped {service.dropped} times: this terminal is slow", _TROUBLE))
        return [*lines, self._level(paint)]

    def _level(self, paint: _Paint) -> str:
        """Return the line of the level, which stays in place without a level, so that nothing jumps."""
        length = max(1, min(_LONGEST_BAR, paint.columns - _LABEL - 8 - len(_SPEECH)))
        name = f"  {'level, dBFS':<{_LABEL}}"
        if self.level is None:
            return paint.text(f"{name}   - {_bar(0, length, paint.plain)}")
        bar = _bar(1 - self.level.level / _QUIETEST, length, paint.plain)
        speech = _SPEECH if self.level.speech else ""
        return paint.text(f"{name}{self.level.level:4.0f} {bar}{speech}", "green" if speech else None)

    def _now(self, paint: _Paint) -> list[str]:
        event = self.current
        if event is None:
            return [paint.text("-"), ""]
        phase = "" if event.final else "  ..." if paint.plain else "  …"
        title = f"{event.label} {event.confidence:.0%}  {event.end - event.start:.1f} s{phase}"
        lines = [paint.text(title, _colour(event.label), bold=True), ""]
        length = max(1, min(_LONGEST_BAR, paint.columns - _LABEL - 8))
        for label, probability in event.probabilities.items():
            row = f"  {label:<{_LABEL}}{probability:4.0%} {_bar(probability, length, paint.plain)}"
            lines.append(paint.text(row, _colour(label)))
        return lines


@dataclass(frozen=True)
class _Paint:
    """How lines are made to fit the window.

    Attributes:
        columns: Its width, characters.
        colour: Whether to use colours.
        plain: Whether to use ASCII only.
    """

    columns: int
    colour: bool
    plain: bool

    def text(self, text: str, colour: str | None = None, bold: bool = False) -> str:
        """Return a line that is no wider than the window."""
        if self.plain:
            text = text.encode("ascii", "replace").decode()
        text = text[: max(self.columns, 1)]
        return click.style(text, fg=colour, bold=bold or None) if self.colour and text else text


def line(event: EmotionEvent, plain: bool = False) -> str:
    """Return an utterance as a line of text with the local time of its end, in ASCII only if asked for."""
    length = event.end - event.start
    return (
        f"{event.time.astimezone():%H:%M:%S}  {length:4.1f} s  {event.label:<{_LABEL}}{event.confidence:4.0%}  "
        f"{_bar(event.confidence, _SHORT_BAR, plain)}"
    )


def _bar(share: float, length: int, plain: bool) -> str:
    full, empty = "#-" if plain else "█·"
    filled = round(min(max(share, 0), 1) * length)
    return full * filled + empty * (length - filled)


def _colour(label: str) -> str | None:
    return _COLOURS.get(label)
