"""A slow, stuck or failing sink blocks nothing but itself."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timezone

import pytest

from edge_ser.errors import EdgeSerError
from edge_ser.events import EmotionEvent, Event, StatusEvent
from edge_ser.sinks import Sink
from edge_ser.sinks.queued import QueuedSink
from tests.sinks.events import label

NOW = datetime(2026, 11, 24, tzinfo=timezone.utc)
EVENTS = [StatusEvent(NOW, "listening", str(number), float(number)) for number in range(20)]


class Inner(Sink):
    """A sink that waits for its gate, and fails for given events."""

    def __init__(self, failing: tuple[int, ...] = (), enters: bool = True) -> None:
        self.gate = threading.Event()
        self.got: list[Event] = []
        self.ticks = 0
        self.left = False
        self._failing = failing
        self._enters = enters

    def publish(self, event: Event) -> None:
        self.gate.wait(10)
        if EVENTS.index(event) in self._failing:  # type: ignore[arg-type]
            raise EdgeSerError("the broker is gone")
        self.got.append(event)

    def tick(self) -> None:
        self.ticks += 1

    def __enter__(self) -> Inner:
        if not self._enters:
            raise EdgeSerError("no broker at all")
        return self

    def __exit__(self, *exc: object) -> None:
        self.left = True


def test_events_arrive_in_order_and_the_sink_is_closed() -> None:
    inner = Inner()
    inner.gate.set()
    with QueuedSink("mqtt", inner) as sink:
        for event in EVENTS:
            sink.publish(event)
    assert inner.got == EVENTS
    assert inner.left
    assert sink.dropped == 0


def test_events_queued_before_entering_arrive() -> None:
    class Slow(Inner):
        def __enter__(self) -> Inner:
            time.sleep(0.3)
            return super().__enter__()

    inner = Slow()
    inner.gate.set()
    with QueuedSink("history", inner) as sink:
        for event in EVENTS:
            sink.publish(event)
    assert inner.got == EVENTS


def test_dropped_events_of_a_stuck_sink_are_counted(capfd: pytest.CaptureFixture[str]) -> None:
    inner = Inner()
    with QueuedSink("mqtt", inner, most_waiting=5) as sink:
        began = time.monotonic()
        for event in EVENTS:
            sink.publish(event)
        assert time.monotonic() - began < 1.0
        assert sink.dropped in (14, 15)  # the sink may have one already
        inner.gate.set()
        wait_until(lambda: len(inner.got) + sink.dropped == len(EVENTS))
        time.sleep(0.6)
    stderr = capfd.readouterr().err
    assert stderr.count("too slow") == 1
    assert "has caught up" in stderr
    assert f"{sink.dropped} events were dropped in all" in stderr


def test_the_end_does_not_wait_for_a_stuck_sink(capfd: pytest.CaptureFixture[str]) -> None:
    inner = Inner()
    began = time.monotonic()
    with QueuedSink("mqtt", inner) as sink:
        for event in EVENTS:
            sink.publish(event)
    assert time.monotonic() - began < 3.0
    assert "19 events were dropped in all" in capfd.readouterr().err
    inner.gate.set()


def test_stuck_sinks_end_in_parallel() -> None:
    inners = [Inner() for _ in range(4)]
    sinks = [QueuedSink(f"sink {number}", inner) for number, inner in enumerate(inners)]
    for sink in sinks:
        sink.__enter__()
        sink.publish(EVENTS[0])
    began = time.monotonic()
    for sink in sinks:
        sink.finish()
    for sink in sinks:
        sink.__exit__()
    assert time.monotonic() - began < 2.0
    for inner in inners:
        inner.gate.set()


def test_a_failure_is_reported_once_in_a_row(capfd: pytest.CaptureFixture[str]) -> None:
    inner = Inner(failing=(3, 4, 9))
    inner.gate.set()
    with QueuedSink("mqtt", inner) as sink:
        for event in EVENTS:
            sink.publish(event)
        wait_until(lambda: len(inner.got) == 17)
        assert sink.dropped == 3
    assert capfd.readouterr().err.count("mqtt: the broker is gone") == 2


def test_ignored_provisional_labels_do_not_end_a_failure(capfd: pytest.CaptureFixture[str]) -> None:
    class Full(Inner):
        def publish(self, event: Event) -> None:
            self.got.append(event)
            if isinstance(event, EmotionEvent) and event.final:
                raise EdgeSerError("no room")

    inner = Full()
    with QueuedSink("mqtt", inner) as sink:
        for number in range(6):
            sink.publish(label("anger", final=bool(number % 2)))
        wait_until(lambda: len(inner.got) == 6)
        wait_until(lambda: sink.dropped == 3)
    assert capfd.readouterr().err.count("mqtt: no room") == 1


def test_a_sink_that_cannot_be_entered_drops_all_events(capfd: pytest.CaptureFixture[str]) -> None:
    with QueuedSink("mqtt", Inner(enters=False)) as sink:
        for event in EVENTS:
            sink.publish(event)
        wait_until(lambda: sink.dropped == len(EVENTS))
    assert "mqtt: no broker at all" in capfd.readouterr().err


def test_a_bug_is_reported_and_does_not_end_the_thread(capfd: pytest.CaptureFixture[str]) -> None:
    class Faulty(Inner):
        def publish(self, event: Event) -> None:
            if event == EVENTS[0]:
                raise ValueError("nobody has thought of it")
            super().publish(event)

    inner = Faulty()
    inner.gate.set()
    with QueuedSink("mqtt", inner) as sink:
        for event in EVENTS:
            sink.publish(event)
        wait_until(lambda: len(inner.got) == 19)
        assert sink.dropped == 1
    stderr = capfd.readouterr().err
    assert "please report it: ValueError('nobody has thought of it')" in stderr
    assert "Traceback" not in stderr


def test_events_inside_a_stuck_sink_are_counted_at_the_end(capfd: pytest.CaptureFixture[str]) -> None:
    class Connecting(Inner):
        """Keeps its events, and then hangs in its tick."""

        waiting = 0

        def publish(self, event: Event) -> None:
            self.waiting += 1

        def tick(self) -> None:
            if self.waiting == 3:
                self.gate.wait(10)

    inner = Connecting()
    with QueuedSink("mqtt", inner) as sink:
        for event in EVENTS:
            sink.publish(event)
        wait_until(lambda: inner.waiting == 3)
    assert "mqtt: 20 events were dropped in all" in capfd.readouterr().err
    inner.gate.set()


def test_the_inner_sink_ticks_without_events() -> None:
    inner = Inner()
    with QueuedSink("mqtt", inner):
        wait_until(lambda: inner.ticks >= 3)


def wait_until(condition: object) -> None:
    end = time.monotonic() + 10
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.01)
