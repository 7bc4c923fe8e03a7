"""The dashboard in a process of its own, a service that publishes what a test wants, and requests to the dashboard."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from edge_ser.events import LABELS, EmotionEvent, Event, LevelEvent, StatusEvent
from edge_ser.sinks.unix_socket.sink import UnixSocketSink
from tests.cli.command import TIMEOUT, start

SECRET = "correct-horse-battery"


def token_file(folder: Path) -> Path:
    """Write a file with the token ``SECRET``."""
    path = folder / "token"
    path.write_text(SECRET + "\n")
    path.chmod(0o600)
    return path


def now() -> datetime:
    return datetime.now(timezone.utc)


def emotion(utterance: int = 1, label: str = "happiness", final: bool = True, length: float = 2.0) -> EmotionEvent:
    probabilities = {known: 0.75 if known == label else 0.05 for known in LABELS}
    return EmotionEvent(now(), utterance, final, 1.0, 1.0 + length, label, 0.75, probabilities)


def status(word: str, message: str = "a line for people") -> StatusEvent:
    return StatusEvent(now(), word, message, 0.0)


def level(decibels: float, speech: bool = False) -> LevelEvent:
    return LevelEvent(now(), 1.0, decibels, min(decibels + 10, 0), speech)


class Service:
    """Publishes events on a socket, as `edge-ser listen` does."""

    def __init__(self, path: Path, mute_file: Path | None = None) -> None:
        self._sink = UnixSocketSink(path, mute_file)
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def publish(self, *events: Event | LevelEvent) -> None:
        with self._lock:
            for event in events:
                if isinstance(event, LevelEvent):
                    self._sink.publish_level(event)
                else:
                    self._sink.publish(event)

    @property
    def wants_levels(self) -> bool:
        with self._lock:
            return self._sink.wants_levels

    def readers(self, count: int) -> None:
        """Wait until there are a number of readers."""
        wait_until(lambda: len(self._sink._readers) >= count)

    def _tick(self) -> None:
        while not self._over.wait(0.02):
            with self._lock:
                self._sink.tick()

    def __enter__(self) -> Service:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        self._thread.join()
        self._sink.__exit__()


def wait_until(holds: Callable[[], Any], seconds: float = 20) -> Any:
    """Wait until a condition holds, and return its value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s")


class Dashboard:
    """A running dashboard."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.url = url
        self.port = urlsplit(url).port or 0

    def ask(
        self, path: str, method: str = "GET", body: str | None = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, str]:
        """Return status, headers and content of an answer; `_` in the name of a header stands for `-`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()

    def state(self, **headers: str) -> dict[str, Any]:
        answered, _, text = self.ask("/state", **headers)
        assert answered == 200, text
        state: dict[str, Any] = json.loads(text)
        return state

    def wait_for_link(self, link: str) -> None:
        wait_until(lambda: self.state()["state"]["link"] == link)

    def stream(self) -> Stream:
        return Stream(self.port)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(TIMEOUT)


class Stream:
    """Server-sent events of a dashboard."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.socket.sendall(b"GET /events HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
        self._file = self.socket.makefile("rb")
        assert b" 200 " in self._file.readline()
        while self._file.readline().strip():
            pass

    def next(self, name: str) -> Any:
        """Return the content of the next event with a name."""
        called = ""
        while raw := self._file.readline():
            line = raw.decode().strip()
            if line.startswith("event: "):
                called = line.removeprefix("event: ")
            elif line.startswith("data: ") and called == name:
                return json.loads(line.removeprefix("data: "))
        raise AssertionError("the stream has ended")

    def first(self) -> str:
        """Return the name of the next event."""
        while raw := self._file.readline():
            if raw.startswith(b"event: "):
                return raw.decode().removeprefix("event: ").strip()
        return ""

    def rest(self) -> bytes:
        return self._file.read()

    def close(self) -> None:
        self._file.close()
        self.socket.close()


@contextmanager
def dashboard(socket_path: Path, *arguments: str | Path, port: int = 0) -> Iterator[Dashboard]:
    """Run a dashboard on loopback."""
    options = ("--port", str(port), "--socket", socket_path)
    with start("dashboard", *options, *arguments) as process:
        try:
            assert process.stderr is not None
            said = process.stderr.readline()
            assert said.startswith("dashboard: http://"), said
            yield Dashboard(process, said.split()[1])
        finally:
            process.kill()
