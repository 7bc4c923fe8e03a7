"""One session of `edge-ser listen`: source, pipeline and sinks as its settings say, and the loop that joins them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Final

from edge_ser.assembly import pipeline_of, source_of
from edge_ser.cli.stop import Stopped, StopSignals
from edge_ser.errors import (
    DeviceBusy,
    DeviceLost,
    EdgeSerError,
    NoMicrophone,
    OutputClosed,
    OutputFailed,
)

if TYPE_CHECKING:
    from edge_ser.events import Event
    from edge_ser.pipeline import Pipeline
    from edge_ser.settings import ListenSettings
    from edge_ser.sinks import Metered, Sink
    from edge_ser.sinks.systemd import Notifier
    from edge_ser.sources import Block, Source

_STATUS_OF: Final[dict[type[EdgeSerError], str]] = {
    NoMicrophone: "no-microphone",
    DeviceLost: "device-lost",
    DeviceBusy: "device-busy",
}


class Session:
    """Listens as its settings say, until the source ends, a signal comes, or new settings do.

    Args:
        settings: What to listen to, by which model, and where events go.

    Raises:
        EdgeSerError: the source or the model cannot be used; the message says what to do.
    """

    def __init__(self, settings: ListenSettings) -> None:
        from edge_ser.level_meter import LevelMeter
        from edge_ser.sinks.systemd import Notifier

        self._notifier = Notifier()
        self._meter = LevelMeter()
        self._sinks: dict[str, tuple[Sink, ExitStack]] = {}
        self._set_up(settings, source_of(settings), pipeline_of(settings))

    def run(self, signals: StopSignals, read_anew: Callable[[], ListenSettings]) -> None:
        """Listen until the end.

        Args:
            signals: Those that end it, or ask to reload.
            read_anew: Reads the settings once more.

        Raises:
            EdgeSerError: something failed on the way; what was heard until then has been published.
        """
        try:
            with signals.protected():
                self._open_sinks(self._settings)
                self._pipeline.warm_up()
                self._notifier.send("READY=1")
            while self._listen(signals):
                with signals.protected():
                    self._reload(read_anew)
        finally:
            self._notifier.send("STOPPING=1")
            self._close_sinks()

    def _set_up(self, settings: ListenSettings, source: Source, pipeline: Pipeline) -> None:
        self._settings, self._source, self._pipeline = settings, source, pipeline

    def _listen(self, signals: StopSignals) -> bool:
        """Listen until the end or until new settings are asked for; return whether they are."""
        from edge_ser.sinks import Metered, standard_error
        from edge_ser.sources import limited

        pipeline, duration = self._pipeline, self._settings.input.duration
        metered = [sink for sink, _ in self._sinks.values() if isinstance(sink, Metered)]
        ended = "the end"
        try:
            with standard_error.ours_alone(), self._source as source:
                if self._settings.input.file is not None:  # a microphone says itself what becomes of it
                    with signals.protected():
                        self._send([pipeline.status("listening", f"listening to {source.name}")])
                for block in limited(self._blocks(source), duration):
                    with signals.protected():
                        self._send(pipeline.process(block))
                        for sink, _ in self._sinks.values():
                            sink.tick()
                        self._send_level(block, metered)
                    if signals.reload_asked:
                        signals.reload_asked = False
                        with signals.protected():
                            self._send(pipeline.finish())
                        return True
                signals.hold()  # nothing is left to be stopped
            if duration is not None and pipeline.position >= duration - 1e-6:
                ended = f"{duration:g} s are over"
        except Stopped:
            ended = "asked to"
        except (OutputClosed, OutputFailed) as error:
            # The pipeline was left half way through a block, so it has nothing more to say.
            signals.hold()
            self._send([pipeline.status("error", str(error))])
            raise
        except EdgeSerError as error:
            signals.hold()
            # What was heard until then is true: it goes out before the error does.
            self._send(pipeline.finish())
            self._send([pipeline.status(_STATUS_OF.get(type(error), "error"), str(error))])
            raise
        self._send(pipeline.finish())
        self._send([pipeline.status("stopped", f"stopped: {ended}")])
        return False

    def _blocks(self, source: Source) -> Iterator[Block]:
        """Yield a source's blocks; no microphone hears what sinks say aloud, a recording cannot."""
        from edge_ser.sinks import Audible
        from edge_ser.sources.silenced import silenced

        audible = [sink for sink, _ in self._sinks.values() if isinstance(sink, Audible)]
        if not audible or self._settings.input.file not in (None, "-"):
            return source.blocks()
        return silenced(source.blocks(), lambda: any(sink.is_speaking for sink in audible))

    def _reload(self, read_anew: Callable[[], ListenSettings]) -> None:
        """Go on with new settings, or with the old ones if something about the new is wrong."""
        import time

        self._notifier.send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            settings = read_anew()
            source, pipeline = source_of(settings), pipeline_of(settings)
            self._open_sinks(settings)
            self._set_up(settings, source, pipeline)
            said = self._pipeline.status("reloaded", "the configuration was read anew")
        except EdgeSerError as error:
            message = f"the configuration stays as it was: {error}"
            said = self._pipeline.status("not-reloaded", message)
        self._send([said])
        self._notifier.send("READY=1")

    def _open_sinks(self, settings: ListenSettings) -> None:
        """Open the sinks that are new, then close those that are no longer wanted; readers of the others stay."""
        from edge_ser.sinks import Lasting

        wanted = dict(_sinks(settings, self._notifier))
        fresh: dict[str, tuple[Sink, ExitStack]] = {}
        with ExitStack() as if_one_fails:
            for name, make in wanted.items():
                if name not in self._sinks:
                    stack = if_one_fails.enter_context(ExitStack())
                    fresh[name] = stack.enter_context(make()), stack
            if_one_fails.pop_all()
        for name in self._sinks.keys() - wanted.keys():
            self._sinks.pop(name)[1].close()
        for sink, _ in self._sinks.values():
            if isinstance(sink, Lasting):
                sink.heed(settings)
        self._sinks |= fresh

    def _close_sinks(self) -> None:
        from edge_ser.sinks.queued import QueuedSink

        for sink, _ in self._sinks.values():
            if isinstance(sink, QueuedSink):
                sink.finish()
        for _, stack in self._sinks.values():
            stack.close()

    def _send(self, events: Iterable[Event]) -> None:
        for event in events:
            for sink, _ in self._sinks.values():
                sink.publish(event)

    def _send_level(self, block: Block, sinks: Iterable[Metered]) -> None:
        """Tell how loud a block is, to those sinks that somebody looks at; mostly nobody does."""
        wanting = [sink for sink in sinks if sink.wants_levels]
        if not wanting:
            return
        pipeline = self._pipeline
        event = self._meter.read(block.samples, pipeline.position, pipeline.hears_speech)
        if event is not None:
            for sink in wanting:
                sink.publish_level(event)


def _sinks(settings: ListenSettings, notifier: Notifier) -> Iterable[tuple[str, Callable[[], Sink]]]:
    """Yield the sinks' names and how each is made."""
    from edge_ser.sinks import destinations
    from edge_ser.sinks.jsonl import JsonLinesSink
    from edge_ser.sinks.systemd import SystemdSink
    from edge_ser.sinks.text import TextSink

    for uri in settings.output.publish:  # first, so that one that cannot be made is said before anything else
        yield destinations.identity(uri, settings), partial(destinations.make, uri, settings)
    if settings.output.format == "json":
        yield "json", JsonLinesSink
    elif settings.output.format == "text":
        waits = settings.microphone.wait
        yield f"text, waits {waits}", partial(TextSink, waits)
    if "NOTIFY_SOCKET" in os.environ:
        yield "systemd", partial(SystemdSink, notifier)
