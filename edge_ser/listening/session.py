"""One session of `edge-ser listen`: source, pipeline and sinks as its settings say, until it is stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from edge_ser.console import standard_error
from edge_ser.errors import EdgeSerError, OutputClosed, OutputFailed
from edge_ser.listening.assembly import pipeline_of, source_of
from edge_ser.listening.loop import stopped, turns
from edge_ser.listening.outputs import Outputs
from edge_ser.listening.stop_signals import Stopped, StopSignals
from edge_ser.sinks.systemd import Notifier
from edge_ser.sources.silenced import silenced

if TYPE_CHECKING:
    from edge_ser.audio import Block
    from edge_ser.settings import ListenSettings


class Session:
    """Listens as its settings say, until the source ends, a signal comes, or new settings do.

    Args:
        settings: What to listen to, with which model, and where events go.

    Raises:
        EdgeSerError: the source or the model cannot be used; the message says what to do.
    """

    def __init__(self, settings: ListenSettings) -> None:
        self._notifier = Notifier()
        self._outputs = Outputs(self._notifier)
        self._opened = ExitStack()
        self._set_up(settings)

    def run(self, signals: StopSignals, read_again: Callable[[], ListenSettings]) -> None:
        """Listen until the end.

        Args:
            signals: Those that end it, or ask for a reload.
            read_again: Reads the settings once more.

        Raises:
            EdgeSerError: something failed on the way; what was heard until then has been published.
        """
        try:
            with signals.protected():
                self._outputs.open(self._settings)
                self._pipeline.warm_up()
                self._notifier.send("READY=1")
            while self._listen(signals):
                with signals.protected():
                    self._reload(read_again)
        finally:
            self._notifier.send("STOPPING=1")
            self._opened.close()
            self._outputs.close()

    def _set_up(self, settings: ListenSettings, before: Callable[[], None] = lambda: None) -> None:
        """Open the source and make the pipeline; what was there before stays if either cannot be had.

        Args:
            settings: What they are made from.
            before: Called before they replace the old ones; if it fails, they do not.
        """
        with ExitStack() as opened:
            source, pipeline = opened.enter_context(source_of(settings)), pipeline_of(settings)
            before()
            self._opened.close()
            self._opened = opened.pop_all()
        self._settings, self._source, self._pipeline = settings, source, pipeline

    def _listen(self, signals: StopSignals) -> bool:
        """Listen until the end or until new settings are asked for; return whether they are."""
        given, pipeline, outputs = self._settings.input, self._pipeline, self._outputs
        name = None if given.file is None else self._source.name
        loop = turns(self._blocks(), pipeline, given.duration, name)
        try:
            with standard_error.muting_c_libraries(), closing(loop):
                for turn in loop:
                    if turn.ended:
                        signals.hold()
                        outputs.publish(turn.events)
                        continue
                    with signals.protected():
                        outputs.publish(turn.events)
                        if turn.block is not None:
                            outputs.tick()
                            outputs.publish_level(turn.block, pipeline)
                    if signals.reload_asked:
                        signals.reload_asked = False
                        with signals.protected():
                            outputs.publish(pipeline.finish())
                        return True
        except Stopped:
            outputs.publish(pipeline.finish())
            outputs.publish([stopped(pipeline, "asked to")])
        except (OutputClosed, OutputFailed) as error:
            # The pipeline was left half way through a block, so it has nothing more to say.
            signals.hold()
            outputs.publish([pipeline.status(error.event_status, str(error))])
            raise
        return False

    def _blocks(self) -> Iterator[Block]:
        """Return the source's blocks; a microphone must not hear what sinks say aloud, a recording cannot."""
        blocks = self._source.blocks()
        if self._outputs.audible and self._settings.input.file in (None, "-"):
            return silenced(blocks, self._outputs.is_speaking)
        return blocks

    def _reload(self, read_again: Callable[[], ListenSettings]) -> None:
        """Go on with new settings, or with the old ones if something about the new is wrong."""
        self._notifier.send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            settings = read_again()
            self._set_up(settings, before=lambda: self._outputs.open(settings))
            event = self._pipeline.status("reloaded", "the configuration was reloaded")
        except EdgeSerError as error:
            event = self._pipeline.status("not-reloaded", f"the configuration stays as it was: {error}")
        self._outputs.publish([event])
        self._notifier.send("READY=1")
