"""Serving the dashboard on an address until it is stopped."""

from __future__ import annotations

import errno
import ipaddress
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn

from edge_ser.dashboard.app import make_app
from edge_ser.dashboard.feed import Feed
from edge_ser.dashboard.security import Guard, Token
from edge_ser.errors import InvalidSetting, SocketInUse, SocketUnwritable
from edge_ser.events import utc_now
from edge_ser.sinks.systemd import Notifier

_SILENCE_MILLISECONDS: Final = 30_000
"""Time after which a browser that accepts no data (asleep, stopped, out of reach) is dropped, ms."""

_MOST_CONNECTIONS: Final = 256
"""Most connections: a page holds one for its events, and up to five more while it loads."""

_GRACE_SECONDS: Final = 2
"""How long to wait for browsers when the program stops, s."""


@dataclass(frozen=True)
class Address:
    """Where the page is served.

    Attributes:
        host: An IP address.
        port: A port; 0 for any free one.
        loopback: Whether only this machine can reach it.
        family: Address family of the socket.
    """

    host: str
    port: int
    loopback: bool
    family: socket.AddressFamily


def find_address(host: str, port: int) -> Address:
    """Look up a host.

    Raises:
        InvalidSetting: the name is unknown.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        found = []
    if not host or not found:
        raise InvalidSetting(f"--host {host}: allowed is an address or a name of this machine, such as 127.0.0.1")
    family, _, _, _, where = found[0]
    address = str(where[0])
    return Address(address, port, ipaddress.ip_address(address.partition("%")[0]).is_loopback, family)


def listen(address: Address) -> socket.socket:
    """Listen on an address.

    Raises:
        SocketInUse: another program uses it.
        SocketUnwritable: it is not available.
    """
    where = f"{address.host} port {address.port}"
    server = socket.socket(address.family, socket.SOCK_STREAM)
    try:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENCE_MILLISECONDS)
        server.bind((address.host, address.port))
        server.listen(128)
    except OSError as error:
        server.close()
        if error.errno == errno.EADDRINUSE:
            raise SocketInUse(f"another program uses {where}; stop it or choose another --port") from None
        raise SocketUnwritable(f"cannot serve on {where}: {error.strerror}; choose another --host or --port") from None
    return server


def serve(server: socket.socket, path: Path, token: Token | None, ready: Callable[[str], object]) -> None:
    """Serve until SIGINT or SIGTERM, which is then raised again.

    Args:
        server: A listening socket.
        path: The service's socket.
        token: The token that gives access, if one is required.
        ready: Called with the URL of the page once it can be loaded.
    """
    host, port = server.getsockname()[:2]
    name = socket.gethostname().lower()
    guard = Guard(token, frozenset({name, name.partition(".")[0]}))
    feed = Feed(path, utc_now)
    notifier = Notifier()

    def report_ready() -> None:
        shown = name if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{port}/"
        ready(url)
        notifier.send("READY=1", f"STATUS={url}")  # `edge-ser service status` shows it

    app = make_app(feed, guard, report_ready, lambda: web.should_exit)
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)  # app.py reports failures
    web = uvicorn.Server(
        uvicorn.Config(
            app,
            http="h11",
            loop="asyncio",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_keep_alive=20,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )
    web.run(sockets=[server])
