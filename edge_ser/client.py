"""A client of a running service: reads events from its socket, reconnects, and can ask for levels or to mute."""

from __future__ import annotations

import errno
import json
import math
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path
from typing import Any, Final

from edge_ser.errors import InvalidSetting
from edge_ser.events import SCHEMA_VERSION, SILENCE, EmotionEvent, Event, LevelEvent, StatusEvent
from edge_ser.state import ServiceState

TICK_SECONDS: Final = 0.5
"""Interval at which :func:`follow` yields ``None`` while no event arrives, s."""

_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 2.0
"""Pause between attempts to connect, doubled each time up to the longest, s: a restart takes less than 2 s."""

_LONGEST_LINE: Final = 65_536
"""Bytes without a newline after which the other end cannot be an edge-ser service."""

_LONGEST_PATH: Final = 107
"""Bytes that Linux allows for a socket's path."""


class Link(Enum):
    """Whether the client is connected to the service, and if not, why."""

    CONNECTED = "connected"
    NO_SOCKET = "no-socket"
    NOT_SERVED = "nobody-listens"
    NOT_PERMITTED = "not-permitted"
    NOT_A_SOCKET = "no-way"


def explain(link: Link, path: Path) -> str:
    """Return one line for people: the state of the link, and what to do about it."""
    return {
        Link.CONNECTED: f"connected to {path}",
        Link.NO_SOCKET: f"there is no socket {path}; is the service running? edge-ser service status",
        Link.NOT_SERVED: f"no process serves {path}; is the service running? edge-ser service status",
        Link.NOT_PERMITTED: f"{path} may not be read by this user; join the group audio: "
        "sudo usermod -aG audio $USER, then log in again",
        Link.NOT_A_SOCKET: f"{path} is not a socket that events can be read from; check the path",
    }[link]


def check_path(path: Path) -> None:
    """Check that a path can be a socket's.

    Raises:
        InvalidSetting: it is longer than 107 bytes, or contains a zero byte.
    """
    raw = bytes(path)
    if len(raw) > _LONGEST_PATH or b"\0" in raw:
        raise InvalidSetting(f"--socket {path}: allowed is a path of at most {_LONGEST_PATH} bytes")


class Requests:
    """The client's requests to the service.  All methods are thread-safe.

    Args:
        levels: Whether to ask for levels on each connection.
    """

    def __init__(self, levels: bool = False) -> None:
        self._levels = levels
        self._connection: socket.socket | None = None
        self._lock = threading.Lock()

    def ask_for_levels(self, wanted: bool) -> None:
        """Start or stop levels, on this connection and on later ones."""
        with self._lock:
            self._levels = wanted
            self._send({"levels": wanted})

    def mute(self, on: bool) -> bool:
        """Ask the service to mute or unmute; return whether the request could be sent.

        The answer arrives as an event: ``muted`` or another state, or ``refused``.
        """
        with self._lock:
            return self._send({"mute": on})

    @contextmanager
    def sent_through(self, connection: socket.socket) -> Iterator[None]:
        """Send requests through a connection while the ``with`` block runs."""
        with self._lock:
            self._connection = connection
            if self._levels:
                self._send({"levels": True})
        try:
            yield
        finally:
            with self._lock:
                self._connection = None

    def _send(self, request: dict[str, bool]) -> bool:
        if self._connection is None:
            return False
        try:
            self._connection.sendall(json.dumps(request).encode() + b"\n")
        except OSError:  # the reading side notices it too
            return False
        return True


def follow(
    path: Path, stop: Callable[[], bool] = lambda: False, requests: Requests | None = None
) -> Iterator[Event | LevelEvent | Link | None]:
    """Yield events as they arrive, and the state of the link to the service whenever it changes.

    It reconnects, after longer and longer pauses, until it is stopped.  Each new connection yields
    :attr:`Link.CONNECTED`: the state before it no longer holds.

    Args:
        path: The socket.
        stop: Called at least every :data:`TICK_SECONDS`; the iterator ends once it returns true.
        requests: Requests to the service.

    Yields:
        An event, a level if levels were asked for, a link, or ``None`` after a tick without any of them.
    """
    requests = requests or Requests()
    reported: Link | None = None
    pause = _FIRST_PAUSE
    while not stop():
        link, connection = _connect(path)
        if link is not reported:
            yield link
        reported = link
        if connection is not None:
            with connection, requests.sent_through(connection):
                for item in _events(connection, stop):
                    pause = _FIRST_PAUSE
                    yield item
            reported = None
        until = time.monotonic() + pause
        while not stop() and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, TICK_SECONDS))
            yield None
        pause = min(2 * pause, _LONGEST_PAUSE)


def _connect(path: Path) -> tuple[Link, socket.socket | None]:
    with ExitStack() as on_failure:
        try:
            connection = on_failure.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            connection.settimeout(TICK_SECONDS)
            connection.connect(str(path))
        except OSError as error:
            return _link_after(error, path), None
        on_failure.pop_all()
    return Link.CONNECTED, connection


def _link_after(error: OSError, path: Path) -> Link:
    """Return the state of the link after an attempt to connect failed."""
    if error.errno in (errno.EACCES, errno.EPERM):
        return Link.NOT_PERMITTED
    if error.errno == errno.ENOENT:
        return Link.NO_SOCKET
    try:
        is_socket = stat.S_ISSOCK(path.stat().st_mode)
    except OSError:
        is_socket = False
    # A socket whose backlog is full counts as not served too: its process is stuck or stopped.
    return Link.NOT_SERVED if is_socket else Link.NOT_A_SOCKET


def _events(connection: socket.socket, stop: Callable[[], bool]) -> Iterator[Event | LevelEvent | None]:
    """Yield events until the other end hangs up or sends something that no service sends."""
    rest = b""
    while not stop():
        try:
            received = connection.recv(_LONGEST_LINE)
        except TimeoutError:
            yield None
            continue
        except OSError:
            return
        *lines, rest = (rest + received).split(b"\n")
        if not received or len(rest) > _LONGEST_LINE:
            return
        for line in lines:
            event = parse(line)
            if event is not None:
                yield event


def parse(line: bytes) -> Event | LevelEvent | None:
    """Parse a line of JSON as an event; return ``None`` for anything unknown, which readers ignore."""
    try:
        fields = json.loads(line)
        if fields["schema"] != SCHEMA_VERSION:
            return None
        moment = datetime.fromisoformat(fields["time"].replace("Z", "+00:00")).astimezone(timezone.utc)
        if fields["event"] == "emotion":
            return _emotion(fields, moment)
        if fields["event"] == "status":
            status, message = _printable(fields["status"]), _printable(fields["message"])
            return StatusEvent(moment, status, message, _number(fields["position"]))
        if fields["event"] == "level":
            level, peak = (_number(fields[name], SILENCE, 0) for name in ("level", "peak"))
            return LevelEvent(moment, _number(fields["position"]), level, peak, bool(fields["speech"]))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        pass
    return None


def _emotion(fields: dict[str, Any], moment: datetime) -> EmotionEvent:
    return EmotionEvent(
        time=moment,
        utterance=int(fields["utterance"]),
        final=bool(fields["final"]),
        start=_number(fields["start"]),
        end=_number(fields["end"]),
        label=_printable(fields["label"]),
        confidence=_number(fields["confidence"], most=1),
        probabilities={_printable(label): _number(p, most=1) for label, p in fields["probabilities"].items()},
    )


def _number(value: Any, least: float = 0, most: float = math.inf) -> float:
    number = float(value)
    if not (math.isfinite(number) and least <= number <= most):
        raise ValueError(value)
    return number


def _printable(text: str) -> str:
    """Replace the characters of a text that could control a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


@dataclass(frozen=True)
class Condition:
    """What a client knows about the service; each event and each change of the link gives a new one.

    Attributes:
        link: The state of the link; ``None`` before the first attempt to connect.
        service: The state of the service.
    """

    link: Link | None = None
    service: ServiceState = field(default_factory=ServiceState)

    def after(self, item: Event | Link) -> Condition:
        """Return the condition after an event or a change of the link."""
        if isinstance(item, Link):
            # The old state says nothing about a new connection; losses that were counted stay counted.
            losses = ServiceState(overflows=self.service.overflows, dropped=self.service.dropped)
            return Condition(item, losses)
        return replace(self, service=self.service.after(item))
