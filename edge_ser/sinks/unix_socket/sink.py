"""A Unix domain socket that any number of local programs can read events from, as JSON Lines.

There is no thread: connections are accepted, lines are sent and requests are read, without ever waiting, with each
event and each tick.  A reader that is slower than the events has a bounded queue of its own; beyond it lines are
dropped for that reader alone and it is told how many once it catches up.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge_ser.errors import InvalidSetting, NotPermitted, SocketInUse, SocketUnwritable
from edge_ser.events import EmotionEvent, Event, LevelEvent, StatusEvent, to_json_line, utc_now
from edge_ser.mute import mute_file, switch
from edge_ser.sinks import Dropped, Sink
from edge_ser.sinks.unix_socket.reader import SocketReader
from edge_ser.state import ServiceState

if TYPE_CHECKING:
    from edge_ser.settings import ListenSettings

SCHEME: Final = "unix:"

_BACKLOG: Final = 64
_MOST_READERS: Final = 256


def check(uri: str) -> None:
    """Raise an error that names a ``unix:PATH`` that cannot be."""
    if uri == SCHEME:
        raise InvalidSetting(f"output.publish = {uri!r}: allowed is unix:PATH, for example unix:/tmp/edge-ser.sock")


def make(uri: str, settings: ListenSettings, dropped: Dropped) -> UnixSocketSink:
    """Return the sink of a ``unix:PATH``."""
    return UnixSocketSink(Path(uri.removeprefix(SCHEME)), _mute_file(settings))


def _mute_file(settings: ListenSettings) -> Path | None:
    switch = settings.privacy.socket_switch and settings.input.file is None  # recordings are not muted
    return mute_file(settings.privacy) if switch else None


class UnixSocketSink(Sink):
    """Publishes events on a socket; a new reader first gets the event that says what goes on.

    Args:
        path: Where the socket stands; at most 107 bytes, as Linux allows.
        mute_file: What a reader that mutes and unmutes writes and removes; ``None`` if none may.

    Raises:
        SocketUnwritable: the path cannot be used.
        SocketInUse: another live process serves it.
    """

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
        """Send to whoever is connected, without waiting."""
        self.tick()
        self._position = event.end if isinstance(event, EmotionEvent) else event.position
        line = to_json_line(event).encode()
        for reader in self._readers:
            reader.add(line, event)
        self._send()
        self._state = self._state.after(event)

    def tick(self) -> None:
        """Accept who waits, do what is asked, send what waits, let go who left."""
        # BlockingIOError: nobody waits.  Any other: out of descriptors, say; who waits then waits on.
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
                self._turn(mute, reader)
        self._send()

    @property
    def wants_levels(self) -> bool:
        """Whether a reader has asked for levels."""
        return any(reader.wants_levels for reader in self._readers)

    def publish_level(self, event: LevelEvent) -> None:
        """Send a level to those who asked for them and are not busy with anything else."""
        for reader in self._readers:
            reader.add_level(event)
        self._send()

    def reconfigure(self, settings: ListenSettings) -> None:
        """Let readers mute, or no longer, as new settings say."""
        self._mute_file = _mute_file(settings)

    def _turn(self, mute: bool, asker: SocketReader) -> None:
        """Turn the mute switch, which an event then tells all readers; why it cannot be, the asker alone."""
        reason = None
        if self._mute_file is None:
            reason = "this socket cannot mute: privacy.socket_switch is off, or what is listened to is a recording"
        else:
            try:
                changed = switch(self._mute_file, on=mute)
                if not changed and not mute:
                    reason = "the mute switch is off already; quiet hours end by themselves"
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
