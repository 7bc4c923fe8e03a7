"""JSON Lines on standard output, for programs."""

from __future__ import annotations

from edge_ser.events import Event, to_json_line
from edge_ser.sinks import standard_output


class JsonLinesSink:
    """Writes each event as one line of JSON and flushes it at once."""

    def publish(self, event: Event) -> None:
        """Write one line."""
        standard_output.write(to_json_line(event))

    def tick(self) -> None:
        """Nothing is due."""

    def __enter__(self) -> JsonLinesSink:
        return self

    def __exit__(self, *exc: object) -> None:
        pass
