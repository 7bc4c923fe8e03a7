"""JSON Lines on standard output, for programs."""

from __future__ import annotations

from edge_ser.console import standard_output
from edge_ser.events import Event, to_json_line
from edge_ser.sinks import Sink


class JsonLinesSink(Sink):
    """Writes each event as one line of JSON and flushes it at once."""

    def publish(self, event: Event) -> None:
        """Write the event.

        Raises:
            OutputFailed: standard output cannot be written.
            OutputClosed: its reader went away.
        """
        standard_output.write(to_json_line(event))
