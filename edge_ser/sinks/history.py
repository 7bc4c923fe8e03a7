"""Final labels and statuses into the history, in batches, so that a memory card is written once a minute at most."""

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
"""Events that wait while the disk is full, some megabytes; what comes then is dropped and counted."""

_PRUNE_SECONDS: Final = 3_600.0
"""So often the history is opened to what is too old though nothing was heard, s."""


def check(uri: str) -> None:
    """Raise an error that names a ``history:`` or ``history:PATH`` that cannot be."""
    path = uri.removeprefix(SCHEME)
    if path and not (path.endswith(HISTORY_SUFFIX) and Path(path).stem != HISTORY_SUFFIX and path.isprintable()):
        raise InvalidSetting(
            f"output.publish = {uri!r}: allowed is history: or history:PATH{HISTORY_SUFFIX}, for example"
            f" history:/var/lib/edge-ser/history{HISTORY_SUFFIX}"
        )


def make(uri: str, settings: ListenSettings, dropped: Dropped) -> QueuedSink:
    """Return the sink of a ``history:`` or ``history:PATH``.

    Raises:
        InvalidSetting: the file is another program's or of a newer version, or the process may not write files.
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
    """Collects events and writes them together; what fails is said once, waits, and is tried again.

    Args:
        path: The file.
        settings: How often it is written, and how old and large it may become.
        now: The wall clock.
        monotonic: The clock of the batches, s.

    Attributes:
        lost: Events that came while too many waited already.
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
        """Events that have not been written."""
        return len(self._waiting)

    def publish(self, event: Event) -> None:
        """Put a status or an utterance that has ended into the next batch.

        Raises:
            EdgeSerError: too many wait already.
        """
        if isinstance(event, EmotionEvent) and not event.final:
            return
        if len(self._waiting) >= MOST_WAITING:
            self.lost += 1
            raise EdgeSerError(f"{MOST_WAITING} events wait to be written; what comes now is dropped")
        self._waiting.append(event)

    def tick(self) -> None:
        """Write the batch, if it is time."""
        since = self._monotonic() - self._tried
        if since >= (self._settings.commit_seconds if self._waiting else _PRUNE_SECONDS):
            self._try_to_write()

    def __enter__(self) -> HistorySink:
        self._try_to_write()  # opens it, so that what is wrong is said now
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
                self._begin_anew(str(damage))
                self._write()
        except (EdgeSerError, DamagedHistory) as error:
            if not self._failing:
                standard_error.say(f"history: {error}; tried again every {self._settings.commit_seconds:g} s")
            self._failing = True
            return
        if self._failing:
            standard_error.say(f"history: is written again; {self.lost} events were lost so far")
        self._failing = False

    def _write(self) -> None:
        from edge_ser.history.store import Store

        if self._store is not None and not self._store.is_in_place():
            self._close()
        if self._store is None:
            self._store = Store(self._path, self._settings, self._now)
        self._store.write(self._waiting)
        self._waiting.clear()  # now, not after the next line: what it fails at must not write them twice
        self._store.shrink()

    def _begin_anew(self, damage: str) -> None:
        from edge_ser.history.store import rename_damaged

        self._close()
        aside = rename_damaged(self._path, self._now())
        standard_error.say(f"history: {self._path} was damaged ({damage}); it is now {aside}, and a new one begins")

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None
