"""The open sinks, each with an identity, so that a reload closes only those that are no longer configured."""

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

if TYPE_CHECKING:
    from edge_ser.audio import Block
    from edge_ser.events import Event
    from edge_ser.recognition.pipeline import Pipeline
    from edge_ser.settings import ListenSettings
    from edge_ser.sinks.systemd import Notifier


class Outputs:
    """All sinks of a session.

    Args:
        notifier: Sends to systemd.
    """

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier
        self._open: dict[str, tuple[Sink, ExitStack]] = {}
        self._sinks: list[Sink] = []
        self._metered: list[Sink] = []
        self._meter = LevelMeter(utc_now, time.monotonic)

    def open(self, settings: ListenSettings) -> None:
        """Open the new sinks, then close those that are no longer configured; readers of the others stay connected.

        Raises:
            EdgeSerError: a sink cannot be opened; those that were open stay as they are.
        """
        configured = dict(self._configured(settings))
        opened: dict[str, tuple[Sink, ExitStack]] = {}
        with ExitStack() as on_failure:
            for name, make in configured.items():
                if name not in self._open:
                    stack = on_failure.enter_context(ExitStack())
                    opened[name] = stack.enter_context(make()), stack
            on_failure.pop_all()
        for name in self._open.keys() - configured.keys():
            self._open.pop(name)[1].close()
        for sink, _ in self._open.values():
            sink.reconfigure(settings)
        self._open |= opened
        self._sinks = [sink for sink, _ in self._open.values()]
        self._metered = [sink for sink in self._sinks if sink.metered]

    def close(self) -> None:
        """Close all sinks; their queues are drained in parallel."""
        for sink in self._sinks:
            sink.finish()
        for _, stack in self._open.values():
            stack.close()

    def publish(self, events: Iterable[Event]) -> None:
        """Pass events to every sink.

        Raises:
            OutputFailed: standard output cannot be written.
            OutputClosed: the reader of standard output went away.
        """
        for event in events:
            for sink in self._sinks:
                sink.publish(event)

    def tick(self) -> None:
        """Call every sink's periodic work."""
        for sink in self._sinks:
            sink.tick()

    def publish_level(self, block: Block, pipeline: Pipeline) -> None:
        """Measure the level of a block and pass it to the sinks that want levels, of which there are mostly none."""
        interested = [sink for sink in self._metered if sink.wants_levels]
        if not interested:
            return
        event = self._meter.read(block.samples, pipeline.position, pipeline.speech_detected)
        if event is not None:
            for sink in interested:
                sink.publish_level(event)

    @property
    def audible(self) -> bool:
        """Whether a microphone can hear any of the sinks."""
        return any(sink.audible for sink in self._sinks)

    def is_speaking(self) -> bool:
        """Whether a sink is making a sound now."""
        return any(sink.is_speaking for sink in self._sinks)

    def dropped(self) -> dict[str, int]:
        """Return how many events each queue has dropped so far, by the name of its sink."""
        counts: dict[str, int] = {}
        for sink in self._sinks:
            if sink.name:
                counts[sink.name] = counts.get(sink.name, 0) + sink.dropped
        return counts

    def _configured(self, settings: ListenSettings) -> Iterator[tuple[str, Callable[[], Sink]]]:
        """Yield each sink's identity and a function that makes it."""
        for uri in settings.output.publish:  # first, so that a destination that fails is reported before anything else
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
