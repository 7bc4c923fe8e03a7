"""`edge-ser watch` as users run it: in a terminal, in a pipe, while services start and stop."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import struct
import subprocess
import termios
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.cli.screen import Screen
from edge_ser.client import Condition, Link
from edge_ser.errors import InvalidSetting, NotPermitted
from tests.cli.command import EDGE_SER, TIMEOUT, assert_refused, open_terminal, run, start, without_privileges
from tests.dashboard.running import Service, emotion, level, status, wait_until

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A terminal with `edge-ser watch` on it."""

    def __init__(self, arguments: list[str], env: dict[str, str], columns: int = 80, rows: int = 24) -> None:
        self._main, terminal = open_terminal()
        self.shown = ""
        self.resize(columns, rows)
        self.process = subprocess.Popen(
            [*EDGE_SER, "watch", *arguments],
            stdin=terminal,
            stdout=terminal,
            stderr=subprocess.PIPE,
            env=env,
            text=True,
        )
        os.close(terminal)
        threading.Thread(target=self._read, daemon=True).start()

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._main, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def frame(self) -> list[str]:
        """Return the lines of the last whole screen."""
        frames = [part for part in self.shown.split("\x1b[H")[1:] if "\x1b[J" in part]
        return ESCAPE.sub("", frames[-1].split("\x1b[J")[0]).replace("\r", "").split("\n") if frames else []

    def wait_for(self, text: str) -> list[str]:
        wait_until(lambda: any(text in line for line in self.frame()))
        return self.frame()

    def _read(self) -> None:
        try:
            while piece := os.read(self._main, 65_536):
                self.shown += piece.decode(errors="replace")
        except OSError:  # Linux's sign that the other end is closed
            pass


@contextmanager
def terminal(path: Path, columns: int = 80, rows: int = 24, **env: str) -> Iterator[Terminal]:
    plain = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TERM")}
    watching = Terminal(["--socket", str(path)], plain | {"TERM": "xterm", "LC_ALL": "C.UTF-8"} | env, columns, rows)
    with watching.process:
        try:
            yield watching
        finally:
            watching.process.kill()


def test_a_terminal_shows_what_is_heard(short_path: Path) -> None:
    with Service(short_path / "s") as service, terminal(short_path / "s") as screen:
        screen.wait_for("connected; nothing heard yet")
        service.publish(status("listening", "listening to USB PnP"), emotion(1, "fear", final=False))
        lines = screen.wait_for("fear 75%  2.0 s  …")
        assert lines[0] == "edge-ser  listening to USB PnP"
        assert "  none yet" in lines
        bars = {line.split()[0]: line.count("█") for line in lines if "█" in line}
        assert bars == {"anger": 2, "disgust": 2, "fear": 38, "happiness": 2, "neutral": 2, "sadness": 2}
        service.publish(emotion(1, "fear"), status("deaf", "the microphone delivers exact zeros"))
        lines = screen.wait_for("exact zeros")
        assert any(re.fullmatch(r"  \d\d:\d\d:\d\d   2\.0 s  fear         75%  █{15}·{5}", line) for line in lines)
        assert "\x1b[35m" in screen.shown
        screen.process.send_signal(signal.SIGINT)
        assert screen.process.wait(TIMEOUT) == 130
        wait_until(lambda: screen.shown.endswith("\x1b[?1049l"))
        assert "\x1b[?25h" in screen.shown
        assert screen.process.stderr is not None
        assert screen.process.stderr.read() == ""


def test_the_level_moves_and_falls_to_nothing(short_path: Path) -> None:
    with Service(short_path / "s") as service, terminal(short_path / "s") as screen:
        wait_until(lambda: service.wants_levels)
        empty = f"  level, dBFS    - {'·' * 50}"
        assert empty in screen.wait_for("connected")
        for _ in range(20):  # of 40 a second
            service.publish(level(-36.0, speech=True))
            time.sleep(0.025)
        drawn = len(screen.shown.split("\x1b[H"))
        assert f"  level, dBFS  -36 {'█' * 25}{'·' * 25}  speech" in screen.wait_for("-36")
        assert drawn < 10
        begin = time.monotonic()
        wait_until(lambda: empty in screen.frame(), 5)  # as when muted
        assert time.monotonic() - begin < 3
        service.publish(level(-96.0))
        screen.wait_for(f"  level, dBFS  -96 {'·' * 50}")
    with Service(short_path / "s") as service, start("watch", "--socket", short_path / "s") as watching:
        service.readers(1)
        time.sleep(0.2)
        assert not service.wants_levels  # a pipe shows no level
        watching.terminate()


def test_resized_windows_and_no_color(short_path: Path) -> None:
    with (
        Service(short_path / "s") as service,
        terminal(short_path / "s", NO_COLOR="1", PYTHONIOENCODING="ascii") as screen,
    ):
        screen.wait_for("connected")
        service.publish(emotion(1, "fear"))
        assert any("#" in line for line in screen.wait_for("fear"))
        screen.resize(30, 8)
        wait_until(lambda: len(screen.frame()) == 8 and max(map(len, screen.frame())) <= 30)
        assert not re.search(r"\x1b\[[0-9;]*m", screen.shown)
        assert screen.shown.isascii()


def test_it_waits_for_a_service_and_reconnects(short_path: Path) -> None:
    with terminal(short_path / "s", columns=200) as screen:
        screen.wait_for("there is no socket")
        for label in ("fear", "anger"):
            with Service(short_path / "s") as service:
                service.readers(1)
                service.publish(emotion(1, label))
                screen.wait_for(f"{label} 75%")
            screen.wait_for("there is no socket")
        frame = screen.frame()
    assert [line.split()[3] for line in frame if re.match(r"  \d\d:", line)] == ["anger", "fear"]


def test_pipe_gets_one_line_per_utterance(short_path: Path) -> None:
    with start("watch", "--socket", short_path / "s") as watching:
        assert watching.stdout is not None
        assert watching.stderr is not None
        assert "there is no socket" in watching.stderr.readline()
        with Service(short_path / "s") as service:
            assert "connected to" in watching.stderr.readline()
            service.readers(1)
            service.publish(emotion(1, "fear", final=False), status("muted", "muted until 12:00"), emotion(1, "fear"))
            assert re.fullmatch(r"\d\d:\d\d:\d\d   2\.0 s  fear         75%  \S{20}\n", watching.stdout.readline())
            assert watching.stderr.readline() == "muted until 12:00\n"
            watching.send_signal(signal.SIGTERM)
            assert watching.wait(TIMEOUT) == 143
        assert watching.stdout.read() + watching.stderr.read() == ""


def test_the_end_of_the_pipe_ends_it(short_path: Path) -> None:
    with Service(short_path / "s") as service, start("watch", "--socket", short_path / "s") as watching:
        assert watching.stdout is not None
        service.readers(1)
        watching.stdout.close()
        service.publish(emotion(1), emotion(2))
        assert watching.wait(TIMEOUT) == 141


def test_a_socket_of_others(short_path: Path) -> None:
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("root may connect to everything, and setpriv (util-linux) is not installed")
    with Service(short_path / "s"):
        if os.geteuid() == 0:
            os.chown(short_path / "s", 12_345, 12_345)
        (short_path / "s").chmod(0o000)
        done = run("watch", "--socket", short_path / "s", prefix=without_privileges())
    assert_refused(done, NotPermitted, str(short_path), "group audio")


def test_wrong_usage() -> None:
    assert_refused(run("watch", "--socket", "/" + "x" * 200), InvalidSetting, "107 bytes")
    assert run("watch", "extra").returncode == 2


@given(columns=st.integers(1, 120), rows=st.integers(1, 40), colour=st.booleans(), plain=st.booleans(),
       heard=st.integers(0, 50), link=st.sampled_from(list(Link)), message=st.text(max_size=200),
       loud=st.none() | st.floats(-96, 0))  # fmt: skip
def test_no_window_is_too_small(
    columns: int, rows: int, colour: bool, plain: bool, heard: int, link: Link, message: str, loud: float | None
) -> None:
    screen = Screen(Path("/s"), Condition().after(link), None, deque(maxlen=100))
    for number in range(heard):
        screen = screen.heard(emotion(number + 1, "a label of some other model"))
    screen = screen.in_condition(status("listening", "".join(filter(str.isprintable, message))))
    screen = screen.at_level(None if loud is None else level(loud, speech=loud > -50))
    lines = screen.lines(columns, rows, colour, plain)
    assert 1 <= len(lines) <= rows
    for line in lines:
        assert len(ESCAPE.sub("", line)) <= columns
        assert line.isascii() or not plain
    if not colour:
        assert "\x1b" not in "".join(lines)
