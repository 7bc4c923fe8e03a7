"""The format of a history: one table of events, and the marks that identify the file and its version.

Within a version the table and its columns stay; new columns may be added.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

from edge_ser.errors import InvalidSetting
from edge_ser.events import EmotionEvent, Event, StatusEvent

APPLICATION: Final = int.from_bytes(b"ESER", "big")
"""Identifier in the header of the file, so that another program's database is never mistaken for a history."""

VERSION: Final = 1
"""Version of the format; a file with a higher version is left alone."""

TABLE: Final = """\
CREATE TABLE events (
    id INTEGER PRIMARY KEY,    -- in the order in which they came
    time INTEGER NOT NULL,     -- when the event was made, ms since 1970, UTC
    position_ms INTEGER NOT NULL,  -- where the utterance begins, or the status was, ms of stream
    end_ms INTEGER,            -- where the utterance ends, ms of stream
    utterance INTEGER,         -- its number in its run
    label TEXT,
    confidence REAL,           -- 0 to 1
    probabilities TEXT,        -- JSON, label to probability
    status TEXT,               -- of a status; NULL for an utterance
    message TEXT               -- of a status, for people
)
"""
INDEX: Final = "CREATE INDEX events_by_time ON events (time)"

COLUMNS: Final = (
    "time",
    "position_ms",
    "end_ms",
    "utterance",
    "label",
    "confidence",
    "probabilities",
    "status",
    "message",
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)


def is_initialized(connection: sqlite3.Connection, path: Path) -> bool:
    """Return whether a database has the tables of a history; an empty one does not.

    Raises:
        InvalidSetting: it is another program's, or a history of a newer version.
        sqlite3.Error: it cannot be read.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION:
        if connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None:
            return False
        raise InvalidSetting(f"{path} is a database of another program; choose another file")
    if version > VERSION:
        raise InvalidSetting(
            f"{path} is a history of a newer edge-ser (format {version}; this one supports {VERSION}):"
            " upgrade edge-ser, or move the file away"
        )
    return True


def initialize(connection: sqlite3.Connection) -> None:
    """Create the table, in a transaction of the caller."""
    connection.execute(TABLE)
    connection.execute(INDEX)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def decode(text: bytes) -> str:
    """Decode a text of the database, which may come from a damaged page: for ``text_factory``."""
    return text.decode("utf-8", "replace")


def milliseconds(time: datetime) -> int:
    """Return a time in the table's unit, ms since 1970, UTC."""
    return (time - _EPOCH) // timedelta(milliseconds=1)


def to_row(event: Event) -> tuple[Any, ...]:
    """Return an event in the order of ``COLUMNS``, rounded to its precision."""
    time = milliseconds(event.time)
    if isinstance(event, StatusEvent):
        message = event.message.encode("utf-8", "backslashreplace").decode()  # the name of a microphone may not be text
        return time, round(event.position * 1e3), None, None, None, None, None, event.status, message
    probabilities = json.dumps({label: round(p, 4) for label, p in event.probabilities.items()}, separators=(",", ":"))
    start, end = round(event.start * 1e3), round(event.end * 1e3)
    return time, start, end, event.utterance, event.label, round(event.confidence, 4), probabilities, None, None


def from_row(row: tuple[Any, ...]) -> Event | None:
    """Return the event of a row in the order of ``COLUMNS``; ``None`` if its values are damaged.

    A bad memory card can change a value and leave the database around it valid.
    """
    try:
        return _event(row)
    except (ValueError, TypeError, AttributeError, OverflowError):
        return None


def _event(row: tuple[Any, ...]) -> Event:
    milliseconds, position, end, utterance, label, confidence, probabilities, status, message = row
    time = _EPOCH + timedelta(milliseconds=milliseconds)
    if status is not None:
        return StatusEvent(time, str(status), str(message), position / 1e3)
    parsed = {str(name): float(p) for name, p in json.loads(probabilities).items()}
    return EmotionEvent(time, int(utterance), True, position / 1e3, end / 1e3, str(label), float(confidence), parsed)
