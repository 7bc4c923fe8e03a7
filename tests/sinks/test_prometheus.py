"""Metrics for Prometheus, fetched in the way that Prometheus does."""

from __future__ import annotations

import http.client
import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.errors import EdgeSerError, InvalidSetting, SocketInUse, SocketUnwritable
from edge_ser.settings import ListenSettings
from edge_ser.sinks import Dropped, prometheus
from tests.cli.command import assert_refused, run, start
from tests.end_to_end.reader import Reader
from tests.sinks.events import label, status

parser = pytest.importorskip("prometheus_client.parser", reason="needs edge-ser[metrics]")

SETTINGS = ListenSettings()
Figures = dict[tuple[str, str], float]


def free_port(family: socket.AddressFamily = socket.AF_INET, host: str = "127.0.0.1") -> int:
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(dropped: Dropped = dict) -> Iterator[tuple[prometheus.PrometheusSink, int]]:
    port = free_port()
    with prometheus.make(f"prometheus:{port}", SETTINGS, dropped) as sink:
        yield sink, port


def ask(port: int, path: str = "/metrics", host: str = "127.0.0.1", **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def figures(port: int) -> Figures:
    """Return the samples by name and label value."""
    code, text = ask(port)
    assert code == 200
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in parser.text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_utterances_are_counted_by_label_and_length() -> None:
    with serving() as (sink, port):
        for event in (
            label("anger", utterance=1, final=False, start=1, end=1.6),
            label("fear", utterance=1, final=False, start=1, end=2.1),
            label("fear", utterance=1, final=True, start=1, end=3.5),
            label("fear", utterance=2, final=True, start=5, end=5.4),
        ):
            sink.publish(event)
        found = figures(port)
    assert found["edge_ser_utterances_total", "fear"] == 2
    assert ("edge_ser_utterances_total", "anger") not in found
    assert found["edge_ser_utterance_seconds_count", ""] == 2
    assert found["edge_ser_utterance_seconds_sum", ""] == pytest.approx(2.9)
    assert found["edge_ser_utterance_seconds_bucket", "0.5"] == 1
    assert found["edge_ser_first_label_seconds_count", ""] == 2
    assert found["edge_ser_first_label_seconds_sum", ""] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        ([], "starting"),
        (["listening"], "listening"),
        (["listening", "deaf"], "deaf"),
        (["listening", "clipping", "recovered"], "listening"),
        (["listening", "overflow", "reloaded", "not-reloaded"], "listening"),
        (["listening", "muted"], "muted"),
        (["listening", "device-lost", "no-microphone"], "no-microphone"),
    ],
)
def test_the_microphone_is_in_one_state(statuses: list[str], state: str) -> None:
    with serving() as (sink, port):
        for name in statuses:
            sink.publish(status(name))
        found = figures(port)
    assert [key[1] for key, value in found.items() if key[0] == "edge_ser_microphone" and value] == [state]
    assert found["edge_ser_overflows_total", ""] == statuses.count("overflow")


def test_dropped_events_are_shown_per_sink() -> None:
    counts = {"mqtt": 8}
    with serving(lambda: counts) as (_, port):
        assert figures(port)["edge_ser_dropped_events_total", "mqtt"] == 8
        counts["mqtt"] = 9
        assert figures(port)["edge_ser_dropped_events_total", "mqtt"] == 9
        counts.clear()
        assert ("edge_ser_dropped_events_total", "mqtt") not in figures(port)


def test_a_silent_reader_does_not_block_others_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prometheus, "_READER_SECONDS", 0.3)
    with serving() as (sink, port), socket.create_connection(("127.0.0.1", port)):
        began = time.monotonic()
        sink.publish(label("fear"))
        assert time.monotonic() - began < 0.2
        assert figures(port)["edge_ser_utterances_total", "fear"] == 1


def drip(port: int) -> socket.socket:
    """Send a request, one letter at a time, without end."""
    connection = socket.create_connection(("127.0.0.1", port))

    def run() -> None:
        with suppress(OSError):
            while True:
                connection.sendall(b"x")
                time.sleep(0.05)

    threading.Thread(target=run, daemon=True).start()
    return connection


def test_a_very_slow_request_is_disconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prometheus, "_READER_SECONDS", 0.5)
    with serving() as (sink, port), drip(port):
        time.sleep(0.7)
        sink.tick()
        began = time.monotonic()
        figures(port)
        assert time.monotonic() - began < 5


def test_ending_does_not_wait_for_readers() -> None:
    with serving() as (_, port), drip(port), socket.create_connection(("127.0.0.1", port)):
        time.sleep(0.2)
        began = time.monotonic()
    assert time.monotonic() - began < 2


def test_other_paths_hosts_and_methods_are_refused() -> None:
    with serving() as (_, port):
        assert ask(port, Host="evil.example:80")[0] == 403
        assert ask(port, "/secret")[0] == 404
        assert ask(port, "/metrics?x=1")[0] == ask(port, Host=f"localhost:{port}")[0] == 200
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("POST", "/metrics", body="x")
        assert connection.getresponse().status == 501
        connection.close()


def test_the_default_address_is_loopback() -> None:
    assert prometheus._parse("prometheus:9105") == ("127.0.0.1", 9105)
    assert prometheus._parse("prometheus:0.0.0.0:9105") == ("0.0.0.0", 9105)
    assert prometheus._parse("prometheus:[::1]:9105") == ("::1", 9105)
    with serving() as (sink, port):
        assert sink._server.server_address == ("127.0.0.1", port)


def test_ipv6_addresses_work() -> None:
    try:
        port = free_port(socket.AF_INET6, "::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    with prometheus.make(f"prometheus:[::1]:{port}", SETTINGS, dict):
        assert ask(port, host="::1")[0] == 200


@pytest.mark.parametrize(
    "rest", ["", ":", ":9105", "0", "65536", "x", "127.0.0.1", "localhost:", "::1:9105", "a b:9105", "a/b:1", "h:9105/"]
)
def test_an_invalid_address_is_refused_with_an_example(rest: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        prometheus.check(f"prometheus:{rest}")
    assert repr(f"prometheus:{rest}") in str(caught.value)
    assert "prometheus:127.0.0.1:9105" in str(caught.value)


@given(st.text())
def test_any_text_is_an_address_or_an_error(text: str) -> None:
    try:
        prometheus.check(f"prometheus:{text}")
    except InvalidSetting as error:
        assert repr(f"prometheus:{text}") in str(error)


def test_unusable_addresses_are_clear_errors() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = run("listen", "--input", "demo", "--publish", f"prometheus:{port}")
    assert_refused(done, SocketInUse, f"port {port} of 127.0.0.1", "choose another port")
    with pytest.raises(SocketUnwritable, match=r"port 9105 of 192\.0\.2\.1"):
        prometheus.make("prometheus:192.0.2.1:9105", SETTINGS, dict)


def test_a_missing_library_is_one_line_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(EdgeSerError, match=r"pip install 'edge-ser\[metrics\]'") as caught:
        prometheus.make("prometheus:9105", SETTINGS, dict)
    assert caught.value.exit_status == 9


def test_listen_serves_the_metrics() -> None:
    port = free_port()
    arguments = ("listen", "--input", "demo", "--realtime", "--format", "json", "--publish", f"prometheus:{port}")
    with start(*arguments) as process:
        out = Reader(process.stdout)
        out.wait_for(lambda event: "label" in event)
        found = figures(port)
        process.terminate()
        assert process.wait(timeout=10) == 143
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert found["edge_ser_first_label_seconds_count", ""] == 1
    assert found["edge_ser_microphone", "listening"] == 1
    assert json.loads(out.lines[-1])["status"] == "stopped"
