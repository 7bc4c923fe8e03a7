"""The client of the socket: parsed events, and the reasons for having no connection."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.client import Condition, Link, Requests, check_path, explain, follow, parse
from edge_ser.errors import InvalidSetting
from edge_ser.events import LABELS, SILENCE, EmotionEvent, Event, LevelEvent, StatusEvent, to_json_line
from tests.cli.command import without_privileges
from tests.dashboard.running import Service, emotion, level, status, wait_until

TEXTS = st.text(st.characters(categories=["L", "N", "P", "Zs"], exclude_characters="\u3000\xa0"), min_size=1)
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1_000 * 1_000, tzinfo=timezone.utc)
)
SHARES = st.integers(0, 10_000).map(lambda share: share / 10_000)
SECONDS = st.integers(0, 10**9).map(lambda milliseconds: milliseconds / 1_000)
DECIBELS = st.integers(10 * round(SILENCE), 0).map(lambda tenths: tenths / 10)
EVENTS = st.one_of(
    st.builds(
        EmotionEvent, MOMENTS, st.integers(1, 10**6), st.booleans(), SECONDS, SECONDS, st.sampled_from(LABELS), SHARES,
        st.dictionaries(st.sampled_from(LABELS), SHARES, min_size=2),
    ),
    st.builds(StatusEvent, MOMENTS, st.just("listening"), st.just("a line"), SECONDS),
    st.builds(LevelEvent, MOMENTS, SECONDS, DECIBELS, DECIBELS, st.booleans()),
)  # fmt: skip


def until(items: Iterator[Event | LevelEvent | Link | None], wanted: Any) -> None:
    """Take items until one matches; the number of ticks is bounded."""
    ticks = 0
    for item in items:
        if item == wanted:
            return
        ticks += item is None
        assert ticks < 60, f"{wanted} did not come"


@given(EVENTS)
def test_written_events_are_parsed_back(event: Event | LevelEvent) -> None:
    assert parse(to_json_line(event).encode()) == event


@given(st.one_of(st.binary(), st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["event", "schema", "time", "label"]), inner),
).map(lambda thing: repr(thing).encode())))  # fmt: skip
def test_lines_that_are_not_events_are_ignored(line: bytes) -> None:
    assert parse(line) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"schema": 1', '"schema": 2'),
        ('"emotion"', '"smell"'),
        ('"confidence": 0.75', '"confidence": NaN'),
        ('"confidence": 0.75', '"confidence": 7'),
        ('"confidence": 0.75', '"confidence": 1' + "0" * 400),
        ('"start": 1.0', '"start": -1'),
        ('"label": "happiness"', '"label": 3'),
        ('"probabilities": {', '"probabilities": [], "x": {'),
    ],
)
def test_impossible_events_are_ignored(old: str, new: str) -> None:
    line = to_json_line(emotion())
    assert old in line
    assert parse(line.encode()) is not None
    assert parse(line.replace(old, new, 1).encode()) is None


@pytest.mark.parametrize("wrong", ['"level": 1', '"level": -97', '"level": NaN', '"level": null', '"loud": 0'])
def test_impossible_levels_are_ignored(wrong: str) -> None:
    line = to_json_line(level(-20.0))
    assert parse(line.encode()) is not None
    assert parse(line.replace('"level": -20.0', wrong).encode()) is None


def test_deep_nesting_and_escape_sequences_are_harmless() -> None:
    assert parse(b"[" * 100_000) is None
    event = parse(to_json_line(status("listening", "to \x1b[2Jme\r")).encode())
    assert isinstance(event, StatusEvent)
    assert event.message == "to ?[2Jme?"


def test_events_and_links_continue_after_a_restart(short_path: Path) -> None:
    path = short_path / "s"
    items = follow(path)
    assert next(items) is Link.NO_SOCKET
    event = emotion()
    for _ in range(2):
        with Service(path) as service:
            until(items, Link.CONNECTED)
            service.readers(1)
            service.publish(event)
            got = next(item for item in items if item is not None)
            assert isinstance(got, EmotionEvent)
            assert got.label == event.label
        until(items, Link.NO_SOCKET)
    items.close()


def test_levels_are_asked_for_again_after_a_restart(short_path: Path) -> None:
    requests = Requests()
    items = follow(short_path / "s", requests=requests)
    assert next(items) is Link.NO_SOCKET
    requests.ask_for_levels(True)
    assert not requests.mute(True)  # nobody there
    for _ in range(2):
        with Service(short_path / "s", short_path / "muted") as service:
            until(items, Link.CONNECTED)
            next(items)  # it is sent only now
            wait_until(lambda: service.wants_levels)
            service.publish(level(-20.0, speech=True))
            got = next(item for item in items if item is not None)
            assert isinstance(got, LevelEvent)
            assert (got.level, got.speech) == (-20.0, True)
            assert requests.mute(True)
            wait_until((short_path / "muted").exists)
            assert requests.mute(False)
            wait_until(lambda: not (short_path / "muted").exists())
        until(items, Link.NO_SOCKET)
    items.close()


def test_a_killed_service_differs_from_a_missing_one(short_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(short_path / "s"))
        server.listen()
    assert next(follow(short_path / "s")) is Link.NOT_SERVED
    (short_path / "file").touch()
    assert next(follow(short_path / "file")) is Link.NOT_A_SOCKET
    assert next(follow(short_path / "file" / "s")) is Link.NOT_A_SOCKET


def test_a_forbidden_socket_is_recognized(short_path: Path) -> None:
    script = "import sys, pathlib, edge_ser.client as c; print(next(c.follow(pathlib.Path(sys.argv[1]))))"
    with Service(short_path / "s"):
        if os.geteuid() == 0:
            if shutil.which("setpriv") is None:
                pytest.skip("root may connect to everything, and setpriv (util-linux) is not installed")
            os.chown(short_path / "s", 12_345, 12_345)
        (short_path / "s").chmod(0o000)
        command = [*without_privileges(), sys.executable, "-c", script, str(short_path / "s")]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "Link.NOT_PERMITTED\n"
    assert "group audio" in explain(Link.NOT_PERMITTED, short_path)


def test_a_server_without_lines_is_left(short_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(short_path / "s"))
        server.listen()
        items = follow(short_path / "s")
        assert next(items) is Link.CONNECTED
        connection, _ = server.accept()

        def flood() -> None:
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"x" * 1_000_000)

        thread = threading.Thread(target=flood, daemon=True)
        thread.start()
        server.listen(0)
        for item in items:
            if item is Link.CONNECTED:  # again: the first connection was given up
                break
            assert item is None
        items.close()


def test_following_ends_when_stopped() -> None:
    assert list(follow(Path("/nonexistent/s"), stop=lambda: True)) == []


def test_impossible_socket_paths_are_errors() -> None:
    check_path(Path("/" + "x" * 106))
    with pytest.raises(InvalidSetting, match="at most 107 bytes"):
        check_path(Path("/" + "x" * 107))


def test_losses_outlast_the_link_but_the_state_does_not() -> None:
    known = Condition().after(Link.CONNECTED)
    assert known.service.name == "unknown"
    known = known.after(status("listening")).after(status("deaf")).after(status("overflow")).after(status("dropped"))
    assert (known.service.name, known.service.overflows, known.service.dropped) == ("listening", 1, 1)
    assert known.after(status("reloaded")) == known
    gone = known.after(Link.NO_SOCKET)
    assert (gone.link, gone.service.name, gone.service.fault) == (Link.NO_SOCKET, "unknown", None)
    assert (gone.service.overflows, gone.service.dropped) == (1, 1)


def test_time_zones_make_no_difference() -> None:
    event = emotion()
    line = to_json_line(event).replace("Z", "+02:00", 1).encode()
    read = parse(line)
    assert read is not None
    assert abs(event.time - timedelta(hours=2) - read.time) < timedelta(milliseconds=1)
