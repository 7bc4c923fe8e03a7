"""Readers of the command's output and sockets, each in its own thread."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Event = dict[str, Any]


class Reader(threading.Thread):
    """Reads lines until the end of a file, and lets other threads wait for one."""

    def __init__(self, file: Any, most: int | None = None) -> None:
        super().__init__(daemon=True)
        self.lines: list[str] = []
        self.times: list[float] = []  # when each line arrived, monotonic
        self._file = file
        self._most = most
        self._news = threading.Condition()
        self.start()

    def run(self) -> None:
        for line in self._file:
            with self._news:
                self.lines.append(line)
                self.times.append(time.monotonic())
                self._news.notify_all()
            if len(self.lines) == self._most:
                break
        self._file.close()

    def wait_for(self, wanted: Callable[[Event], bool]) -> None:
        with self._news:
            assert self._news.wait_for(lambda: any(wanted(json.loads(line)) for line in self.lines), timeout=60)


def connect(path: Path, most: int | None = None) -> Reader:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        return Reader(connection.makefile("r"), most)
