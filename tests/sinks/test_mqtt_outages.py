"""A real mosquitto that is missing, hangs, is cut off or refuses: nothing blocks, and every reason is reported."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from edge_ser.errors import EdgeSerError
from edge_ser.settings import MqttSettings
from edge_ser.sinks.mqtt import sink
from edge_ser.sinks.mqtt.address import parse
from tests.cli.command import DEMONSTRATION, run
from tests.sinks.broker import PASSWORD, USER, Broker, Reader, cable, mqtt_sink, retained, wait_until
from tests.sinks.events import label, status

MUTE = "homeassistant/switch/edge-ser_edge-ser/mute/config"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path) as broker:
        yield broker


# Outages -------------------------------------------------------------------------------------------------------------


def test_a_restarted_broker_gets_the_missed_events(broker: Broker, capfd: pytest.CaptureFixture[str]) -> None:
    with mqtt_sink(f"mqtt://127.0.0.1:{broker.port}/edge-ser") as publisher:
        with Reader(broker.port) as before:
            publisher.publish(label("anger", 1))
            wait_until(lambda: before.utterances() == [1], "the first event")
        broker.kill()
        for number in range(2, 30):
            publisher.publish(label("anger", number, final=False))
            publisher.publish(label("anger", number))
        publisher.publish(status("deaf"))
        time.sleep(0.5)
        broker.start()
        with Reader(broker.port) as after:
            wait_until(lambda: after.utterances()[-1:] == [29], "the last event")
            after.wait_for("edge-ser/availability", "online")
            publisher.publish(label("anger", 30))
            wait_until(lambda: after.utterances()[-1:] == [30], "the next event")
        later = retained(broker.port)
    # Mosquitto sends the reader retained messages only, not others from before it subscribed.
    assert after.utterances() == list(range(after.utterances()[0], 31))
    assert json.loads(later["edge-ser/emotion"])["utterance"] == 30
    assert json.loads(later["edge-ser/microphone"])["state"] == "deaf"
    assert MUTE in later
    assert publisher.dropped == 0
    lines = capfd.readouterr().err.splitlines()
    assert any("the broker has closed the connection; retrying" in line for line in lines)
    assert any("connected; " in line and "events have waited, 0 were dropped" in line for line in lines)
    assert len(lines) <= 3, lines


def test_a_full_backlog_drops_and_counts_the_oldest(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with Broker(tmp_path) as broker:
        broker.kill()
        with mqtt_sink(f"mqtt://127.0.0.1:{broker.port}/edge-ser", backlog=10) as publisher:
            for number in range(50):
                publisher.publish(label("anger", number))
            wait_until(lambda: publisher.dropped == 40, "40 are dropped")
            broker.start()
            with Reader(broker.port) as reader:
                reader.wait_for("edge-ser/availability", "online")
                wait_until(lambda: reader.utterances()[-1:] == [49], "the last event")
            first, *rest = reader.events()
            later = retained(broker.port)
    assert (first["status"], first["message"].split(" ")[0], first["position"]) == ("dropped", "40", 3.5)
    assert [event["utterance"] for event in rest] == list(range(40, 50))
    assert later["edge-ser/dropped"] == "40"
    stderr = capfd.readouterr().err
    assert stderr.count("beyond 10 waiting events the oldest are dropped") == 1
    assert "40 events were dropped in all" in stderr


def test_nothing_is_lost_when_the_connection_breaks(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sink, "FIRST_RETRY", 0.1)
    monkeypatch.setattr(sink, "LAST_RETRY", 0.1)
    with (
        cable(broker.port, cut_after=12_000) as (port, taken),
        Reader(broker.port) as reader,
        mqtt_sink(f"mqtt://127.0.0.1:{port}/edge-ser") as publisher,
    ):
        for number in range(300):
            publisher.publish(label("anger", number))
        wait_until(lambda: len(set(reader.utterances())) == 300, "all events")
        reader.wait_for("edge-ser/availability", "online")
    assert len(taken) == 4, "it was cut three times"
    assert sorted(reader.utterances()) == list(range(300))
    assert publisher.dropped == 0


def test_hours_without_a_broker_cost_few_retries(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with Broker(tmp_path) as gone:
        pass
    now, tries, dropped = 0.0, 0, 0
    client = Client(CallbackAPIVersion.VERSION2, "edge-ser")

    def count(*_: Any) -> None:
        nonlocal tries
        tries += 1

    client.on_pre_connect = count
    address = parse(f"mqtt://127.0.0.1:{gone.port}/edge-ser")
    inner = sink.MqttSink(address, MqttSettings(backlog=100), client, None, clock=lambda: now)
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    for number in range(3 * 3_600):
        now = float(number)
        inner.tick()
        try:
            inner.publish(label("anger", number))
        except EdgeSerError:
            dropped += 1
    assert 3 * 60 <= tries <= 3 * 60 + 10
    assert dropped == 3 * 3_600 - 100
    assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors + 3
    assert len(capfd.readouterr().err.splitlines()) == 1

    gone.start()
    try:
        with Reader(gone.port) as reader:
            now += sink.LAST_RETRY
            while reader.utterances()[-1:] != [number]:
                inner.tick()
        inner.__exit__()
    finally:
        gone.kill()
    assert [event.get("utterance") for event in reader.events()] == [None, *range(number - 99, number + 1)]


def test_a_hanging_broker_delays_nothing(broker: Broker) -> None:
    assert broker.pid is not None
    with mqtt_sink(f"mqtt://127.0.0.1:{broker.port}/edge-ser", backlog=100) as publisher:
        with Reader(broker.port) as reader:
            reader.wait_for("edge-ser/availability", "online")
        os.kill(broker.pid, signal.SIGSTOP)
        try:
            begin = time.monotonic()
            for number in range(500):
                publisher.publish(label("anger", number))
            assert time.monotonic() - begin < 0.5
            wait_until(lambda: publisher.dropped == 300, "what is neither on its way nor waits is dropped")
        finally:
            os.kill(broker.pid, signal.SIGCONT)


# Refusals ------------------------------------------------------------------------------------------------------------


def test_a_corrected_password_file_is_read_again(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sink, "FIRST_RETRY", 0.1)
    monkeypatch.setattr(sink, "LAST_RETRY", 0.1)
    file = tmp_path / "password"
    file.write_text("wrong-one\n")
    with Broker(tmp_path, passwords=True) as broker:
        uri = f"mqtt://{USER}@127.0.0.1:{broker.port}/edge-ser"
        with mqtt_sink(uri, password_file=str(file)) as publisher:
            publisher.publish(label("anger", 1))
            time.sleep(1)  # for some attempts
            stderr = capfd.readouterr().err
            assert len(stderr.splitlines()) == 1, stderr
            assert stderr.startswith(f"{uri}: the broker refuses the connection (Not authorized); ")
            assert "mqtt.password_file" in stderr
            assert "wrong-one" not in stderr
            file.write_text(f"{PASSWORD}\n")
            wait_until(lambda: "connected; 1 events have waited" in capfd.readouterr().err, "it is let in")
    assert publisher.dropped == 0


def test_passwords_are_used_and_never_shown(tmp_path: Path) -> None:
    (tmp_path / "mqtt-password").write_text(PASSWORD)
    with Broker(tmp_path, passwords=True) as broker:
        for user, env in ((f"{USER}:pa%20ss:w%40rd%2F%25", {}), (USER, {"CREDENTIALS_DIRECTORY": str(tmp_path)})):
            config = tmp_path / "config.toml"
            config.write_text(f"[output]\npublish = ['mqtt://{user}@127.0.0.1:{broker.port}/edge-ser']\n")
            done = run("listen", "--input", DEMONSTRATION, "--config", config, env={**os.environ, **env})
            assert done.returncode == 0
            assert len(done.stderr.splitlines()) == 2, f"more than the messages of `listen`: {done.stderr}"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_the_certificate_of_the_broker_is_verified(
    tmp_path: Path, host: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other").mkdir()
    with Broker(tmp_path, tls=True) as broker:
        right = str(broker.folder / "ca.crt")
        uri = f"mqtts://{host}:{broker.port}/edge-ser"
        for ca_file in (None, right):
            with mqtt_sink(uri, ca_file=ca_file) as publisher:
                publisher.publish(label("anger", 1))
                time.sleep(0.7)
            stderr = capfd.readouterr().err
            if ca_file and host == "localhost":
                assert stderr == ""
            else:
                assert stderr.count("the broker's certificate is not trusted") == 1, stderr
                assert "mqtt.ca_file" in stderr
                assert "1 events have not reached the broker" in stderr


def test_tls_on_one_side_only_is_reported(broker: Broker, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with mqtt_sink(f"mqtts://localhost:{broker.port}/edge-ser"):
        time.sleep(0.7)
    assert "use mqtt:// if the broker has no TLS" in capfd.readouterr().err
    (tmp_path / "tls").mkdir()
    with Broker(tmp_path / "tls", tls=True) as other, mqtt_sink(f"mqtt://localhost:{other.port}/edge-ser"):
        time.sleep(0.9)
    assert "try mqtts://" in capfd.readouterr().err


def test_an_unknown_host_name_is_reported(capfd: pytest.CaptureFixture[str]) -> None:
    with mqtt_sink("mqtt://broker.invalid/edge-ser"):
        wait_until(lambda: "cannot find broker.invalid" in capfd.readouterr().err, "the message", 30)
