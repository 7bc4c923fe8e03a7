"""Levels from the real command: sent on request only, valid against the schema, and measured only then."""

from __future__ import annotations

import json
import os
import socket
import tempfile
import time
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from edge_ser.listening.session import Session
from edge_ser.listening.stop_signals import StopSignals
from edge_ser.recognition import level
from edge_ser.settings import InputSettings, ListenSettings, OutputSettings
from tests.cli.command import start
from tests.end_to_end.reader import Reader

SCHEMA = json.loads((resources.files("edge_ser") / "events.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder with a short path, since that of a socket may have 107 bytes only."""
    with tempfile.TemporaryDirectory(prefix="edge-ser-") as folder:
        yield Path(folder)


def connect(path: Path, request: bytes = b"") -> tuple[socket.socket, Reader]:
    connection = socket.socket(socket.AF_UNIX)
    for _ in range(600):
        try:
            connection.connect(str(path))
            break
        except OSError:
            time.sleep(0.05)
    connection.sendall(request)
    return connection, Reader(connection.makefile("r"))


def test_only_readers_that_ask_get_levels(short_path: Path) -> None:
    listen = ("listen", "--input", "demo", "--realtime", "--duration", "5", "--format", "json")
    with start(*listen, "--publish", f"unix:{short_path / 's'}") as listening:
        asking, asked = connect(short_path / "s", b'{"levels": true}\n')
        other, silent = connect(short_path / "s")
        assert listening.stdout is not None
        printed = [json.loads(line) for line in listening.stdout]
        assert listening.wait(30) == 0
        for reader in (asked, silent):
            reader.join(10)
        asking.close()
        other.close()
    lines = [json.loads(line) for line in asked.lines]
    for line in lines:
        VALIDATOR.validate(line)
    levels = [line for line in lines if line["event"] == "level"]
    assert 15 <= len(levels) <= 50  # of 5 s
    positions = [line["position"] for line in levels]
    assert positions == sorted(positions)
    loud = {line["level"] > -40 for line in levels if line["speech"]}
    assert True in loud, "speech is loud"
    assert any(line["level"] < -50 and not line["speech"] for line in levels), "its pauses are not"
    assert all(line["peak"] >= line["level"] - 0.1 for line in levels)
    others = [line for line in lines if line["event"] != "level"]
    told = [json.loads(line) for line in silent.lines]
    assert [line for line in printed if line in others] == others
    assert "level" not in {line["event"] for line in (*printed, *told)}


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Whether levels are measured in this process."""
    blocks: list[Any] = []
    monkeypatch.setattr(level.LevelMeter, "read", lambda self, block, *rest: blocks.append(block))
    monkeypatch.delitem(os.environ, "NOTIFY_SOCKET", raising=False)
    yield blocks


def test_levels_are_measured_only_on_request(short_path: Path, measured: list[Any]) -> None:
    settings = ListenSettings(
        input=InputSettings("demo", duration=2), output=OutputSettings("none", (f"unix:{short_path / 's'}",))
    )
    session = Session(settings)
    with StopSignals() as signals:
        session.run(signals, lambda: settings)
    assert measured == []
