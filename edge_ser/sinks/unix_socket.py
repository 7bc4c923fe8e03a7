"""A Unix domain socket that any number of local programs can read events from, as JSON Lines.

There is no thread: connections are accepted and lines are sent, without ever waiting, with each event and each tick.
A reader that is slower than the events has a bounded queue of its own; beyond it lines are dropped for that reader
alone and it is told how many once it catches up.
"""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import stat
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge_ser.errors import InvalidSetting, SocketInUse, SocketUnwritable
from edge_ser.events import FAULTS, STATES, EmotionEvent, Event, StatusEvent, to_json_line

if TYPE_CHECKING:
    from edge_ser.settings import ListenSettings

SCHEME: Final = "unix:"

QUEUE_LINES: Final = 256
"""Lines that wait for a slow reader, besides what the kernel buffers."""

_BACKLOG: Final = 64
_MOST_READERS: Final = 256


def check(uri: str) -> None:
    """Raise an error that names a ``unix:PATH`` that cannot be."""
    if uri == SCHEME:
        raise InvalidSetting(f"output.publish = {uri!r}: allowed is unix:PATH, for example unix:/tmp/edge-ser.sock")


def make(uri: str, settings: ListenSettings) -> UnixSocketSink:
    """Return the sink of a ``unix:PATH``."""
    return UnixSocketSink(Path(uri.removeprefix(SCHEME)))


class _Reader:
    """A connected reader and the lines that it has yet to take."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.connection = connection
        self._lines: deque[bytes] = deque()
        self._partial = b""
        self._dropped = 0
        self._last: Event

    def add(self, line: bytes, event: Event) -> None:
        self._last = event
        if self._dropped or len(self._lines) >= QUEUE_LINES:
            self._dropped += 1
        else:
            self._lines.append(line)

    def send(self) -> bool:
        """Send what the kernel takes now; return whether the reader is still there."""
        try:
            while self._partial or self._lines or self._dropped:
                if not self._partial and not self._lines:
                    self._tell()
                self._partial = self._partial or self._lines.popleft()
                self._partial = self._partial[self.connection.send(self._partial) :]
        except BlockingIOError:
            pass
        except OSError:
            return False
        poller = select.poll()
        poller.register(self.connection, 0)  # only whether it hung up: readers have nothing to say
        return not poller.poll(0)

    def _tell(self) -> None:
        """Say what was dropped, now that all before it is on its way."""
        position = self._last.end if isinstance(self._last, EmotionEvent) else self._last.position
        message = f"{self._dropped} events were dropped: this reader is too slow"
        self._lines.append(to_json_line(StatusEvent(self._last.time, "dropped", message, position)).encode())
        self._dropped = 0


class UnixSocketSink:
    """Publishes events on a socket; a new reader first gets the event that says what goes on.

    Args:
        path: Where the socket stands; at most 107 bytes, as Linux allows.

    Raises:
        SocketUnwritable: the path cannot be used.
        SocketInUse: another live process serves it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        _clear(path)
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._server.bind(str(path))
            self._inode = path.stat().st_ino
            self._server.listen(_BACKLOG)
        except OSError as error:
            self._server.close()
            reason = "the path is longer than 107 bytes" if "too long" in str(error) else error.strerror
            raise SocketUnwritable(
                f"cannot make the socket {path}: {reason}; choose a folder that exists and that you may write to"
            ) from None
        self._server.setblocking(False)
        self._readers: list[_Reader] = []
        self._state: list[Event] = []  # what goes on, and the microphone's fault if it has one

    def publish(self, event: Event) -> None:
        """Send to whoever is connected, without waiting."""
        self.tick()
        line = to_json_line(event).encode()
        for reader in self._readers:
            reader.add(line, event)
        self._send()
        if isinstance(event, StatusEvent):
            if event.status in STATES:
                self._state = [event]
            elif event.status in FAULTS:
                self._state = [*self._state[:1], event]
            elif event.status == "recovered":
                self._state = self._state[:1]

    def tick(self) -> None:
        """Accept who waits, send what waits, let go who left."""
        # BlockingIOError: nobody waits.  Any other: out of descriptors, say; who waits then waits on.
        with contextlib.suppress(OSError):
            while len(self._readers) < _MOST_READERS:
                connection, _ = self._server.accept()
                reader = _Reader(connection)
                for event in self._state:
                    reader.add(to_json_line(event).encode(), event)
                self._readers.append(reader)
        self._send()

    def _send(self) -> None:
        for reader in [reader for reader in self._readers if not reader.send()]:
            reader.connection.close()
            self._readers.remove(reader)

    def __enter__(self) -> UnixSocketSink:
        return self

    def __exit__(self, *exc: object) -> None:
        for reader in self._readers:
            reader.send()
            reader.connection.close()
        self._server.close()
        with contextlib.suppress(OSError):
            if self._path.stat().st_ino == self._inode:  # never another process's socket of the same name
                self._path.unlink()


def _clear(path: Path) -> None:
    """Remove a socket that a dead process left; refuse anything else that stands there."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise SocketUnwritable(f"cannot use the socket path {path}: {error.strerror}") from None
    if not stat.S_ISSOCK(mode):
        raise SocketUnwritable(f"{path} exists and is not a socket; choose another path or remove it")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError as error:
            if error.errno != errno.ECONNREFUSED:
                raise SocketInUse(f"another process serves {path} ({error}); choose another path") from None
        else:
            raise SocketInUse(f"another process serves {path}; stop it or choose another path")
    try:
        path.unlink()
    except OSError as error:
        raise SocketUnwritable(f"cannot replace the dead socket {path}: {error.strerror}") from None
