"""Metrics for Prometheus, which fetches them from this process over HTTP.

The default address is the loopback interface.  One reader is served at a time, and none for long.  There is no latency
metric: events tell the position in the stream at which something was heard, not when it was spoken.
"""

from __future__ import annotations

import errno
import importlib
import re
import socket
import socketserver
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, Final

from edge_ser import __version__
from edge_ser.errors import EdgeSerError, InvalidSetting, SocketInUse, SocketUnwritable
from edge_ser.events import Event, StatusEvent
from edge_ser.sinks import Dropped, Sink
from edge_ser.state import MICROPHONE_STATES, ServiceState

if TYPE_CHECKING:
    from edge_ser.settings import ListenSettings

SCHEME: Final = "prometheus:"
LOOPBACK: Final = "127.0.0.1"

_LOOPBACK_NAMES: Final = ("localhost", LOOPBACK, "::1")

STATES: Final = ("starting", *MICROPHONE_STATES)
"""States of the microphone, or of the recording; one of them holds at a time."""

_UTTERANCE_BUCKETS: Final = (0.5, 1, 2, 3, 5, 8, 12, 15)
"""Upper bounds, s; by default an utterance lasts 15 s at most."""

_FIRST_LABEL_BUCKETS: Final = (0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5)
"""Upper bounds, s; a first label is attempted every 0.1 s."""

_READER_SECONDS: Final = 5.0
"""Time after which a reader is disconnected, s."""


def check(uri: str) -> None:
    """Check the syntax of a ``prometheus:[HOST:]PORT``.

    Raises:
        InvalidSetting: it is not valid.
    """
    _parse(uri)


def make(uri: str, settings: ListenSettings, dropped: Dropped) -> PrometheusSink:
    """Return the sink of a ``prometheus:[HOST:]PORT``.

    Raises:
        EdgeSerError: prometheus-client is not installed, or the address cannot be used.
    """
    try:
        client = importlib.import_module("prometheus_client")
    except ImportError:
        raise EdgeSerError(
            "prometheus: needs prometheus-client; install it with: pip install 'edge-ser[metrics]'"
        ) from None
    return PrometheusSink(*_parse(uri), client, dropped)


class PrometheusSink(Sink):
    """Counts events and serves the metrics.

    Args:
        host: Address to serve on.
        port: TCP port to serve on.
        client: The module ``prometheus_client``.
        dropped: Returns how many events each queue has dropped so far.

    Raises:
        SocketInUse: another program has the port.
        SocketUnwritable: the address cannot be used.
    """

    def __init__(self, host: str, port: int, client: Any, dropped: Dropped) -> None:
        registry = client.CollectorRegistry()

        def new(kind: str, name: str, help: str, *labels: str, **more: Any) -> Any:
            return getattr(client, kind)(f"edge_ser_{name}", help, labels, registry=registry, **more)

        self._utterances = new("Counter", "utterances", "Utterances by their final label.", "label")
        self._lengths = new("Histogram", "utterance_seconds", "Length of utterances.", buckets=_UTTERANCE_BUCKETS)
        self._first = new(
            "Histogram",
            "first_label_seconds",
            "Speech that was heard of an utterance when its first label came.",
            buckets=_FIRST_LABEL_BUCKETS,
        )
        self._overflows = new("Counter", "overflows", "Gaps in the sound: the processor was too busy.")
        self._microphone = new("Gauge", "microphone", "1 for the state that the microphone is in.", "state")
        new("Gauge", "start_time_seconds", "When listening began, Unix time.").set(time.time())
        new("Gauge", "build_info", "The version that runs.", "version").labels(__version__).set(1)
        registry.register(_Queues(client, dropped))
        self._labelled = 0  # number of the last utterance with a label
        self._state = ServiceState()
        self._show_state()
        self._server = _serve(host, port, client, registry)
        self._thread = threading.Thread(target=self._server.serve_forever, name="sink-prometheus", daemon=True)

    def publish(self, event: Event) -> None:
        """Count the event."""
        if isinstance(event, StatusEvent):
            self._count_status(event)
            return
        length = event.end - event.start
        if event.utterance != self._labelled:
            self._labelled = event.utterance
            self._first.observe(length)
        if event.final:
            self._utterances.labels(event.label).inc()
            self._lengths.observe(length)

    def tick(self) -> None:
        """Disconnect a reader that takes too long; readers are served in a separate thread."""
        self._server.hang_up(longer_than=_READER_SECONDS)

    def __enter__(self) -> PrometheusSink:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.closing = True
        self._server.hang_up(longer_than=0.0)
        self._server.shutdown()
        self._server.server_close()

    def _count_status(self, event: StatusEvent) -> None:
        if event.status == "overflow":
            self._overflows.inc()
        elif event.status == "reloaded":
            self._labelled = 0  # a new pipeline numbers utterances from 1
        self._state = self._state.after(event)
        self._show_state()

    def _show_state(self) -> None:
        microphone = self._state.microphone
        state = "starting" if microphone is None else microphone.status
        for each in STATES:
            self._microphone.labels(each).set(each == state)


class _Queues:
    """Collects how many events the queues of slow sinks have dropped."""

    def __init__(self, client: Any, dropped: Dropped) -> None:
        self._dropped = dropped
        self._family = importlib.import_module(f"{client.__name__}.core").CounterMetricFamily

    def collect(self) -> Iterable[Any]:
        family = self._family("edge_ser_dropped_events", "Events that a slow sink missed.", labels=["sink"])
        for name, count in self._dropped().items():
            family.add_metric([name], count)
        yield family


class _Server(socketserver.TCPServer):
    """Serves one reader at a time, so that many readers cannot make many threads.

    Attributes:
        closing: Whether new readers are disconnected at once.
    """

    allow_reuse_address = True  # connections of an earlier process must not block the port

    def __init__(self, family: socket.AddressFamily, address: Any, handler: type[BaseHTTPRequestHandler]) -> None:
        self.closing = False
        self._served: tuple[socket.socket, float] | None = None  # the current reader, and since when
        self.address_family = family
        super().__init__(address, handler)

    def hang_up(self, longer_than: float) -> None:
        """Disconnect a reader that has been served for a time, s."""
        if self._served is not None:
            connection, since = self._served
            if time.monotonic() - since >= longer_than:
                with suppress(OSError):  # it has already ended
                    connection.shutdown(socket.SHUT_RDWR)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a reader."""
        connection, address = super().get_request()
        self._served = connection, time.monotonic()
        return connection, address

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether to serve a reader; called after it was stored, so that either this or ``hang_up`` ends it."""
        return not self.closing

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report nothing: readers may go away at any time."""


def _serve(host: str, port: int, client: Any, registry: Any) -> _Server:
    """Bind the address and return the server, which the caller runs.

    Raises:
        SocketInUse: another program has the port.
        SocketUnwritable: the address cannot be used.
    """
    choose_encoder = importlib.import_module(f"{client.__name__}.exposition").choose_encoder
    names = {*_LOOPBACK_NAMES, host} if host in _LOOPBACK_NAMES else None

    class Handler(BaseHTTPRequestHandler):
        timeout = _READER_SECONDS
        server_version = f"edge-ser/{__version__}"

        def do_GET(self) -> None:
            # DNS rebinding: a web page whose name resolves to this machine must not read the metrics.
            if names is not None and _host_name(self.headers.get("Host", "")) not in names:
                self.send_error(403, "not for this host name")
                return
            if self.path.partition("?")[0] not in ("/", "/metrics"):
                self.send_error(404, "metrics are at /metrics")
                return
            encode, content_type = choose_encoder(self.headers.get("Accept", ""))
            body = encode(registry)
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return _Server(family, address, Handler)
    except OSError as error:
        where = f"port {port} of {host}"
        if error.errno == errno.EADDRINUSE:
            raise SocketInUse(f"prometheus: another program has {where}; choose another port") from None
        raise SocketUnwritable(
            f"prometheus: cannot use {where}: {error.strerror}; choose an address of this machine and a port from 1024"
        ) from None


def _parse(uri: str) -> tuple[str, int]:
    """Parse ``prometheus:[HOST:]PORT``, in which an IPv6 address is in brackets, to host and port."""
    found = re.fullmatch(r"(?:(\[[0-9A-Fa-f:.]+\]|[\w.-]+):)?(\d{1,5})", uri.removeprefix(SCHEME), re.ASCII)
    if found is None or not 1 <= int(found[2]) <= 65_535:
        raise InvalidSetting(
            f"output.publish = {uri!r}: allowed is prometheus:HOST:PORT, or prometheus:PORT for this machine only, "
            f"for example prometheus:{LOOPBACK}:9105"
        )
    return (found[1] or LOOPBACK).strip("[]"), int(found[2])


def _host_name(host: str) -> str:
    """Return the name in a Host header, without the port."""
    return re.sub(r":\d+$", "", host).strip("[]").lower()
