"""The sink: batches, failures to write, and what happens to events meanwhile."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from edge_ser.errors import EdgeSerError, InvalidSetting, NotPermitted
from edge_ser.events import Event
from edge_ser.history import reading, store
from edge_ser.settings import HistorySettings, ListenSettings
from edge_ser.sinks import destinations, history
from edge_ser.sinks.history import HistorySink
from tests.history.events import NOON, status, utterance


class Clock:
    """A clock that is set by the test."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite"


def sink(path: Path, clock: Clock) -> HistorySink:
    return HistorySink(path, HistorySettings(), clock.now, clock)


def found(path: Path) -> list[Event]:
    return list(reading.read(path, datetime(2000, 1, 1, tzinfo=timezone.utc), NOON + timedelta(days=99)))


def numbers(path: Path) -> list[int]:
    return [event.utterance for event in found(path)]  # type: ignore[union-attr]


def test_finals_and_statuses_are_written_once_a_minute_and_at_the_end(path: Path, clock: Clock) -> None:
    with sink(path, clock) as made:
        made.publish(status("listening"))
        made.publish(utterance(1, final=False))
        made.publish(utterance(1))
        for clock.seconds in (1.0, 30.0, 59.9):
            made.tick()
        assert found(path) == []
        clock.seconds = 60.0
        made.tick()
        assert found(path) == [status("listening"), utterance(1)]
        clock.seconds = 100.0
        made.publish(utterance(2))
        made.tick()
        assert len(found(path)) == 2
    assert found(path) == [status("listening"), utterance(1), utterance(2)]


def test_idle_sink_only_removes_old_events(path: Path, clock: Clock) -> None:
    with sink(path, clock) as made:
        made.publish(utterance(1))
        clock.seconds = 60.0
        made.tick()
        log = Path(f"{path}-wal")
        before = log.stat().st_mtime_ns, log.stat().st_size
        for minute in range(2, 30):
            clock.seconds = 60.0 * minute
            made.tick()
        assert (log.stat().st_mtime_ns, log.stat().st_size) == before
        clock.seconds = 91 * 86_400.0
        made.tick()
        assert found(path) == []


def test_damaged_history_is_renamed_and_a_new_one_started(
    path: Path, clock: Clock, capfd: pytest.CaptureFixture[str]
) -> None:
    path.write_bytes(b"not a database at all, but long enough to be taken for one" * 100)
    with sink(path, clock) as made:
        made.publish(utterance(1))
    (renamed,) = path.parent.glob("history.damaged-*.sqlite")
    assert renamed.read_bytes().startswith(b"not a database")
    assert numbers(path) == [1]
    said = capfd.readouterr().err
    assert f"{path} was damaged" in said
    assert f"it is now {renamed}, and a new one was started" in said


def test_moved_file_is_created_again(path: Path, clock: Clock) -> None:
    with sink(path, clock) as made:
        made.publish(utterance(1))
        clock.seconds = 60.0
        made.tick()
        path.rename(path.with_name("kept.sqlite"))
        Path(f"{path}-wal").rename(path.with_name("kept.sqlite-wal"))
        made.publish(utterance(2))
        clock.seconds = 120.0
        made.tick()
        assert numbers(path) == [2]


def test_newer_version_is_reported_once(path: Path, clock: Clock, capfd: pytest.CaptureFixture[str]) -> None:
    store.Store(path, HistorySettings(), clock.now).close()
    with store.connected(path) as connection:
        connection.execute("PRAGMA user_version = 2")
    with pytest.raises(InvalidSetting, match="newer edge-ser"):
        destinations.make(f"history:{path}", ListenSettings(), dict)
    with sink(path, clock) as made:  # one that appeared in between
        made.publish(utterance(1))
        for clock.seconds in (60.0, 120.0, 180.0):
            made.tick()
    said = capfd.readouterr().err.splitlines()
    assert [("newer" in line, "1 events could not be written" in line) for line in said] == [
        (True, False),
        (False, True),
    ]


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """Make writes fail as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_full_disk_is_reported_once_and_waiting_events_are_written_later(
    path: Path, clock: Clock, capfd: pytest.CaptureFixture[str]
) -> None:
    with sink(path, clock) as made:
        with no_file_larger_than(40_000):
            for number in range(1_000):
                made.publish(utterance(number))
            for clock.seconds in (60.0, 120.0, 180.0):
                made.tick()
        assert found(path) == []
        assert (
            capfd.readouterr().err == f"history: cannot write {path}: the disk fails or is full; retrying every 60 s\n"
        )
        clock.seconds = 240.0
        made.tick()
        assert capfd.readouterr().err == "history: can be written again; 0 events were lost so far\n"
    assert numbers(path) == list(range(1_000))


def test_events_beyond_the_limit_are_lost_and_counted(
    path: Path, clock: Clock, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MOST_WAITING", 300)
    with sink(path, clock) as made:
        with no_file_larger_than(20_000):
            for number in range(300):
                made.publish(utterance(number))
            for number in range(300, 310):
                with pytest.raises(EdgeSerError, match="further events are dropped"):  # which the queue counts and says
                    made.publish(utterance(number))
            clock.seconds = 60.0
            made.tick()
        assert made.lost == 10
        clock.seconds = 120.0
        made.tick()
    assert "can be written again; 10 events were lost so far" in capfd.readouterr().err
    assert numbers(path) == list(range(300))


def test_events_are_not_written_twice_when_shrinking_fails(path: Path, clock: Clock) -> None:
    large = store.Store(path, HistorySettings(), clock.now)
    large.write([utterance(number) for number in range(9_000)])
    large.close()
    settings = HistorySettings(most_megabytes=1)
    with no_file_larger_than(60_000), HistorySink(path, settings, clock.now, clock) as made:
        made.publish(utterance(9_000))
        for clock.seconds in (60.0, 120.0):
            made.tick()
    with HistorySink(path, settings, clock.now, clock):
        pass
    kept = numbers(path)
    assert kept == list(range(kept[0], 9_001))
    assert path.stat().st_size <= 1_000_000


def test_locked_file_is_retried(path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_BUSY_SECONDS", 0.05)
    with sink(path, clock) as made:
        made.publish(utterance(1))
        with store.connected(path) as other:
            other.execute("BEGIN IMMEDIATE")
            clock.seconds = 60.0
            made.tick()
            assert found(path) == []
        clock.seconds = 120.0
        made.tick()
        assert numbers(path) == [1]


# The destination -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("uri", ["history:", "history:/tmp/h.sqlite", "history:h.sqlite"])
def test_valid_destinations(uri: str) -> None:
    destinations.check(uri)


@pytest.mark.parametrize("uri", ["history:/tmp", "history:photograph.jpg", "history:.sqlite", "history:a\nb.sqlite"])
def test_invalid_destinations_are_named_with_a_valid_one(uri: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        destinations.check(uri)
    assert repr(uri) in str(caught.value)
    assert "history:/var/lib/edge-ser/history.sqlite" in str(caught.value)


def test_service_without_permission_is_told_what_to_do(path: Path) -> None:
    with no_file_larger_than(0), pytest.raises(InvalidSetting, match="edge-ser service install --with history"):
        destinations.make(f"history:{path}", ListenSettings(), dict)
    with no_file_larger_than(200_000_000):  # as the drop-in has it
        destinations.make(f"history:{path}", ListenSettings(), dict)


def test_impossible_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotPermitted, match="choose another file"):
        destinations.make(f"history:{tmp_path}/file/h.sqlite", ListenSettings(), dict)


@pytest.mark.parametrize("wrong", [{"keep_days": 0}, {"most_megabytes": 0}, {"commit_seconds": 59.0}])
def test_settings_have_bounds(wrong: dict[str, float]) -> None:
    with pytest.raises(EdgeSerError, match=rf"history\.{next(iter(wrong))} = "):
        HistorySettings(**wrong)  # type: ignore[arg-type]
