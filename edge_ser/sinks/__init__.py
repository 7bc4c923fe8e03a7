"""Where events go: text for people, JSON Lines for programs, a socket, a broker, a history, hooks, speech, metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from edge_ser.events import Event, LevelEvent

if TYPE_CHECKING:
    from edge_ser.settings import ListenSettings


Dropped: TypeAlias = Callable[[], Mapping[str, int]]
"""Tells how many events each queue has dropped so far, by the names of the sinks."""


class Sink:
    """Takes events, in order.  Use as a context manager.  Only ``publish`` must be written; the rest does nothing."""

    audible: bool = False
    """Whether a microphone can hear it."""

    def publish(self, event: Event) -> None:
        """Take one event; never blocks for longer than a write to standard output.

        Raises:
            EdgeSerError: the sink cannot go on; the message says what to do.
        """
        raise NotImplementedError

    def tick(self) -> None:
        """Do what is due though nothing happened; called about every 100 ms, must not block."""

    def reconfigure(self, settings: ListenSettings) -> None:
        """Go on with other settings, when a reload leaves the sink open."""

    @property
    def is_speaking(self) -> bool:
        """Whether there is something to hear just now."""
        return False

    @property
    def wants_levels(self) -> bool:
        """Whether anybody looks at levels just now; otherwise none are measured."""
        return False

    def publish_level(self, event: LevelEvent) -> None:
        """Take a level; like ``publish`` it does not block."""

    @property
    def waiting(self) -> int:
        """How many events it keeps for later."""
        return 0

    def __enter__(self) -> Sink:
        return self

    def __exit__(self, *exc: object) -> None:
        """Let go of everything."""
