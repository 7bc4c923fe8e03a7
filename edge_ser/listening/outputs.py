"""The sinks that are open, each under an identity, so that a reload closes only those that are no longer wanted."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from edge_ser.events import utc_now
from edge_ser.recognition.level import LevelMeter
from edge_ser.sinks import Sink, destinations
from edge_ser.sinks.queued import QueuedSink

if TYPE_CHECKING:
    from edge_ser.audio import Block
    from edge_ser.events import Event
    from edge_ser.recognition.pipeline import Pipeline
    from edge_ser.settings import ListenSettings
    from edge_ser.sinks.systemd import Notifier


class Outputs:
    """Everything that events go to.

    Args:
        notifier: The way to systemd.
    """

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier
        self._open: dict[str, tuple[Sink, ExitStack]] = {}
        self._sinks: list[Sink] = []
        self._meter = LevelMeter(utc_now, time.monotonic)

    def open(self, settings: ListenSettings) -> None:
        """Open the sinks that are new, then close those that are no longer wanted; readers of the others stay.

        Raises:
            EdgeSerError: a sink cannot be opened; those that were open stay as they are.
        """
        wanted = dict(self._wanted(settings))
        fresh: dict[str, tuple[Sink, ExitStack]] = {}
        with ExitStack() as if_one_fails:
            for name, make in wanted.items():
                if name not in self._open:
                    stack = if_one_fails.enter_context(ExitStack())
                    fresh[name] = stack.enter_context(make()), stack
            if_one_fails.pop_all()
        for name in self._open.keys() - wanted.keys():
            self._open.pop(name)[1].close()
        for sink, _ in self._open.values():
            sink.reconfigure(settings)
        self._open |= fresh
        self._sinks = [sink for sink, _ in self._open.values()]

    def close(self) -> None:
        """Close all of them; queues empty side by side."""
        for sink in self._sinks:
            if isinstance(sink, QueuedSink):
                sink.finish()
        for _, stack in self._open.values():
            stack.close()

    def publish(self, events: Iterable[Event]) -> None:
        """Hand events to every sink.

        Raises:
            OutputFailed: standard output cannot take them.
            OutputClosed: its reader went away.
        """
        for event in events:
            for sink in self._sinks:
                sink.publish(event)

    def tick(self) -> None:
        """Let every sink do what is due."""
        for sink in self._sinks:
            sink.tick()

    def publish_level(self, block: Block, pipeline: Pipeline) -> None:
        """Tell how loud a block is to those sinks that somebody looks at; mostly nobody does."""
        wanting = [sink for sink in self._sinks if sink.wants_levels]
        if not wanting:
            return
        event = self._meter.read(block.samples, pipeline.position, pipeline.hears_speech)
        if event is not None:
            for sink in wanting:
                sink.publish_level(event)

    @property
    def audible(self) -> bool:
        """Whether there is a sink that a microphone can hear."""
        return any(sink.audible for sink in self._sinks)

    def is_speaking(self) -> bool:
        """Whether a sink can be heard just now."""
        return any(sink.is_speaking for sink in self._sinks)

    def dropped(self) -> dict[str, int]:
        """Return how many events each queue has dropped so far, by the names of the sinks."""
        counts: dict[str, int] = {}
        for sink in self._sinks:
            if isinstance(sink, QueuedSink):
                counts[sink.name] = counts.get(sink.name, 0) + sink.dropped
        return counts

    def _wanted(self, settings: ListenSettings) -> Iterator[tuple[str, Callable[[], Sink]]]:
        """Yield the sinks' identities and how each is made."""
        for uri in settings.output.publish:  # first, so that one that cannot be made is reported before anything else
            yield destinations.identity(uri, settings), partial(destinations.make, uri, settings, self.dropped)
        if settings.output.format == "json":
            from edge_ser.sinks.json_lines import JsonLinesSink

            yield "json", JsonLinesSink
        elif settings.output.format == "text":
            from edge_ser.sinks.text import TextSink

            waits = settings.microphone.wait
            yield f"text, waits {waits}", partial(TextSink, waits)
        if "NOTIFY_SOCKET" in os.environ:
            from edge_ser.sinks.systemd import SystemdSink

            yield "systemd", partial(SystemdSink, self._notifier)
