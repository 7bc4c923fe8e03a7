"""The file: it returns what was written, its size and age are limited, and other files are left alone."""

from __future__ import annotations

import os
import sqlite3
import stat
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser import paths
from edge_ser.errors import EdgeSerError, InvalidSetting, NotPermitted
from edge_ser.events import EmotionEvent, Event, StatusEvent
from edge_ser.history import reading, schema, store
from edge_ser.history.store import DamagedHistory, Store
from edge_ser.settings import HistorySettings
from tests.history.events import NOON, status, utterance

ALWAYS = datetime(1, 1, 2, tzinfo=timezone.utc), datetime(9998, 1, 1, tzinfo=timezone.utc)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "history.sqlite"


def opened(path: Path, now: datetime = NOON, **settings: float) -> Store:
    return Store(path, HistorySettings(**settings), lambda: now)  # type: ignore[arg-type]


def written(path: Path, *events: Event) -> None:
    made = opened(path)
    made.write(events)
    made.close()


def everything(path: Path) -> list[Event]:
    return list(reading.read(path, *ALWAYS))


# In and out ----------------------------------------------------------------------------------------------------------

text = st.text(st.characters(exclude_categories=()), max_size=20)
times = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(timezone.utc)).map(
    lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000)
)
seconds = st.integers(0, 10**10).map(lambda milliseconds: milliseconds / 1e3)
probability = st.integers(0, 10_000).map(lambda part: part / 1e4)
names = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=10)
events = st.builds(StatusEvent, times, names, text, seconds) | st.builds(
    EmotionEvent,
    times,
    st.integers(1, 10**9),
    st.just(True),
    seconds,
    seconds,
    names,
    probability,
    st.dictionaries(names, probability, max_size=6),
)


@given(events)
def test_row_keeps_the_event(event: Event) -> None:
    out = schema.from_row(schema.to_row(event))
    if isinstance(event, StatusEvent):
        assert isinstance(out, StatusEvent)
        assert out.message == event.message.encode("utf-8", "backslashreplace").decode()
        assert (out.time, out.status, out.position) == (event.time, event.status, event.position)
    else:
        assert out == event


def test_events_are_read_in_the_order_of_their_time(path: Path) -> None:
    events = [utterance(number) for number in range(2_500)] + [status("muted", NOON + timedelta(seconds=25))]
    written(path, *reversed(events))
    assert everything(path) == sorted(events, key=lambda event: event.time)
    some = list(reading.read(path, NOON + timedelta(seconds=20), NOON + timedelta(seconds=40)))
    assert some == [events[2], events[-1], events[3]]


def test_file_is_private_and_identifies_itself(path: Path) -> None:
    written(path, utterance(1))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with store.connected(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    made = opened(path)
    assert made._connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL: otherwise a power cut costs more
    made.close()


def test_reading_and_writing_at_the_same_time(path: Path) -> None:
    writer = opened(path)
    writer.write([utterance(number) for number in range(1_500)])
    reader = reading.read(path, *ALWAYS)
    next(reader)
    writer.write([utterance(1_500)])
    assert len(list(reader)) == 1_500
    writer.close()


def test_two_writers_of_one_file(path: Path) -> None:
    one, other = opened(path), opened(path)
    one.write([utterance(1)])
    other.write([utterance(2)])
    one.write([utterance(3)])
    one.close()
    other.close()
    assert len(everything(path)) == 3


# Age and size --------------------------------------------------------------------------------------------------------


def test_old_events_are_removed(path: Path) -> None:
    written(path, *(utterance(day, NOON - timedelta(days=day)) for day in range(20)))
    made = opened(path, keep_days=7)
    made.write([])
    made.close()
    assert [event.utterance for event in everything(path)] == list(range(7, -1, -1))  # type: ignore[union-attr]


def test_large_file_loses_its_oldest_events_and_shrinks(path: Path) -> None:
    made = opened(path, most_megabytes=1)
    for batch in range(12):
        made.write([utterance(1_000 * batch + number) for number in range(1_000)])
        made.shrink()
    made.close()
    assert path.stat().st_size <= 1_000_000
    kept = [event.utterance for event in everything(path)]  # type: ignore[union-attr]
    assert kept == list(range(kept[0], 12_000))
    assert len(kept) > 3_000


def test_smaller_limit_shrinks_an_existing_file(path: Path) -> None:
    made = opened(path)
    made.write([utterance(number) for number in range(15_000)])
    made.close()
    assert path.stat().st_size > 1_500_000
    made = opened(path, most_megabytes=1)
    made.shrink()
    made.close()
    assert path.stat().st_size <= 1_000_000


# Files that cannot be used -------------------------------------------------------------------------------------------


def test_newer_version_is_refused_and_left_alone(path: Path) -> None:
    written(path, utterance(1))
    with store.connected(path) as connection:
        connection.execute("PRAGMA user_version = 7")
    before = path.read_bytes()
    for use in (store.check, opened, everything):
        with pytest.raises(InvalidSetting, match=r"newer edge-ser \(format 7; this one supports 1\).*upgrade"):
            use(path)
    assert path.read_bytes() == before


def test_other_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "photographs.sqlite"
    with store.connected(path) as connection:
        connection.execute("CREATE TABLE photographs (name)")
    before = path.read_bytes()
    for use in (store.check, opened, everything):
        with pytest.raises(InvalidSetting, match="another program"):
            use(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", None])
def test_uninitialized_file_is_used(path: Path, content: bytes | None) -> None:
    path.parent.mkdir()
    if content is None:  # a power cut between the switch to the log and the first table
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.close()
    else:
        path.write_bytes(content)
    with pytest.raises(EdgeSerError, match="nothing has been written"):
        everything(path)
    written(path, utterance(1))
    assert len(everything(path)) == 1


@pytest.mark.parametrize("damage", ["no database", "zeros in the middle", "cut"])
def test_damaged_file_is_detected_and_renamed_with_its_log(path: Path, damage: str) -> None:
    written(path, *(utterance(number) for number in range(500)))
    whole = path.read_bytes()
    half = len(whole) // 2 // 4096 * 4096
    damaged = {
        "no database": b"x" * 5_000,
        "zeros in the middle": whole[:half] + bytes(8_192) + whole[half + 8_192 :],
        "cut": whole[:half],
    }[damage]
    path.write_bytes(damaged)
    with pytest.raises(EdgeSerError, match="damaged"):
        everything(path)
    with pytest.raises(DamagedHistory):
        opened(path)
    for ending in ("-wal", "-shm"):
        Path(f"{path}{ending}").write_bytes(b"old")
    renamed = store.rename_damaged(path, NOON)
    stamp = f"{NOON.astimezone():%Y%m%d-%H%M%S}"
    assert renamed == path.with_name(f"history.damaged-{stamp}.sqlite")
    assert renamed.read_bytes() == damaged
    assert Path(f"{renamed}-wal").read_bytes() == b"old"
    assert not Path(f"{path}-wal").exists()
    path.write_bytes(b"damaged again in the same second")
    assert store.rename_damaged(path, NOON).name == f"history.damaged-{stamp}-2.sqlite"


def test_damaged_value_costs_only_its_row(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    written(path, *(utterance(number) for number in range(3)))
    with store.connected(path) as connection:
        connection.execute("UPDATE events SET probabilities = '{\"anger\":' WHERE utterance = 1")
    assert [event.utterance for event in everything(path)] == [0, 2]  # type: ignore[union-attr]
    assert f"1 damaged row of {path} left out" in capfd.readouterr().err


def test_impossible_paths_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "history.sqlite"):
        with pytest.raises(NotPermitted, match=str(path)):
            store.check(path)
    with pytest.raises(EdgeSerError, match=f"no history at {tmp_path}/none.sqlite; record one with"):
        everything(tmp_path / "none.sqlite")


# Location ------------------------------------------------------------------------------------------------------------


def test_location_for_the_service_and_for_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own" / "edge-ser" / "history.sqlite"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "own"))
    monkeypatch.setattr(paths, "STATE", tmp_path / "service")
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    assert paths.history_to_write() == paths.history_to_read() == own
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/edge-ser")
    assert paths.history_to_write() == Path("/var/lib/edge-ser/history.sqlite")
    service = paths.STATE / "history.sqlite"
    paths.STATE.mkdir()
    assert paths.history_to_read() == service  # which is then reported as missing
    own.parent.mkdir(parents=True)
    own.touch()
    assert paths.history_to_read() == own
    service.touch()
    for user, expected in ((0, service), (1000, own)):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        assert paths.history_to_read() == expected
