"""``edge-ser watch``: shows what a running service hears, live in the terminal."""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from edge_ser import paths
from edge_ser.console import standard_error, standard_output
from edge_ser.listening.stop_signals import Stopped, StopSignals

if TYPE_CHECKING:
    from edge_ser.cli.screen import Screen
    from edge_ser.client import Link
    from edge_ser.events import Event, LevelEvent

_METER_SECONDS: Final = 0.2
"""Shortest time between two drawings of the level, s: more often would only burden a slow connection."""

_METER_STAYS: Final = 1.0
"""Time without a new level after which none is shown, s: it is muted, or has no microphone."""

_ENTER: Final = "\x1b[?1049h\x1b[?25l\x1b[?7l"
_LEAVE: Final = "\x1b[?7h\x1b[?25h\x1b[?1049l"
"""Escape sequences: to the terminal's alternate screen, without a cursor and without wrapping lines (Chinese is wider
than it is counted), and back to what was there before."""


@click.command(name="watch")
@click.option(
    "--socket",
    type=click.Path(path_type=Path, readable=False),
    metavar="PATH",
    default=paths.SOCKET,
    show_default=True,
    help="Socket of the service, or of `edge-ser listen --publish unix:PATH`.",
)
def command(socket: Path) -> int:
    """Show live what a running service hears: level, label, probabilities, last utterances, microphone state.

    It waits until the service is there, and reconnects when it is restarted. Without a terminal it prints one
    line per utterance. NO_COLOR turns colours off; Ctrl-C ends it.

    \b
    Examples:
      edge-ser watch
      edge-ser watch --socket /tmp/edge-ser.sock
      edge-ser watch > labels.txt
    """
    from edge_ser.client import Requests, check_path, follow

    check_path(socket)
    on_terminal = sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    with StopSignals() as signals, suppress(Stopped):
        signals.check()
        items = follow(socket, requests=Requests(levels=on_terminal))
        (_show if on_terminal else _print)(socket, items, signals)
    return signals.exit_status


def _print(path: Path, items: Iterator[Event | LevelEvent | Link | None], signals: StopSignals) -> None:
    """Print one line per utterance, and report changes of the service on standard error."""
    from edge_ser.cli.screen import line
    from edge_ser.client import Link
    from edge_ser.events import EmotionEvent, StatusEvent

    plain = not _encodable("█·")
    for item in items:
        if isinstance(item, Link):
            _require_permitted(item, path)
            _say_link(item, path)
        elif isinstance(item, EmotionEvent):
            if item.final:
                with signals.protected():
                    standard_output.write(line(item, plain=plain) + "\n")
        elif isinstance(item, StatusEvent):
            standard_error.say(item.message)


def _show(path: Path, items: Iterator[Event | LevelEvent | Link | None], signals: StopSignals) -> None:
    """Draw the screen at each event, at some levels, and at each tick, as the window may have been resized."""
    from edge_ser.cli.screen import Screen
    from edge_ser.client import Condition, Link
    from edge_ser.events import EmotionEvent, LevelEvent

    screen = Screen(path, Condition(), None, deque(maxlen=100))
    measured = drawn = -float("inf")
    with _other_screen():
        for item in items:
            now = time.monotonic()
            if isinstance(item, LevelEvent):
                measured, screen = now, screen.at_level(item)
                if now - drawn < _METER_SECONDS:
                    continue
            elif now - measured > _METER_STAYS:
                screen = screen.at_level(None)
            if isinstance(item, Link):
                _require_permitted(item, path)
                screen = screen.without_current()
            if isinstance(item, EmotionEvent):
                screen = screen.heard(item)
            if item is not None and not isinstance(item, LevelEvent):
                screen = screen.in_condition(item)
            with signals.protected():
                _draw(screen)
            drawn = now


def _draw(screen: Screen) -> None:
    size = os.terminal_size((80, 24))
    with suppress(OSError):
        size = os.get_terminal_size(sys.stdout.fileno())
    lines = screen.lines(
        size.columns or 80, size.lines or 24, colour="NO_COLOR" not in os.environ, plain=not _encodable("█·…")
    )
    # Each line is written over the old one, and then the rest of the screen is cleared: nothing flickers.
    standard_output.write("\x1b[H" + "\n".join(f"{line}\x1b[K" for line in lines) + "\x1b[J")


@contextmanager
def _other_screen() -> Iterator[None]:
    standard_output.write(_ENTER)
    try:
        yield
    finally:
        with suppress(Exception):  # the terminal may be closed
            standard_output.write(_LEAVE)


def _require_permitted(link: Link, path: Path) -> None:
    """Raise an error if the user may not connect, which waiting would not change."""
    from edge_ser.client import Link, explain
    from edge_ser.errors import NotPermitted

    if link is Link.NOT_PERMITTED:
        raise NotPermitted(explain(link, path))


def _say_link(link: Link, path: Path) -> None:
    from edge_ser.client import explain

    standard_error.say(explain(link, path))


def _encodable(text: str) -> bool:
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except UnicodeEncodeError:
        return False
    return True
