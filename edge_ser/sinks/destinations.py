"""The destinations of `--publish`: each scheme's module, which makes the sink, and an example for messages."""

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
        example: A valid URI, for messages.
        module: A module with ``check(uri)``, which raises :class:`InvalidSetting`, and
            ``make(uri, settings, dropped)``, which returns the sink.  The base install is enough to import it.
        table: Table of the configuration that also affects the sink; empty for none.
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
    """Check the syntax of a destination.

    Raises:
        InvalidSetting: it is not valid; the message has valid examples.
    """
    scheme = uri.partition(":")[0]
    if scheme not in DESTINATIONS or uri == scheme:
        examples = ", ".join(destination.example for destination in DESTINATIONS.values())
        shown = without_password(uri)
        raise InvalidSetting(f"output.publish = {shown!r}: allowed is one such as {examples}")
    importlib.import_module(DESTINATIONS[scheme].module).check(uri)


def identity(uri: str, settings: ListenSettings) -> str:
    """Return the identity of a destination's sink, which changes whenever the settings require a new sink.

    Args:
        uri: The destination, which has passed :func:`check`.
        settings: All settings.
    """
    table = DESTINATIONS[uri.partition(":")[0]].table
    return f"{uri} {getattr(settings, table)}" if table else uri


def make(uri: str, settings: ListenSettings, dropped: Dropped) -> Sink:
    """Return the sink of a destination that has passed :func:`check`.

    Args:
        uri: The destination.
        settings: All settings.
        dropped: Returns how many events each queue has dropped so far.

    Raises:
        EdgeSerError: the destination cannot be used; the message says what to do.
    """
    module = importlib.import_module(DESTINATIONS[uri.partition(":")[0]].module)
    sink: Sink = module.make(uri, settings, dropped)
    return sink
