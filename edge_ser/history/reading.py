"""Reading a history, also while it is written."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from edge_ser.console import standard_error
from edge_ser.errors import EdgeSerError, NotPermitted
from edge_ser.events import Event
from edge_ser.history import schema
from edge_ser.paths import HISTORY_SUFFIX

_ROWS: Final = 1_000
"""Rows a query: whoever reads slowly must not keep the writer's log from being emptied."""

_QUERY: Final = (
    f"SELECT id, {', '.join(schema.COLUMNS)} FROM events WHERE (time, id) > (?, ?) AND time < ?"
    f" ORDER BY time, id LIMIT {_ROWS}"
)


def read(path: Path, since: datetime, until: datetime) -> Iterator[Event]:
    """Return the events of a period, its end excluded, by their time.

    Raises:
        NotPermitted: the file may not be read.
        InvalidSetting: it is another program's database, or a history of a newer version.
        EdgeSerError: there is none, or it is damaged; each message says what to do.
    """
    try:
        connection = _connect(path)
    except FileNotFoundError:
        raise EdgeSerError(
            f"there is no history at {path}; record one with: edge-ser listen --publish history:"
        ) from None
    except PermissionError:
        raise NotPermitted(f"cannot read the history {path}: it is another user's; try with sudo") from None
    except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from None
    return _events(connection, path, since, until)


def _connect(path: Path) -> sqlite3.Connection:
    with path.open("rb"):
        pass  # for the system's own errors, which say more than SQLite's
    try:
        return _begun(path, "mode=ro")
    except sqlite3.OperationalError:
        log = Path(f"{path}-wal")
        if os.access(path.parent, os.W_OK) or (log.exists() and log.stat().st_size):
            raise
        # A folder that may not be written, a backup say: SQLite wants to make a log there unless nobody writes.
        return _begun(path, "immutable=1")


def _begun(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(os.fspath(path.absolute()))}?{mode}", uri=True, isolation_level=None)
    connection.text_factory = schema.decode
    try:
        if not schema.is_begun(connection, path):
            raise EdgeSerError(f"nothing has been written to the history {path} yet")
    except BaseException:
        connection.close()
        raise
    return connection


def _events(connection: sqlite3.Connection, path: Path, since: datetime, until: datetime) -> Iterator[Event]:
    end = schema.milliseconds(until)
    last = (schema.milliseconds(since), -1)
    spoilt = 0
    with closing(connection):
        while True:
            try:
                rows = connection.execute(_QUERY, (*last, end)).fetchall()
            except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter of SQLite's own message
                raise _unreadable(path, error) from None
            for row in rows:
                event = schema.from_row(row[1:])
                if event is None:
                    spoilt += 1
                else:
                    yield event
            if len(rows) < _ROWS:
                break
            last = (rows[-1][1], rows[-1][0])
    if spoilt:
        standard_error.say(f"edge-ser: {spoilt} spoilt rows of {path} were left out")


def _unreadable(path: Path, error: Exception) -> EdgeSerError:
    if isinstance(error, OSError | sqlite3.OperationalError):
        return EdgeSerError(
            f"cannot read the history {path}: {getattr(error, 'strerror', None) or error}; check the path, a history is"
            " a file such as history.sqlite"
        )
    if path.suffix != HISTORY_SUFFIX:  # nor would `edge-ser listen` touch it
        return EdgeSerError(f"{path} is no history ({error}); check the path")
    return EdgeSerError(
        f"the history {path} is damaged ({error}); `edge-ser listen` will set it aside and begin a new one"
    )
