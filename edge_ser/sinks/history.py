"""The history sink: writes final labels and statuses in batches, at most once a minute to spare memory cards."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge_ser.console import standard_error
from edge_ser.errors import EdgeSerError, InvalidSetting
from edge_ser.events import EmotionEvent, Event, utc_now
from edge_ser.paths import HISTORY_SUFFIX
from edge_ser.sinks import Dropped, Sink

if TYPE_CHECKING:
    from edge_ser.history.store import Store
    from edge_ser.settings import HistorySettings, ListenSettings
    from edge_ser.sinks.queued import QueuedSink

SCHEME: Final = "history:"

MOST_WAITING: Final = 5_000
"""Most events that wait while the disk is full, some megabytes; further events are dropped and counted."""

_PRUNE_SECONDS: Final = 3_600.0
"""Interval at which old events are removed while there are no new ones, s."""


def check(uri: str) -> None:
    """Check the syntax of a ``history:`` or ``history:PATH``.

    Raises:
        InvalidSetting: it is not valid.
    """
    path = uri.removeprefix(SCHEME)
    if path and not (path.endswith(HISTORY_SUFFIX) and Path(path).stem != HISTORY_SUFFIX and path.isprintable()):
        raise InvalidSetting(
            f"output.publish = {uri!r}: allowed is history: or history:PATH{HISTORY_SUFFIX}, for example"
            f" history:/var/lib/edge-ser/history{HISTORY_SUFFIX}"
        )


def make(uri: str, settings: ListenSettings, dropped: Dropped) -> QueuedSink:
    """Return the sink of a ``history:`` or ``history:PATH``.

    Raises:
        InvalidSetting: the file is another program's or a newer version's, or the process may not write files of the
            configured size.
        NotPermitted: the file may not be written.
    """
    from edge_ser import paths
    from edge_ser.history import store
    from edge_ser.sinks.queued import QueuedSink

    given = uri.removeprefix(SCHEME)
    path = Path(given) if given else paths.history_to_write()
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if limit != resource.RLIM_INFINITY and limit < settings.history.most_megabytes * 1_000_000:
        raise InvalidSetting(
            f"history.most_megabytes = {settings.history.most_megabytes}: the service may write files of"
            f" {limit // 1_000_000} MB only; try: sudo edge-ser service install --with history"
        )
    store.check(path)
    return QueuedSink("history", HistorySink(path, settings.history))


class HistorySink(Sink):
    """Collects events and writes them in batches; a failure is reported once, and the batch is retried.

    Args:
        path: The history file.
        settings: How often it is written, and how old and large it may become.
        now: Returns the wall-clock time, UTC.
        monotonic: Returns monotonic time, for the batches, s.

    Attributes:
        lost: Number of events that were dropped because too many waited.
    """

    def __init__(
        self,
        path: Path,
        settings: HistorySettings,
        now: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.lost = 0
        self._path, self._settings, self._now, self._monotonic = path, settings, now, monotonic
        self._waiting: list[Event] = []
        self._store: Store | None = None
        self._failing = False
        self._tried = monotonic()

    @property
    def waiting(self) -> int:
        """Number of events that have not been written."""
        return len(self._waiting)

    def publish(self, event: Event) -> None:
        """Add a final label or a status to the next batch.

        Raises:
            EdgeSerError: too many events wait.
        """
        if isinstance(event, EmotionEvent) and not event.final:
            return
        if len(self._waiting) >= MOST_WAITING:
            self.lost += 1
            raise EdgeSerError(f"{MOST_WAITING} events wait to be written; further events are dropped")
        self._waiting.append(event)

    def tick(self) -> None:
        """Write the batch, if it is due."""
        since = self._monotonic() - self._tried
        if since >= (self._settings.commit_seconds if self._waiting else _PRUNE_SECONDS):
            self._try_to_write()

    def __enter__(self) -> HistorySink:
        self._try_to_write()  # opens the file, so that an error is reported at once
        return self

    def __exit__(self, *exc: object) -> None:
        if self._waiting:
            self._try_to_write()
        if self._waiting:
            standard_error.say(f"history: {self.waiting} events could not be written")
        self._close()

    def _try_to_write(self) -> None:
        from edge_ser.history.store import DamagedHistory

        self._tried = self._monotonic()
        try:
            try:
                self._write()
            except DamagedHistory as damage:
                self._replace_damaged(str(damage))
                self._write()
        except (EdgeSerError, DamagedHistory) as error:
            if not self._failing:
                standard_error.say(f"history: {error}; retrying every {self._settings.commit_seconds:g} s")
            self._failing = True
            return
        if self._failing:
            standard_error.say(f"history: can be written again; {self.lost} events were lost so far")
        self._failing = False

    def _write(self) -> None:
        from edge_ser.history.store import Store

        if self._store is not None and not self._store.is_in_place():
            self._close()
        if self._store is None:
            self._store = Store(self._path, self._settings, self._now)
        self._store.write(self._waiting)
        self._waiting.clear()  # before the next line: if that fails, the events must not be written twice
        self._store.shrink()

    def _replace_damaged(self, damage: str) -> None:
        from edge_ser.history.store import rename_damaged

        self._close()
        renamed = rename_damaged(self._path, self._now())
        standard_error.say(
            f"history: {self._path} was damaged ({damage}); it is now {renamed}, and a new one was started"
        )

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None
