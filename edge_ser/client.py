"""Reading the events of a running service from its socket, whatever becomes of it, and asking for levels or to mute."""

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
"""Without news, :func:`follow` lets its caller do something else this often, s."""

_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 2.0
"""From one try to connect to the next, doubled each time, s: a service that restarts is back within two."""

_LONGEST_LINE: Final = 65_536
"""Bytes without a newline after which the other end is no service of ours."""

_LONGEST_PATH: Final = 107
"""Bytes that Linux allows for a socket's path."""


class Link(Enum):
    """Whether there is a way to the service, and why not."""

    CONNECTED = "connected"
    NO_SOCKET = "no-socket"
    NOBODY_LISTENS = "nobody-listens"
    NOT_PERMITTED = "not-permitted"
    NO_WAY = "no-way"


def explain(link: Link, path: Path) -> str:
    """Return one line for people: how it is, and what to do."""
    return {
        Link.CONNECTED: f"connected to {path}",
        Link.NO_SOCKET: f"there is no socket {path}; is the service running? edge-ser service status",
        Link.NOBODY_LISTENS: f"nobody serves {path} any more; is the service running? edge-ser service status",
        Link.NOT_PERMITTED: f"{path} may not be read by this user; be in the group audio: "
        "sudo usermod -aG audio $USER, then log in again",
        Link.NO_WAY: f"{path} is no socket that events can be read from; check the path",
    }[link]


def check_path(path: Path) -> None:
    """Raise an error if no socket can stand at a path.

    Raises:
        InvalidSetting: it is too long, or holds a zero byte.
    """
    raw = bytes(path)
    if len(raw) > _LONGEST_PATH or b"\0" in raw:
        raise InvalidSetting(f"--socket {path}: allowed is a path of at most {_LONGEST_PATH} bytes")


class Requests:
    """What a reader asks of the service.  All methods may be called in any thread.

    Args:
        levels: Whether it wants levels from the beginning.
    """

    def __init__(self, levels: bool = False) -> None:
        self._levels = levels
        self._connection: socket.socket | None = None
        self._lock = threading.Lock()

    def ask_for_levels(self, wanted: bool) -> None:
        """Ask for levels, or for none; it holds for later connections too."""
        with self._lock:
            self._levels = wanted
            self._send({"levels": wanted})

    def mute(self, on: bool) -> bool:
        """Mute or unmute; return whether the service was there to be asked.

        What becomes of it comes as an event: ``muted`` or another state, or ``refused``.
        """
        with self._lock:
            return self._send({"mute": on})

    @contextmanager
    def through(self, connection: socket.socket) -> Iterator[None]:
        """Let requests go through a connection while the block runs."""
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
        except OSError:  # whoever reads notices as well
            return False
        return True


def follow(
    path: Path, over: Callable[[], bool] = lambda: False, requests: Requests | None = None
) -> Iterator[Event | LevelEvent | Link | None]:
    """Yield events as they come, and how the link to the service is whenever that changes.

    It connects anew, with longer and longer pauses, for as long as it is asked.  Each time that it succeeds it yields
    :attr:`Link.CONNECTED`: what was going on before is over.

    Args:
        path: The socket.
        over: Asked at least every :data:`TICK_SECONDS` whether that is enough.
        requests: What is asked of the service.

    Yields:
        An event, a level if they were asked for, a link, or ``None`` when nothing came for a tick.
    """
    requests = requests or Requests()
    said: Link | None = None
    pause = _FIRST_PAUSE
    while not over():
        link, connection = _connect(path)
        if link is not said:
            yield link
        said = link
        if connection is not None:
            with connection, requests.through(connection):
                for item in _events(connection, over):
                    pause = _FIRST_PAUSE
                    yield item
            said = None
        until = time.monotonic() + pause
        while not over() and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, TICK_SECONDS))
            yield None
        pause = min(2 * pause, _LONGEST_PAUSE)


def _connect(path: Path) -> tuple[Link, socket.socket | None]:
    with ExitStack() as if_it_fails:
        try:
            connection = if_it_fails.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            connection.settimeout(TICK_SECONDS)
            connection.connect(str(path))
        except OSError as error:
            return _why_not(path, error), None
        if_it_fails.pop_all()
    return Link.CONNECTED, connection


def _why_not(path: Path, error: OSError) -> Link:
    if error.errno in (errno.EACCES, errno.EPERM):
        return Link.NOT_PERMITTED
    if error.errno == errno.ENOENT:
        return Link.NO_SOCKET
    try:
        is_socket = stat.S_ISSOCK(path.stat().st_mode)
    except OSError:
        is_socket = False
    # A full backlog is no refusal: whoever serves it is stuck, or stopped.
    return Link.NOBODY_LISTENS if is_socket else Link.NO_WAY


def _events(connection: socket.socket, over: Callable[[], bool]) -> Iterator[Event | LevelEvent | None]:
    """Yield events until the other end hangs up or sends what no service does."""
    rest = b""
    while not over():
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
    """Return the event that a line of JSON says, or ``None``: readers ignore what they do not know."""
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
    """Return a text that can do nothing to a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


@dataclass(frozen=True)
class Condition:
    """What a reader knows of the service; every event and every change of the link makes a new one.

    Attributes:
        link: Whether there is a way to it; ``None`` before the first try.
        service: What it does.
    """

    link: Link | None = None
    service: ServiceState = field(default_factory=ServiceState)

    def after(self, item: Event | Link) -> Condition:
        """Return what is known after one more event or change of the link."""
        if isinstance(item, Link):
            # What the service was doing says nothing about the one that is there now; what was missed stays missed.
            missed = ServiceState(overflows=self.service.overflows, dropped=self.service.dropped)
            return Condition(item, missed)
        return replace(self, service=self.service.after(item))
