"""Notifications to systemd over a real socket."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

from edge_ser.events import EmotionEvent, Event, StatusEvent
from edge_ser.sinks.systemd import Notifier, SystemdSink

NOW = datetime(2026, 11, 24, tzinfo=timezone.utc)


class Manager:
    """systemd's end of the socket."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self._socket.setblocking(False)

    def read(self) -> list[str]:
        got = []
        while True:
            try:
                got.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return got

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest) -> Iterator[Manager]:
    with tempfile.TemporaryDirectory() as folder:
        name = f"{folder}/notify" if request.param == "path" else f"@edge-ser-test-{Path(folder).name}"
        manager = Manager(name)
        yield manager
        manager.close()


def status(status: str, message: str) -> StatusEvent:
    return StatusEvent(NOW, status, message, 0.0)


def final(label: str, final: bool = True) -> EmotionEvent:
    return EmotionEvent(NOW, 1, final, 0.0, 1.0, label, 0.834, {label: 0.834})


def told(manager: Manager, *events: Event) -> list[str]:
    sink = SystemdSink(Notifier({"NOTIFY_SOCKET": manager.address}))
    for event in events:
        sink.publish(event)
    return [line.removeprefix("STATUS=") for line in manager.read()]


def test_the_status_line_has_the_state(manager: Manager) -> None:
    assert told(manager, status("no-microphone", "none; waiting"), status("listening", "listening to a")) == [
        "none; waiting",
        "listening to a",
    ]


def test_the_status_line_has_the_count_and_the_last_label(manager: Manager) -> None:
    lines = told(manager, status("listening", "on"), final("anger", final=False), final("fear"), final("anger"))
    assert lines == ["on", "on; 1 utterances, last fear 83%", "on; 2 utterances, last anger 83%"]


def test_a_fault_is_shown_until_it_ends(manager: Manager) -> None:
    lines = told(
        manager, status("listening", "on"), status("deaf", "only zeros"), final("fear"), status("recovered", "")
    )
    assert lines[1:] == [
        "on; only zeros",
        "on; only zeros; 1 utterances, last fear 83%",
        "on; 1 utterances, last fear 83%",
    ]


def test_a_new_microphone_starts_without_a_fault(manager: Manager) -> None:
    lines = told(manager, status("deaf", "only zeros"), status("device-lost", "gone"), status("listening", "on"))
    assert lines[-1] == "on"


def test_overflows_are_counted(manager: Manager) -> None:
    lines = told(manager, status("listening", "on"), status("overflow", "1 s"), status("overflow", "2 s"))
    assert lines[-1] == "on; 2 overflows"


def test_the_watchdog_is_pinged_three_times_per_timeout(manager: Manager) -> None:
    now = [100.0]
    notifier = Notifier({"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "30000000"})
    sink = SystemdSink(notifier, clock=lambda: now[0])
    for _ in range(241):
        sink.tick()
        now[0] += 0.125
    assert manager.read() == ["WATCHDOG=1"] * 4  # at 0, 10, 20 and 30 s


@pytest.mark.parametrize(
    "environment",
    [{}, {"WATCHDOG_USEC": "0x"}, {"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}],
    ids=["none", "odd", "another's"],
)
def test_there_are_no_pings_without_a_watchdog(manager: Manager, environment: dict[str, str]) -> None:
    sink = SystemdSink(Notifier({"NOTIFY_SOCKET": manager.address} | environment))
    sink.tick()
    assert manager.read() == []


def test_an_unreachable_systemd_is_harmless(manager: Manager) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": manager.address})
    for _ in range(5000):
        notifier.send("STATUS=" + "x" * 1000)
    assert manager.read()
    manager.close()
    notifier.send("READY=1")
    Notifier({}).send("READY=1")
