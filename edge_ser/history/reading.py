"""Reading a history, even while it is being written."""

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
"""Rows per query: a slow reader must not keep the writer's log from being checkpointed."""

_QUERY: Final = (
    f"SELECT id, {', '.join(schema.COLUMNS)} FROM events WHERE (time, id) > (?, ?) AND time < ?"
    f" ORDER BY time, id LIMIT {_ROWS}"
)


def read(path: Path, since: datetime, until: datetime) -> Iterator[Event]:
    """Return the events of a period in the order of their time.

    Args:
        path: The history.
        since: Beginning of the period.
        until: End of the period, excluded.

    Raises:
        NotPermitted: the file may not be read.
        InvalidSetting: it is another program's database, or a history of a newer version.
        EdgeSerError: there is no history, or it is damaged; the message says what to do.
    """
    try:
        connection = _connect(path)
    except FileNotFoundError:
        raise EdgeSerError(
            f"there is no history at {path}; record one with: edge-ser listen --publish history:"
        ) from None
    except PermissionError:
        raise NotPermitted(f"cannot read the history {path}: it belongs to another user; try with sudo") from None
    except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from None
    return _events(connection, path, since, until)


def _connect(path: Path) -> sqlite3.Connection:
    with path.open("rb"):
        pass  # for the system's errors, which say more than SQLite's
    try:
        return _open(path, "mode=ro")
    except sqlite3.OperationalError:
        log = Path(f"{path}-wal")
        if os.access(path.parent, os.W_OK) or (log.exists() and log.stat().st_size):
            raise
        # In a read-only folder, for example a backup, SQLite cannot create a log; without writers it needs none.
        return _open(path, "immutable=1")


def _open(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(os.fspath(path.absolute()))}?{mode}", uri=True, isolation_level=None)
    connection.text_factory = schema.decode
    try:
        if not schema.is_initialized(connection, path):
            raise EdgeSerError(f"nothing has been written to the history {path} yet")
    except BaseException:
        connection.close()
        raise
    return connection


def _events(connection: sqlite3.Connection, path: Path, since: datetime, until: datetime) -> Iterator[Event]:
    end = schema.milliseconds(until)
    last = (schema.milliseconds(since), -1)
    damaged = 0
    with closing(connection):
        while True:
            try:
                rows = connection.execute(_QUERY, (*last, end)).fetchall()
            except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter while decoding SQLite's message
                raise _unreadable(path, error) from None
            for row in rows:
                event = schema.from_row(row[1:])
                if event is None:
                    damaged += 1
                else:
                    yield event
            if len(rows) < _ROWS:
                break
            last = (rows[-1][1], rows[-1][0])
    if damaged:
        standard_error.say(f"edge-ser: {damaged} damaged {'row' if damaged == 1 else 'rows'} of {path} left out")


def _unreadable(path: Path, error: Exception) -> EdgeSerError:
    if isinstance(error, OSError | sqlite3.OperationalError):
        return EdgeSerError(
            f"cannot read the history {path}: {getattr(error, 'strerror', None) or error}; check the path: a history is"
            " a file such as history.sqlite"
        )
    if path.suffix != HISTORY_SUFFIX:  # nor would `edge-ser listen` touch it
        return EdgeSerError(f"{path} is not a history ({error}); check the path")
    return EdgeSerError(
        f"the history {path} is damaged ({error}); `edge-ser listen` will rename it and start a new one"
    )
