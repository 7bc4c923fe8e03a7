"""Sinks, which publish events: as text, JSON Lines, on a socket or a broker, as history, hooks, speech or metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from edge_ser.events import Event, LevelEvent

if TYPE_CHECKING:
    from edge_ser.settings import ListenSettings

Dropped: TypeAlias = Callable[[], Mapping[str, int]]
"""Returns how many events each queue has dropped so far, by the name of its sink."""


class Sink:
    """Base of all sinks: takes events in order, as a context manager.

    Only :meth:`publish` must be overridden; the other methods do nothing by default.
    """

    audible: bool = False
    """Whether a microphone can hear the sink."""

    metered: bool = False
    """Whether the sink can show levels."""

    name: str = ""
    """Name under which dropped events are counted; empty for a sink without a queue, which drops none."""

    dropped: int = 0
    """Number of events dropped so far."""

    def publish(self, event: Event) -> None:
        """Take one event, without blocking for longer than a write to standard output.

        Raises:
            EdgeSerError: the event cannot be published; the message says what to do.
        """
        raise NotImplementedError

    def tick(self) -> None:
        """Do periodic work, without blocking; called about every 100 ms."""

    def reconfigure(self, settings: ListenSettings) -> None:
        """Apply new settings; called when a reload leaves the sink open."""

    @property
    def is_speaking(self) -> bool:
        """Whether the sink is making a sound now."""
        return False

    @property
    def wants_levels(self) -> bool:
        """Whether the sink wants levels now; they are measured only if some sink does."""
        return False

    def publish_level(self, event: LevelEvent) -> None:
        """Take a level, without blocking."""

    @property
    def waiting(self) -> int:
        """Number of events that have been taken but not yet published."""
        return 0

    def finish(self) -> None:
        """Begin to drain the queue, if there is one, so that several sinks do so in parallel; ``__exit__`` follows."""

    def __enter__(self) -> Sink:
        return self

    def __exit__(self, *exc: object) -> None:
        """Release all resources."""
