"""The open sinks: those that a reload closes and keeps, and the events that queues have dropped."""

from __future__ import annotations

import socket
import threading
from datetime import datetime, timezone
from pathlib import Path

import pytest

from edge_ser.errors import EdgeSerError, SocketUnwritable
from edge_ser.events import StatusEvent
from edge_ser.listening.outputs import Outputs
from edge_ser.settings import ListenSettings, OutputSettings
from edge_ser.sinks import Sink
from edge_ser.sinks.queued import QueuedSink
from edge_ser.sinks.systemd import Notifier

EVENT = StatusEvent(datetime(2026, 11, 24, tzinfo=timezone.utc), "listening", "on", 0.0)


def settings(*publish: str) -> ListenSettings:
    return ListenSettings(output=OutputSettings("none", publish))


def connect(path: Path) -> socket.socket:
    reader = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    reader.connect(str(path))
    reader.settimeout(5)
    return reader


def test_a_reload_closes_only_removed_sinks(tmp_path: Path) -> None:
    stays, goes = tmp_path / "a", tmp_path / "b"
    outputs = Outputs(Notifier({}))
    outputs.open(settings(f"unix:{stays}", f"unix:{goes}"))
    with connect(stays) as reader:
        outputs.tick()
        outputs.open(settings(f"unix:{stays}"))
        assert not goes.exists()
        outputs.publish([EVENT])
        assert b"listening" in reader.recv(4_096)
        outputs.close()
    assert not stays.exists()


def test_if_a_sink_fails_to_open_nothing_changes(tmp_path: Path) -> None:
    outputs = Outputs(Notifier({}))
    outputs.open(settings(f"unix:{tmp_path / 'a'}"))
    with pytest.raises(SocketUnwritable):
        outputs.open(settings(f"unix:{tmp_path / 'c'}", f"unix:{tmp_path}/none/b"))
    assert not (tmp_path / "c").exists()
    assert (tmp_path / "a").exists()
    outputs.close()


class Stuck(Sink):
    """A sink that waits until it is released."""

    def __init__(self) -> None:
        self.gate = threading.Event()

    def publish(self, event: object) -> None:
        self.gate.wait(10)


def test_dropped_events_are_counted_by_sink(monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = [Stuck(), Stuck()]
    made = iter(QueuedSink("hook", sink, most_waiting=2) for sink in stuck)
    monkeypatch.setattr("edge_ser.sinks.destinations.make", lambda *_: next(made))
    outputs = Outputs(Notifier({}))
    outputs.open(settings("exec:first", "exec:second"))
    outputs.publish([EVENT] * 10)
    assert 14 <= outputs.dropped()["hook"] <= 16  # of twenty; two wait in each queue, and each sink may have one
    for sink in stuck:
        sink.gate.set()
    outputs.close()


def test_errors_of_opening_are_passed_on(tmp_path: Path) -> None:
    with pytest.raises(EdgeSerError, match="is not a socket"):
        (tmp_path / "file").touch()
        Outputs(Notifier({})).open(settings(f"unix:{tmp_path / 'file'}"))
