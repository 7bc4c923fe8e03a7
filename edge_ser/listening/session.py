"""One session of `edge-ser listen`: runs the loop with the configured source, pipeline and sinks until stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from edge_ser.console import standard_error
from edge_ser.errors import EdgeSerError, OutputClosed, OutputFailed
from edge_ser.listening.assembly import make_pipeline, make_source
from edge_ser.listening.loop import stopped, turns
from edge_ser.listening.outputs import Outputs
from edge_ser.listening.stop_signals import Stopped, StopSignals
from edge_ser.sinks.systemd import Notifier

if TYPE_CHECKING:
    from edge_ser.audio import Block
    from edge_ser.settings import ListenSettings


class Session:
    """Listens until the source ends or a signal arrives; on request it reloads its settings and goes on.

    Args:
        settings: Source, model and sinks.

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
            signals: The signals that end it or ask for a reload; entered by the caller.
            read_again: Reads the settings for a reload.

        Raises:
            EdgeSerError: a sink cannot be opened, or source or standard output failed; all events until then have been
                published.
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

    def _set_up(self, settings: ListenSettings, before_replacing: Callable[[], None] = lambda: None) -> None:
        """Open the source and make the pipeline; if either fails, the old ones stay.

        Args:
            settings: Source and model.
            before_replacing: Called before they replace the old ones; if it fails, the old ones stay.
        """
        with ExitStack() as opened:
            source, pipeline = opened.enter_context(make_source(settings)), make_pipeline(settings)
            before_replacing()
            self._opened.close()
            self._opened = opened.pop_all()
        self._settings, self._source, self._pipeline = settings, source, pipeline

    def _listen(self, signals: StopSignals) -> bool:
        """Listen until the end or until a reload is asked for; return whether it is."""
        given, pipeline, outputs = self._settings.input, self._pipeline, self._outputs
        name = None if given.file is None else self._source.name
        protected = signals.protected()
        loop = turns(self._blocks(), pipeline, given.duration, name)
        try:
            with standard_error.muting_c_libraries(), closing(loop):
                for events, block, ended in loop:
                    if ended:
                        signals.hold()
                        outputs.publish(events)
                        continue
                    with protected:
                        outputs.publish(events)
                        if block is not None:
                            outputs.tick()
                            outputs.publish_level(block, pipeline)
                    if signals.reload_asked:
                        signals.reload_asked = False
                        with protected:
                            outputs.publish(pipeline.finish())
                        return True
        except Stopped:
            outputs.publish(pipeline.finish())
            outputs.publish([stopped(pipeline, "on request")])
        except (OutputClosed, OutputFailed) as error:
            # The pipeline was interrupted within a block, so it cannot be finished.
            signals.hold()
            outputs.publish([pipeline.status(error.event_status, str(error))])
            raise
        return False

    def _blocks(self) -> Iterator[Block]:
        """Return the source's blocks; a microphone must not hear the speech of a sink, a recording cannot."""
        blocks = self._source.blocks()
        if self._outputs.audible and self._settings.input.file in (None, "-"):
            from edge_ser.sources.silenced import silenced

            return silenced(blocks, self._outputs.is_speaking)
        return blocks

    def _reload(self, read_again: Callable[[], ListenSettings]) -> None:
        """Switch to new settings, or keep the old ones if the new ones cannot be used."""
        self._notifier.send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            settings = read_again()
            self._set_up(settings, before_replacing=lambda: self._outputs.open(settings))
            event = self._pipeline.status("reloaded", "the configuration was reloaded")
        except EdgeSerError as error:
            event = self._pipeline.status("not-reloaded", f"the configuration stays as it was: {error}")
        self._outputs.publish([event])
        self._notifier.send("READY=1")
