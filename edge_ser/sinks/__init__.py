"""Where events go: text for people, JSON Lines for programs, a Unix socket for any number of local readers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from edge_ser.events import Event, LevelEvent

if TYPE_CHECKING:
    from edge_ser.settings import ListenSettings


class Sink(Protocol):
    """Takes events, in order.  Use as a context manager."""

    def publish(self, event: Event) -> None:
        """Take one event; never blocks for longer than a write to standard output.

        Raises:
            EdgeSerError: the sink cannot go on; the message says what to do.
        """

    def tick(self) -> None:
        """Do what is due though nothing happened; called about every 100 ms, must not block."""

    def __enter__(self) -> Sink: ...

    def __exit__(self, *exc: object) -> None: ...


@runtime_checkable
class Audible(Protocol):
    """A sink that a microphone can hear."""

    @property
    def is_speaking(self) -> bool:
        """Whether there is something to hear just now."""


@runtime_checkable
class Metered(Protocol):
    """A sink that can show how loud it is."""

    @property
    def wants_levels(self) -> bool:
        """Whether anybody looks just now; else nothing is measured."""

    def publish_level(self, event: LevelEvent) -> None:
        """Take a level; like ``publish`` it does not block."""


@runtime_checkable
class Lasting(Protocol):
    """A sink that stays open while the settings are read anew, and heeds the new ones."""

    def heed(self, settings: ListenSettings) -> None:
        """Go on with other settings."""
