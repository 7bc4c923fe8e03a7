"""Requests of socket readers: levels and muting; anything else they write is harmless."""

from __future__ import annotations

import json
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser import mute
from edge_ser.events import LevelEvent, StatusEvent
from edge_ser.settings import InputSettings, ListenSettings, PrivacySettings
from edge_ser.sinks import destinations
from edge_ser.sinks.unix_socket.reader import LONGEST_REQUEST, QUEUE_LINES, SocketReader, parse_request
from edge_ser.sinks.unix_socket.sink import UnixSocketSink

TIME = datetime(2026, 1, 1, tzinfo=timezone.utc)


def level(decibels: float = -20.0) -> LevelEvent:
    return LevelEvent(TIME, 1.0, decibels, decibels, False)


def event(number: int = 0, size: int = 10) -> StatusEvent:
    return StatusEvent(TIME, "overflow", f"{number} " + "x" * size, float(number))


class Reader:
    """A program that reads the socket and may write to it."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(str(path))
        self.socket.setblocking(False)

    def ask(self, request: object) -> None:
        self.socket.sendall(json.dumps(request).encode() + b"\n")

    def lines(self) -> list[dict[str, object]]:
        """Return the lines that have arrived; the connection must still be open."""
        received = b""
        try:
            while piece := self.socket.recv(1_000_000):
                received += piece
        except BlockingIOError:
            return [json.loads(line) for line in received.splitlines()]
        raise AssertionError("was let go")

    def is_gone(self) -> bool:
        try:
            while self.socket.recv(1_000_000):
                pass
        except BlockingIOError:
            return False
        except ConnectionResetError:  # something that the reader wrote was never read
            pass
        return True


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[UnixSocketSink]:
    with UnixSocketSink(tmp_path / "s", tmp_path / "muted") as sink:
        yield sink


@pytest.fixture
def reader(sink: UnixSocketSink, tmp_path: Path) -> Iterator[Reader]:
    reader = Reader(tmp_path / "s")
    sink.tick()
    yield reader
    reader.socket.close()


# Levels --------------------------------------------------------------------------------------------------------------


def test_only_readers_that_ask_get_levels(sink: UnixSocketSink, reader: Reader, tmp_path: Path) -> None:
    other = Reader(tmp_path / "s")
    sink.tick()
    assert not sink.wants_levels
    reader.ask({"levels": True})
    sink.tick()
    assert sink.wants_levels
    sink.publish_level(level())
    sink.publish(event())
    assert [line["event"] for line in reader.lines()] == ["level", "status"]
    assert [line["event"] for line in other.lines()] == ["status"]
    reader.ask({"levels": False})
    sink.tick()
    assert not sink.wants_levels
    sink.publish_level(level())
    assert reader.lines() == []
    reader.ask({"levels": True})
    sink.tick()
    reader.socket.close()
    sink.tick()
    assert not sink.wants_levels


def test_dropped_levels_are_not_counted() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        theirs.sendall(b'{"levels": true}\n')
        reader = SocketReader(ours)
        reader.receive()
        for number in range(QUEUE_LINES // 2):  # more than the kernel takes
            reader.add((json.dumps({"n": number}) + " " * 5_000 + "\n").encode(), event())
        assert reader.send()
        for _ in range(10 * QUEUE_LINES):
            reader.add_level(level())
        theirs.setblocking(False)
        got = b""
        while True:
            try:
                got += theirs.recv(1_000_000)
            except BlockingIOError:
                if not reader._lines and not reader._partial:
                    break
                assert reader.send()
        assert [json.loads(line)["n"] for line in got.splitlines()] == list(range(QUEUE_LINES // 2))
        reader.add_level(level())  # now that it has caught up
        assert reader.send()
        assert json.loads(theirs.recv(1_000))["event"] == "level"


def test_a_stuck_reader_of_levels_costs_nothing(sink: UnixSocketSink, reader: Reader) -> None:
    reader.ask({"levels": True})
    begin = time.monotonic()
    for _ in range(5_000):
        sink.publish_level(level())
        sink.tick()
    assert time.monotonic() - begin < 5
    (inside,) = sink._readers
    assert len(inside._lines) <= 1
    sink.publish(event(7))
    while not (got := [line for line in reader.lines() if line["event"] == "status"]):
        sink.tick()
    assert [line["status"] for line in got] == ["overflow"], "dropped levels are not reported"


# Mute ----------------------------------------------------------------------------------------------------------------


def test_a_reader_mutes_and_unmutes(sink: UnixSocketSink, reader: Reader, tmp_path: Path) -> None:
    muted = tmp_path / "muted"
    reader.ask({"mute": True})
    sink.tick()
    assert mute.mute_reason(muted, mute.local_now()) == "muted"
    reader.ask({"mute": True})
    sink.tick()
    mute.mute(muted, mute.local_now() + timedelta(hours=1))
    reader.ask({"mute": True})  # until further notice
    sink.tick()
    assert mute.mute_reason(muted, mute.local_now()) == "muted"
    reader.ask({"mute": False})
    sink.tick()
    assert not muted.exists()
    assert reader.lines() == []
    reader.ask({"mute": False})
    sink.tick()
    (line,) = reader.lines()
    assert (line["status"], line["position"]) == ("refused", 0.0)
    assert "quiet hours" in str(line["message"])


def test_the_request_of_a_reader_that_leaves_is_carried_out(
    sink: UnixSocketSink, reader: Reader, tmp_path: Path
) -> None:
    sink.publish(event())  # never read: closing then resets the connection
    reader.ask({"mute": True})
    reader.socket.close()
    sink.tick()
    assert (tmp_path / "muted").exists()
    assert not sink._readers


def test_a_refusal_is_reported_to_the_asker_alone(tmp_path: Path) -> None:
    for mute_file, words in ((None, "privacy.socket_switch"), (tmp_path / "muted", "cannot change the mute file")):
        (tmp_path / "muted").mkdir(exist_ok=True)
        with UnixSocketSink(tmp_path / "s", mute_file) as sink:
            asker, other = Reader(tmp_path / "s"), Reader(tmp_path / "s")
            asker.ask({"mute": False})
            sink.publish(event(3))
            sink.tick()
            asker.ask({"mute": False})
            sink.tick()
            told = [line for line in asker.lines() if line["status"] == "refused"]
            assert [line["position"] for line in told] == [0.0, 3.0]
            assert words in str(told[0]["message"])
            assert [line["status"] for line in other.lines()] == ["overflow"]
            for reader in (asker, other):
                reader.socket.close()


def test_a_reload_changes_whether_readers_may_mute(tmp_path: Path) -> None:
    def settings(switch: bool, file: str | None = None) -> ListenSettings:
        mute = PrivacySettings(mute_file=str(tmp_path / "muted"), socket_switch=switch)
        return ListenSettings(input=InputSettings(file), privacy=mute)

    with destinations.make(f"unix:{tmp_path / 's'}", settings(True), dict) as sink:
        reader = Reader(tmp_path / "s")
        for changed, refused in ((settings(False), 1), (settings(True, "demo"), 1), (settings(True), 0)):
            sink.reconfigure(changed)
            reader.ask({"mute": True})
            sink.tick()
            assert len(reader.lines()) == refused
            assert (tmp_path / "muted").exists() is not refused
        reader.socket.close()


# Invalid requests ----------------------------------------------------------------------------------------------------


@given(st.binary())
def test_any_line_is_a_request_or_ignored(line: bytes) -> None:
    assert set(parse_request(line)) <= {"levels", "mute"}


@pytest.mark.parametrize(
    "line",
    [b"", b"mute", b"null", b"[]", b'"mute"', b'{"mute": 1}', b'{"mute": "true"}', b'{"levels": null}', b"\xff\xfe\x00",
     b"[" * 1_000, b"1" * 1_000, b'{"unmute": true}'],
)  # fmt: skip
def test_lines_without_a_request(line: bytes) -> None:
    assert parse_request(line) == {}


def test_the_last_of_several_requests_counts(sink: UnixSocketSink, reader: Reader, tmp_path: Path) -> None:
    assert parse_request(b' {"mute": true, "levels": false, "more": 1}\r') == {"mute": True, "levels": False}
    reader.socket.sendall(b'{"levels": true}\nrubbish\n{"mute": true}\n{"levels": fal')
    sink.tick()
    assert sink.wants_levels
    reader.socket.sendall(b'se}\n{"mute": false}\n{"mute": true}\n{"mute":')
    sink.tick()
    assert not sink.wants_levels
    assert (tmp_path / "muted").exists()
    assert reader.lines() == []


@given(st.lists(st.binary(max_size=3_000), max_size=20))
def test_invalid_requests_disturb_nobody(pieces: list[bytes]) -> None:
    with tempfile.TemporaryDirectory(prefix="edge-ser-") as folder, UnixSocketSink(Path(folder, "s")) as sink:
        bad, good = Reader(Path(folder, "s")), Reader(Path(folder, "s"))
        for number, piece in enumerate(pieces):
            try:
                bad.socket.send(piece)
            except (BrokenPipeError, ConnectionResetError):
                break
            sink.publish(event(number))
            assert [line["position"] for line in good.lines()] == [number]
        bad.socket.close()
        good.socket.close()


@pytest.mark.parametrize("line", [b"x" * (LONGEST_REQUEST + 1), b" " * LONGEST_REQUEST + b'{"mute": true}\n'])
def test_an_endless_line_ends_the_connection(sink: UnixSocketSink, reader: Reader, line: bytes) -> None:
    reader.socket.send(line)
    for _ in range(3):
        sink.tick()
    assert reader.is_gone()
    assert not sink._readers


def test_a_reader_that_only_stops_writing_is_not_polled_again(sink: UnixSocketSink, reader: Reader) -> None:
    reader.ask({"levels": True})
    reader.socket.shutdown(socket.SHUT_WR)
    for _ in range(3):
        sink.tick()
    assert sink.wants_levels
    sink.publish(event())
    assert len(reader.lines()) == 1
    assert sink._readers[0]._poller.poll(0) == []


def test_a_flood_of_requests_is_read_in_pieces(sink: UnixSocketSink, reader: Reader) -> None:
    flood = b'{"levels": true}\n' * 100_000
    begin = time.monotonic()
    for _ in range(200):
        with suppress(BlockingIOError):
            flood = flood[reader.socket.send(flood) :]
        tick = time.monotonic()
        sink.tick()
        assert time.monotonic() - tick < 1
    assert time.monotonic() - begin < 10
    sink.publish(event())
    assert len(reader.lines()) == 1
