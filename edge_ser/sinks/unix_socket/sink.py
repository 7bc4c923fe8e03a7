"""A Unix domain socket from which any number of local programs can read events, as JSON Lines.

There is no thread: at each event and each tick, connections are accepted, lines sent and requests read, all without
blocking.  Each reader has a bounded queue; if it is full, lines are dropped for that reader alone, which is told how
many once it has caught up.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge_ser.errors import InvalidSetting, NotPermitted, SocketInUse, SocketUnwritable
from edge_ser.events import Event, LevelEvent, StatusEvent, position_of, to_json_line, utc_now
from edge_ser.mute import requestable_mute_file, set_muted
from edge_ser.sinks import Dropped, Sink
from edge_ser.sinks.unix_socket.reader import SocketReader
from edge_ser.state import ServiceState

if TYPE_CHECKING:
    from edge_ser.settings import ListenSettings

SCHEME: Final = "unix:"

_BACKLOG: Final = 64
_MOST_READERS: Final = 256


def check(uri: str) -> None:
    """Check the syntax of a ``unix:PATH``.

    Raises:
        InvalidSetting: it is not valid.
    """
    if uri == SCHEME:
        raise InvalidSetting(f"output.publish = {uri!r}: allowed is unix:PATH, for example unix:/tmp/edge-ser.sock")


def make(uri: str, settings: ListenSettings, dropped: Dropped) -> UnixSocketSink:
    """Return the sink of a ``unix:PATH``.

    Raises:
        SocketUnwritable: the path cannot be used.
        SocketInUse: another process serves it.
    """
    return UnixSocketSink(Path(uri.removeprefix(SCHEME)), _mute_file(settings))


def _mute_file(settings: ListenSettings) -> Path | None:
    return requestable_mute_file(settings, settings.privacy.socket_switch)


class UnixSocketSink(Sink):
    """Publishes events on a socket; a new reader first gets the events that tell the current state.

    Args:
        path: Path of the socket, at most 107 bytes as Linux allows.
        mute_file: The mute file that requests change; ``None`` if readers may not mute.

    Raises:
        SocketUnwritable: the path cannot be used.
        SocketInUse: another process serves it.
    """

    metered = True

    def __init__(self, path: Path, mute_file: Path | None = None) -> None:
        self._path = path
        self._mute_file = mute_file
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
        self._readers: list[SocketReader] = []
        self._state = ServiceState()
        self._position = 0.0  # of the last event

    def publish(self, event: Event) -> None:
        """Send the event to all readers, without blocking."""
        self.tick()
        self._position = position_of(event)
        line = to_json_line(event).encode()
        for reader in self._readers:
            reader.add(line, event)
        self._send()
        self._state = self._state.after(event)

    def tick(self) -> None:
        """Accept new readers, handle requests, send waiting lines, and remove readers that left."""
        # BlockingIOError: there is no new reader.  Others, such as too many open files: it keeps waiting.
        with contextlib.suppress(OSError):
            while len(self._readers) < _MOST_READERS:
                connection, _ = self._server.accept()
                reader = SocketReader(connection)
                for event in self._state.reported:
                    reader.add(to_json_line(event).encode(), event)
                self._readers.append(reader)
        for reader in self._readers:
            mute = reader.receive()
            if mute is not None:
                self._handle_mute(mute, reader)
        self._send()

    @property
    def wants_levels(self) -> bool:
        """Whether a reader has asked for levels."""
        return any(reader.wants_levels for reader in self._readers)

    def publish_level(self, event: LevelEvent) -> None:
        """Send a level to the readers that asked for levels and have taken all earlier lines."""
        for reader in self._readers:
            reader.add_level(event)
        self._send()

    def reconfigure(self, settings: ListenSettings) -> None:
        """Apply new settings of the mute switch."""
        self._mute_file = _mute_file(settings)

    def _handle_mute(self, mute: bool, asker: SocketReader) -> None:
        """Mute or unmute, which an event reports to all readers; a refusal is reported to the asker alone."""
        reason = None
        if self._mute_file is None:
            reason = "this socket cannot mute: privacy.socket_switch is off, or the input is a recording"
        else:
            try:
                changed = set_muted(self._mute_file, on=mute)
                if not changed and not mute:
                    reason = "the mute switch is already off; quiet hours end by themselves"
            except NotPermitted as error:
                reason = str(error)
        if reason is not None:
            event = StatusEvent(utc_now(), "refused", reason, self._position)
            asker.add(to_json_line(event).encode(), event)

    def _send(self) -> None:
        for reader in [reader for reader in self._readers if not reader.send()]:
            reader.connection.close()
            self._readers.remove(reader)

    def __exit__(self, *exc: object) -> None:
        for reader in self._readers:
            reader.send()
            reader.connection.close()
        self._server.close()
        with contextlib.suppress(OSError):
            if self._path.stat().st_ino == self._inode:  # never another process's socket of the same name
                self._path.unlink()


def _clear(path: Path) -> None:
    """Remove the socket of a process that has ended.

    Raises:
        SocketUnwritable: there is another file at the path, or the socket cannot be removed.
        SocketInUse: another process serves the socket.
    """
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
