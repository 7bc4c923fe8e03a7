"""Where `--publish` can send events: a scheme, an example for messages, and the module that makes the sink."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edge_ser.errors import InvalidSetting
from edge_ser.settings.checks import without_password

if TYPE_CHECKING:
    from edge_ser.settings import ListenSettings
    from edge_ser.sinks import Dropped, Sink


@dataclass(frozen=True)
class Destination:
    """A kind of destination.

    Attributes:
        example: A right one, for messages.
        module: Has ``check(uri)``, which raises :class:`InvalidSetting`, and ``make(uri, settings)``, which returns the
            sink.  Importing it imports no library that the base install does not have.
        table: Table of the configuration that it heeds too; empty for none.
    """

    example: str
    module: str
    table: str = ""


DESTINATIONS: Final = {
    "unix": Destination("unix:/tmp/edge-ser.sock", "edge_ser.sinks.unix_socket.sink"),
    "mqtt": Destination("mqtt://broker.local/edge-ser", "edge_ser.sinks.mqtt.sink", "mqtt"),
    "mqtts": Destination("mqtts://user@broker.local/edge-ser", "edge_ser.sinks.mqtt.sink", "mqtt"),
    "exec": Destination("exec:/usr/local/bin/on-label", "edge_ser.sinks.command"),
    "speech": Destination("speech:en-us", "edge_ser.sinks.speech"),
    "prometheus": Destination("prometheus:127.0.0.1:9105", "edge_ser.sinks.prometheus"),
    "history": Destination("history:", "edge_ser.sinks.history", "history"),
}


def check(uri: str) -> None:
    """Raise an error that names a destination that cannot be, and gives a right example."""
    scheme = uri.partition(":")[0]
    if scheme not in DESTINATIONS or uri == scheme:
        examples = ", ".join(destination.example for destination in DESTINATIONS.values())
        shown = without_password(uri)
        raise InvalidSetting(f"output.publish = {shown!r}: allowed is one such as {examples}")
    importlib.import_module(DESTINATIONS[scheme].module).check(uri)


def identity(uri: str, settings: ListenSettings) -> str:
    """Return what differs when a destination's sink would be another one."""
    table = DESTINATIONS[uri.partition(":")[0]].table
    return f"{uri} {getattr(settings, table)}" if table else uri


def make(uri: str, settings: ListenSettings, dropped: Dropped) -> Sink:
    """Return the sink of a destination that :func:`check` has let pass.

    Raises:
        EdgeSerError: it cannot be used; the message says what to do.
    """
    module = importlib.import_module(DESTINATIONS[uri.partition(":")[0]].module)
    sink: Sink = module.make(uri, settings, dropped)
    return sink
