"""Writing a history so that a power cut costs at most the batch being written, and never the file.

The write-ahead log needs one synced write per batch, which spares the memory card, and allows reading meanwhile.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from edge_ser.errors import EdgeSerError, NotPermitted
from edge_ser.events import Event
from edge_ser.history import schema
from edge_ser.settings import HistorySettings

PRUNE_EVERY: Final = timedelta(hours=1)
"""How often to look for events that are too old: each time costs additional writes."""

_BUSY_SECONDS: Final = 0.5
"""How long to wait for another writer of the same file, s; less than a stopping program has for its sinks."""

_INSERT: Final = f"INSERT INTO events ({', '.join(schema.COLUMNS)}) VALUES ({', '.join('?' for _ in schema.COLUMNS)})"


class DamagedHistory(Exception):
    """The file is no longer a readable database."""


def check(path: Path) -> None:
    """Raise an error if a history can never be written to a path; an existing file stays as it is.

    Raises:
        InvalidSetting: it is another program's database, or a history of a newer version.
        NotPermitted: the folder or the file may not be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        exists = path.stat().st_size > 0
    except FileNotFoundError:
        exists = False
    except OSError as error:
        raise NotPermitted(f"cannot keep a history in {path}: {error.strerror}; choose another file") from None
    if path.is_dir() or not os.access(path.parent, os.W_OK) or (exists and not os.access(path, os.R_OK | os.W_OK)):
        raise NotPermitted(f"cannot keep a history in {path}: it may not be written; choose another file")
    if exists:
        with suppress(sqlite3.Error), connected(path) as connection:  # a damaged file is renamed later
            schema.is_initialized(connection, path)


class Store:
    """An open history.

    Args:
        path: The file; created if it does not exist.
        settings: Limits of its age and size.
        now: The wall clock.

    Raises:
        DamagedHistory: the file has to be renamed first.
        InvalidSetting: it is another program's database, or a history of a newer version.
        EdgeSerError: it cannot be written now.
    """

    def __init__(self, path: Path, settings: HistorySettings, now: Callable[[], datetime]) -> None:
        self._path, self._settings, self._now = path, settings, now
        self._pruned: datetime | None = None
        with self._errors():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)  # private
            self._inode = os.fstat(descriptor).st_ino
            os.close(descriptor)
            self._connection = _connect(path)
            try:
                self._set_up()
            except BaseException:
                self.close()
                raise

    def is_in_place(self) -> bool:
        """Return whether the path still leads to the open file."""
        try:
            return self._path.stat().st_ino == self._inode
        except OSError:
            return False

    def write(self, events: Sequence[Event]) -> None:
        """Write a batch completely or not at all, and remove events that are too old.

        Raises:
            DamagedHistory: the file has to be renamed first.
            EdgeSerError: it cannot be written now; the message says why.
        """
        now = self._now()
        prune = self._pruned is None or abs(now - self._pruned) >= PRUNE_EVERY
        oldest = schema.milliseconds(now - timedelta(days=self._settings.keep_days))
        with self._errors():
            with self._transaction():
                self._connection.executemany(_INSERT, map(schema.to_row, events))
                if prune:
                    self._connection.execute("DELETE FROM events WHERE time < ?", (oldest,))
            self._pruned = now if prune else self._pruned

    def shrink(self) -> None:
        """Remove the oldest events of a file that has become too large.

        Raises:
            DamagedHistory: the file has to be renamed first.
            EdgeSerError: it cannot be written now; the message says why.
        """
        most = self._settings.most_megabytes * 1_000_000
        with self._errors():
            if self._size() > most:  # otherwise keep free pages for later events: moving pages would cost writes
                self._free_pages()
            while self._size() > most and self._drop_oldest():
                self._free_pages()

    def close(self) -> None:
        """Close the file."""
        with suppress(sqlite3.Error):  # all that matters has been committed
            self._connection.close()

    def _set_up(self) -> None:
        run = self._connection.execute
        initialized = schema.is_initialized(self._connection, self._path)
        if initialized:
            (verdict,) = run("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise DamagedHistory(verdict.splitlines()[-1])
        else:
            run("PRAGMA auto_vacuum = INCREMENTAL")  # so that the file can shrink; only works before the first table
        run("PRAGMA journal_mode = WAL").fetchone()
        run("PRAGMA synchronous = FULL")  # a commit returns only when it is on the disk
        run("PRAGMA secure_delete = ON")  # overwrite deleted events, do not just unlink them
        run("PRAGMA temp_store = MEMORY")  # the service may not write anywhere else
        if not initialized:
            with self._transaction():
                if not schema.is_initialized(self._connection, self._path):  # another process may have done it
                    schema.initialize(self._connection)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # after some errors SQLite has already rolled back
                self._connection.execute("ROLLBACK")
            raise

    def _size(self) -> int:
        (pages,) = self._connection.execute("PRAGMA page_count").fetchone()
        (bytes_a_page,) = self._connection.execute("PRAGMA page_size").fetchone()
        return int(pages * bytes_a_page)

    def _drop_oldest(self) -> bool:
        """Remove about the oldest tenth; return whether there was anything to remove."""
        with self._transaction():
            removed = self._connection.execute(
                "DELETE FROM events WHERE id <= (SELECT min(id) + (max(id) - min(id)) / 10 FROM events)"
            )
        return removed.rowcount > 0

    def _free_pages(self) -> None:
        # Not execute(): it runs one step of a statement without columns, and this one frees one page per step.
        self._connection.executescript("PRAGMA incremental_vacuum")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.OperationalError, OSError) as error:
            raise EdgeSerError(f"cannot write {self._path}: {_reason(error)}") from None
        except sqlite3.DatabaseError as error:
            if type(error) is not sqlite3.DatabaseError:  # its subclasses mean something else
                raise
            raise DamagedHistory(str(error)) from None
        except UnicodeDecodeError:  # SQLite's message contains a name from a damaged page
            raise DamagedHistory("its tables are damaged") from None


def rename_damaged(path: Path, now: datetime) -> Path:
    """Rename a damaged history, so that a new one can be started; return its new name.

    Raises:
        EdgeSerError: it cannot be renamed.
    """
    stamp = f"{now.astimezone():%Y%m%d-%H%M%S}"
    renamed = path.with_name(f"{path.stem}.damaged-{stamp}{path.suffix}")
    number = 2
    while renamed.exists():
        renamed, number = path.with_name(f"{path.stem}.damaged-{stamp}-{number}{path.suffix}"), number + 1
    try:
        # The log first: SQLite would take it for the log of a new file.
        for ending in ("-wal", "-shm", ""):
            with suppress(FileNotFoundError):
                Path(f"{path}{ending}").rename(f"{renamed}{ending}")
    except OSError as error:
        raise EdgeSerError(f"cannot rename the damaged history {path}: {error.strerror}") from None
    return renamed


@contextmanager
def connected(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database while the block runs."""
    connection = _connect(path)
    try:
        yield connection
    finally:
        connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    # Transactions are started explicitly: Python would start some implicitly.
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    connection.text_factory = schema.decode
    return connection


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return {
        "database or disk is full": "the disk is full",
        "No space left on device": "the disk is full",
        "disk I/O error": "the disk fails or is full",
        "attempt to write a readonly database": "it may not be written",
        "unable to open database file": "it cannot be opened",
        "database is locked": "another program has locked it",
    }.get(text, text)
