"""Readers of the socket get every line, even if others are slow, dead or stuck."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

from edge_ser.errors import SocketInUse, SocketUnwritable
from edge_ser.events import StatusEvent
from edge_ser.sinks.unix_socket.sink import UnixSocketSink

TIME = datetime(2026, 1, 1, tzinfo=timezone.utc)


def event(number: int, size: int = 10) -> StatusEvent:
    return StatusEvent(TIME, "overflow", f"{number} " + "x" * size, float(number))


def connect(path: Path) -> socket.socket:
    reader = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    reader.settimeout(5)
    reader.connect(str(path))
    return reader


def lines(reader: socket.socket) -> list[dict[str, object]]:
    """Read until the other end closes."""
    received = b""
    while chunk := reader.recv(65_536):
        received += chunk
    return [json.loads(line) for line in received.splitlines()]


def test_readers_get_all_lines_after_they_connect(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with UnixSocketSink(path) as sink:
        early = [connect(path) for _ in range(20)]
        sink.publish(event(1))
        late = connect(path)
        sink.publish(event(2))
    assert all([line["position"] for line in lines(reader)] == [1, 2] for reader in early)
    assert [line["position"] for line in lines(late)] == [2]
    assert not path.exists()


def test_a_new_reader_first_gets_the_current_state(tmp_path: Path) -> None:
    path = tmp_path / "s"

    def told(*statuses: str) -> list[object]:
        for status in statuses:
            sink.publish(StatusEvent(TIME, status, "so it is", 0.0))
        reader = connect(path)
        sink.tick()
        reader.setblocking(False)
        try:
            return [json.loads(line)["status"] for line in reader.recv(65_536).splitlines()]
        except BlockingIOError:
            return []
        finally:
            reader.close()

    with UnixSocketSink(path) as sink:
        assert told() == []
        assert told("no-microphone", "listening", "overflow") == ["listening"]
        assert told("deaf") == ["listening", "deaf"]
        assert told("clipping") == ["listening", "clipping"]
        assert told("recovered") == ["listening"]
        assert told("deaf", "muted") == ["muted"]


def test_a_stuck_reader_is_told_what_it_missed(tmp_path: Path) -> None:
    path = tmp_path / "s"
    count = 3_000
    with UnixSocketSink(path) as sink:
        stuck, gone, good = connect(path), connect(path), connect(path)
        received = b""
        begin = time.monotonic()
        for number in range(count):
            sink.publish(event(number, size=1_000))
            received += good.recv(65_536)
            if number == 5:
                gone.close()
        assert time.monotonic() - begin < 20, "publishing waited for the stuck reader"
        while received.count(b"\n") < count:
            received += good.recv(65_536)
        assert [json.loads(line)["position"] for line in received.splitlines()] == list(range(count))

        stuck.setblocking(False)  # it wakes up and reads all waiting lines
        old = bytearray()
        number = count
        while b'"dropped"' not in old and number < count + 5_000:
            try:
                while chunk := stuck.recv(1_000_000):
                    old += chunk
            except BlockingIOError:
                pass
            sink.publish(event(number))
            number += 1
        positions = [json.loads(line) for line in old.splitlines()]
        told = next(line for line in positions if line["status"] == "dropped")
        kept = [line["position"] for line in positions[: positions.index(told)]]
        assert kept == list(range(len(kept))), "its lines are in order and complete"
        assert "events were dropped" in told["message"]
        for reader in (stuck, good):
            reader.close()


def test_readers_come_and_go_without_events(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with UnixSocketSink(path) as sink:
        for _ in range(200):  # more than the kernel's backlog
            connect(path).close()
            sink.tick()
        assert not sink._readers


def test_a_reader_that_only_stops_sending_stays(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with UnixSocketSink(path) as sink:
        reader = connect(path)
        reader.shutdown(socket.SHUT_WR)
        sink.tick()
        sink.publish(event(1))
    assert len(lines(reader)) == 1


def test_too_many_open_files_are_harmless(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with UnixSocketSink(path) as sink:
        first = connect(path)
        sink.tick()
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        waiting = connect(path)
        free = os.dup(first.fileno())
        os.close(free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free, before[1]))
        try:
            sink.publish(event(1))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
        sink.publish(event(2))
    assert [line["position"] for line in lines(first)] == [1, 2]
    assert [line["position"] for line in lines(waiting)] == [2]


def test_dropped_events_are_reported_at_the_end_too(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with UnixSocketSink(path) as sink:
        reader = connect(path)
        for number in range(3_000):
            sink.publish(event(number, size=1_000))
        received = b""
        reader.setblocking(False)
        for _ in range(100):  # it wakes up; nothing more happens
            try:
                while chunk := reader.recv(1_000_000):
                    received += chunk
            except BlockingIOError:
                sink.tick()
        reader.setblocking(True)
    last = json.loads(received.splitlines()[-1])
    assert last["status"] == "dropped"
    kept = len(received.splitlines()) - 1
    assert last["message"].startswith(f"{3_000 - kept} events were dropped")
    assert last["position"] == 2_999


def test_a_live_socket_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with UnixSocketSink(path):
        with pytest.raises(SocketInUse, match="another process serves"):
            UnixSocketSink(path)
        connect(path).close()


def test_a_dead_socket_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "s"
    program = f"import os, socket; socket.socket(socket.AF_UNIX).bind({str(path)!r}); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", program], check=False)
    assert path.is_socket()
    with UnixSocketSink(path) as sink:
        reader = connect(path)
        sink.publish(event(1))
    assert len(lines(reader)) == 1


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: folder / "missing" / "s", "No such file or directory"),
        (lambda folder: folder / ("x" * 120), "longer than 107 bytes"),
    ],
)
def test_an_unwritable_path_is_an_error_with_its_reason(tmp_path: Path, make, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(SocketUnwritable, match=words):
        UnixSocketSink(make(tmp_path))


def test_a_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("keep me")
    with pytest.raises(SocketUnwritable, match="exists and is not a socket"):
        UnixSocketSink(path)
    assert path.read_text() == "keep me"
