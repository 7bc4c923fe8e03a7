"""The service in daily use: without a microphone, unplugged, muted, and with a new configuration."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import soundfile

from edge_ser.sources.recording import read_samples
from tests.cli.command import DEMONSTRATION, start
from tests.end_to_end.reader import Event, Reader, connect
from tests.virtual_microphone import PulseMicrophone, pulse_microphone


class Manager(threading.Thread):
    """systemd's end of the notification socket."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self.lines: list[tuple[float, str]] = []
        self._news = threading.Condition()
        self.start()

    def run(self) -> None:
        while True:
            for line in self._socket.recv(8192).decode().splitlines():
                with self._news:
                    self.lines.append((time.monotonic(), line))
                    self._news.notify_all()

    def wait_for(self, text: str, after: int = 0) -> None:
        with self._news:
            assert self._news.wait_for(lambda: any(text in line for _, line in self.lines[after:]), 30), self.lines


class Daemon:
    """A running `edge-ser listen --config` with its microphone, socket and notification socket."""

    def __init__(self, folder: Path, microphone: PulseMicrophone) -> None:
        self.folder = folder
        self.microphone = microphone
        self.config = folder / "config.toml"
        self.muted = folder / "muted"
        self.configure(f"unix:{folder}/a")
        self.manager = Manager(folder / "notify")
        environment = microphone.env | {"NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": "1500000"}
        self.process = start("listen", "--config", self.config, env=environment)
        self.out = Reader(self.process.stdout)
        self.err = Reader(self.process.stderr)
        self.manager.wait_for("READY=1")
        self.events = connect(folder / "a")

    def configure(self, *sockets: str, wait: str = "true") -> None:
        privacy = f'[privacy]\nmute_file = "{self.muted}"\n'
        self.config.write_text(f"[microphone]\nwait = {wait}\n[output]\npublish = {json.dumps(sockets)}\n{privacy}")

    def wait_for(self, status: str, count: int = 1) -> float:
        """Wait until a status has arrived on the socket a number of times; return when the last one was seen."""
        end = time.monotonic() + 40
        while time.monotonic() < end:
            if sum(event.get("status") == status for event in self.seen) >= count:
                return time.monotonic()
            time.sleep(0.02)
        raise AssertionError(f"no {status} but {[event.get('status') for event in self.seen]}; {self.err.lines}")

    @property
    def seen(self) -> list[Event]:
        return [json.loads(line) for line in list(self.events.lines)]

    def hear(self) -> list[Event]:
        """Play the demonstration's first two sentences and return their final events."""
        before = len(self.seen)
        sentences = self.folder / "sentences.wav"
        soundfile.write(sentences, read_samples(DEMONSTRATION)[: 9 * 16_000], 16_000)
        assert self.microphone.play(sentences).wait(timeout=60) == 0
        time.sleep(1.5)
        return [event for event in self.seen[before:] if event.get("final")]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """One daemon for all tests of this file, which depend on their order; it starts without a microphone."""
    folder = tmp_path_factory.mktemp("daemon")
    with (
        tempfile.TemporaryDirectory(prefix="edge-ser-") as short,
        pulse_microphone(folder, plugged_in=False) as microphone,
    ):
        daemon = Daemon(Path(short), microphone)
        try:
            yield daemon
        finally:
            daemon.process.kill()
            daemon.process.wait()


def test_without_a_microphone_it_waits_and_pings_the_watchdog(daemon: Daemon) -> None:
    daemon.manager.wait_for("STATUS=no microphone found; plug one in")
    time.sleep(3)
    pings = [at for at, line in daemon.manager.lines if line == "WATCHDOG=1"]
    assert len(pings) >= 4
    assert max(b - a for a, b in pairwise(pings)) < 1.5
    assert daemon.process.poll() is None


def test_a_new_microphone_is_used(daemon: Daemon) -> None:
    daemon.microphone.plug_in()
    daemon.wait_for("listening")
    assert len(daemon.hear()) == 2
    daemon.manager.wait_for("utterances, last ")
    assert any("neutral" in line for line in daemon.out.lines)


def test_it_recovers_after_the_microphone_was_unplugged(daemon: Daemon) -> None:
    daemon.microphone.kill()
    daemon.wait_for("device-lost")
    time.sleep(1)
    daemon.microphone.plug_in()
    daemon.wait_for("listening", 2)
    assert len(daemon.hear()) == 2


def test_muting_takes_effect_within_a_second(daemon: Daemon) -> None:
    before = time.monotonic()
    daemon.muted.touch()
    assert daemon.wait_for("muted") - before < 1.0
    daemon.manager.wait_for("STATUS=muted")
    assert daemon.hear() == []
    assert recorders(daemon) == 0
    daemon.muted.unlink()
    daemon.wait_for("listening", 3)


def recorders(daemon: Daemon) -> int:
    listing = ["pactl", "list", "short", "source-outputs"]
    done = subprocess.run(listing, env=daemon.microphone.env, capture_output=True, text=True, check=True)
    return len(done.stdout.splitlines())


def test_a_deaf_microphone_is_reported(daemon: Daemon) -> None:
    assert recorders(daemon) == 1
    daemon.wait_for("deaf")  # the virtual microphone delivers exact zeros while nothing is played


def test_an_invalid_configuration_changes_nothing(daemon: Daemon) -> None:
    daemon.config.write_text("[gate]\nonset = 7\n")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_for("not-reloaded")
    assert any("gate.onset = 7.0: allowed is 0.02 to 0.5 s" in line for line in daemon.err.lines)
    assert len(daemon.hear()) == 2


def test_a_new_configuration_applies_and_readers_stay(daemon: Daemon) -> None:
    mark = len(daemon.manager.lines)
    daemon.configure(f"unix:{daemon.folder}/a", f"unix:{daemon.folder}/b")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_for("reloaded")
    daemon.manager.wait_for("RELOADING=1", mark)
    daemon.manager.wait_for("READY=1", mark)
    other = connect(daemon.folder / "b")
    daemon.wait_for("listening", 4)
    assert len(daemon.hear()) == 2
    assert any(json.loads(line).get("final") for line in list(other.lines))


def test_sigterm_ends_listening(daemon: Daemon) -> None:
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.process.wait(timeout=3) == 143
    daemon.manager.wait_for("STOPPING=1")
    daemon.wait_for("stopped")
    assert not (daemon.folder / "a").exists()
    assert "Traceback" not in "".join(daemon.err.lines)
