"""Serving the dashboard on an address until somebody stops it."""

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
"""Time after which a browser that takes nothing in (asleep, stopped, out of reach) is let go."""

_MOST_CONNECTIONS: Final = 256
"""A page holds one for its events, and up to five more while it loads."""

_GRACE_SECONDS: Final = 2
"""Whoever stops the program waits no longer for browsers."""


@dataclass(frozen=True)
class Address:
    """Where the page is served.

    Attributes:
        host: An IP address.
        port: A port; 0 for any that is free.
        loopback: Whether only this machine can reach it.
        family: Of the socket.
    """

    host: str
    port: int
    loopback: bool
    family: socket.AddressFamily


def find_address(host: str, port: int) -> Address:
    """Look a host up.

    Raises:
        InvalidSetting: there is none of that name.
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
    """Take the address.

    Raises:
        SocketInUse: another program has it.
        SocketUnwritable: it cannot be had.
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
            raise SocketInUse(f"another program serves {where}; stop it or choose another --port") from None
        raise SocketUnwritable(f"cannot serve {where}: {error.strerror}; choose another --host or --port") from None
    return server


def serve(server: socket.socket, path: Path, token: Token | None, ready: Callable[[str], object]) -> None:
    """Serve until SIGINT or SIGTERM, which is then raised anew.

    Args:
        server: Listens already.
        path: The service's socket.
        token: What lets in, if anything has to.
        ready: Told where the page is, once it is there.
    """
    host, port = server.getsockname()[:2]
    name = socket.gethostname().lower()
    guard = Guard(token, frozenset({name, name.partition(".")[0]}))
    feed = Feed(path, utc_now)
    notifier = Notifier()

    def say_ready() -> None:
        shown = name if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{port}/"
        ready(url)
        notifier.send("READY=1", f"STATUS={url}")  # `edge-ser service status` shows it

    app = make_app(feed, guard, say_ready, lambda: web.should_exit)
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)  # app.py says what failed
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
