"""A Unix domain socket that any number of local programs can read events from, as JSON Lines.

There is no thread: connections are accepted and lines are sent, without ever waiting, whenever an event is published.
A reader that is slower than the events has a bounded queue of its own; beyond it lines are dropped for that reader
alone and it is told how many once it catches up.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import stat
from collections import deque
from pathlib import Path
from typing import Final

from edge_ser.errors import SocketInUse, SocketUnwritable
from edge_ser.events import Event, StatusEvent, to_json_line

QUEUE_LINES: Final = 256
"""Lines that wait for a slow reader, besides what the kernel buffers."""

_BACKLOG: Final = 64


class _Reader:
    """A connected reader and the lines that it has yet to take."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.connection = connection
        self._lines: deque[bytes] = deque()
        self._partial = b""
        self._dropped = 0

    def add(self, line: bytes, event: Event) -> None:
        if self._dropped and not self._lines:
            told = StatusEvent(
                event.time, "dropped", f"{self._dropped} events were dropped: this reader is too slow", 0
            )
            self._lines.append(to_json_line(told).encode())
            self._dropped = 0
        if self._dropped or len(self._lines) >= QUEUE_LINES:
            self._dropped += 1
        else:
            self._lines.append(line)

    def send(self) -> bool:
        """Send what the kernel takes now; return whether the reader is still there."""
        try:
            while self._partial or self._lines:
                self._partial = self._partial or self._lines.popleft()
                self._partial = self._partial[self.connection.send(self._partial) :]
        except BlockingIOError:
            pass
        except OSError:
            return False
        return True


class UnixSocketSink:
    """Publishes events on a socket.

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

    def publish(self, event: Event) -> None:
        """Send to whoever is connected, without waiting."""
        self._accept()
        line = to_json_line(event).encode()
        for reader in self._readers:
            reader.add(line, event)
        gone = [reader for reader in self._readers if not reader.send()]
        for reader in gone:
            reader.connection.close()
            self._readers.remove(reader)

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                connection, _ = self._server.accept()
                self._readers.append(_Reader(connection))

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
                raise SocketInUse(f"cannot tell whether {path} is in use: {error.strerror or error}") from None
        else:
            raise SocketInUse(f"another process serves {path}; stop it or choose another path")
    try:
        path.unlink()
    except OSError as error:
        raise SocketUnwritable(f"cannot replace the dead socket {path}: {error.strerror}") from None
