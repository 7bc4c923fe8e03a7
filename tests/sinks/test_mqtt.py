"""MQTT with a real mosquitto: its messages, retained topics, Home Assistant's messages, and the mute switch."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from edge_ser.errors import EdgeSerError, InvalidSetting
from tests.cli.command import DEMONSTRATION, assert_refused, run, start
from tests.sinks.broker import Broker, Reader, mqtt_sink, retained, wait_until
from tests.sinks.events import label

MUTE = "homeassistant/switch/edge-ser_edge-ser/mute/config"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path) as broker:
        yield broker


@contextmanager
def listening(*arguments: str | Path, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Run `edge-ser listen` while the ``with`` block runs."""
    with start("listen", *arguments, **options) as process:
        try:
            yield process
        finally:
            process.kill()


# The command ---------------------------------------------------------------------------------------------------------


def test_the_broker_gets_the_events_of_standard_output(broker: Broker) -> None:
    with Reader(broker.port) as reader:
        done = run(
            *("listen", "--input", DEMONSTRATION, "--format", "json"),
            *("--publish", f"mqtt://127.0.0.1:{broker.port}/edge-ser"),
        )
        assert (done.returncode, done.stderr) == (0, "")
        reader.wait_for("edge-ser/availability", "offline")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    kept = [event for event in events if event.get("final", True)]
    assert [event for event in reader.events() if event.get("final", True)] == kept
    last = [event for event in kept if event["event"] == "emotion"][-1]
    assert "online" in reader.payloads("edge-ser/availability")

    later = retained(broker.port)
    assert json.loads(later["edge-ser/emotion"]) == last
    assert later["edge-ser/availability"] == "offline"
    assert later["edge-ser/speaking"] == "OFF"
    assert later["edge-ser/dropped"] == "0"
    assert json.loads(later["edge-ser/microphone"])["state"] == "stopped"
    assert "edge-ser/events" not in later
    assert sum(topic.startswith("homeassistant/") for topic in later) == 5
    assert MUTE not in later, "a recording cannot be muted"


def test_the_last_will_reports_a_killed_process(broker: Broker) -> None:
    uri = f"mqtt://127.0.0.1:{broker.port}/edge-ser"
    with (
        Reader(broker.port) as reader,
        listening("--input", "-", "--publish", uri, stdin=subprocess.PIPE) as process,
    ):
        reader.wait_for("edge-ser/availability", "online")
        process.kill()
        reader.wait_for("edge-ser/availability", "offline")
    assert retained(broker.port)["edge-ser/availability"] == "offline"


def test_a_missing_broker_does_not_delay_a_recording(tmp_path: Path) -> None:
    with Broker(tmp_path) as gone:
        pass
    uri = f"mqtt://127.0.0.1:{gone.port}/edge-ser"
    done = run("listen", "--input", DEMONSTRATION, "--format", "json", "--publish", uri)
    alone = run("listen", "--input", DEMONSTRATION, "--format", "json")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == len(alone.stdout.splitlines())
    lines = done.stderr.splitlines()
    assert len(lines) == 2, done.stderr
    assert "Connection refused" in lines[0]
    assert "events have not reached the broker" in lines[1]


def test_the_mute_switch_works_both_ways(broker: Broker, tmp_path: Path) -> None:
    muted = tmp_path / "muted"
    config = tmp_path / "config.toml"
    config.write_text(
        f"microphone.wait = true\nprivacy.mute_file = '{muted}'\n"
        f"output.publish = ['mqtt://127.0.0.1:{broker.port}/edge-ser']\n"
    )
    # A machine without a microphone waits for one, and can be muted too.
    with Reader(broker.port) as reader, listening("--config", config) as process:
        reader.wait_for("edge-ser/muted", "OFF")
        reader.send("edge-ser/muted/set", "ON")
        reader.wait_for("edge-ser/muted", "ON")
        assert muted.exists()
        assert json.loads(reader.last("edge-ser/microphone") or "")["state"] == "muted"
        reader.send("edge-ser/muted/set", "OFF")
        reader.wait_for("edge-ser/muted", "OFF")
        assert not muted.exists()
        assert run("mute", "--file", muted).returncode == 0  # by another program
        reader.wait_for("edge-ser/muted", "ON")
        assert run("unmute", "--file", muted).returncode == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 143
        reader.wait_for("edge-ser/availability", "offline")
    command = json.loads(retained(broker.port)[MUTE])
    assert (command["command_topic"], command["state_topic"]) == ("edge-ser/muted/set", "edge-ser/muted")


def test_a_password_on_the_command_line_is_refused() -> None:
    for option in (["--publish", "mqtt://me:secret@host/edge-ser"], ["--publish=mqtt://me:secret@host/edge-ser"]):
        done = run("listen", "--input", "demo", *option)
        assert_refused(done, InvalidSetting, "'mqtt://me@host/edge-ser'", "mqtt.password_file", status=2)
        assert "secret" not in done.stderr


def test_the_library_is_imported_only_if_used() -> None:
    script = (
        "import sys, edge_ser.cli.listen, edge_ser.sinks.mqtt.sink as m; m.check('mqtt://host/p'); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"paho", "ssl", "numpy"} & set(done.stdout.split())


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "paho.mqtt.client", None)
    with pytest.raises(EdgeSerError, match=r"mqtt: needs paho-mqtt 2; install it with: pip install 'edge-ser\[mqtt\]'"):
        mqtt_sink("mqtt://host/p")


# Home Assistant ------------------------------------------------------------------------------------------------------


def test_everything_is_published_again_when_home_assistant_starts(broker: Broker) -> None:
    with Reader(broker.port) as reader, mqtt_sink(f"mqtt://127.0.0.1:{broker.port}/edge-ser") as publisher:
        publisher.publish(label("anger", 1))
        reader.wait_for("edge-ser/availability", "online")
        wait_until(lambda: reader.utterances() == [1], "the event")
        reader.messages.clear()
        reader.send("homeassistant/status", "offline")
        reader.send("homeassistant/status", "online")
        reader.wait_for("edge-ser/availability", "online")
        topics = {message.topic for message in reader.messages}
    assert {MUTE, "edge-ser/emotion", "edge-ser/speaking"} <= topics
    assert "edge-ser/events" not in topics, "no event is published again"


def test_home_assistant_and_the_mute_switch_are_optional(broker: Broker, tmp_path: Path) -> None:
    muted = tmp_path / "muted"
    uri = f"mqtt://127.0.0.1:{broker.port}/edge-ser"
    with Reader(broker.port) as reader:
        with mqtt_sink(uri, mute_file=muted):
            reader.wait_for("edge-ser/availability", "online")
        with mqtt_sink(uri, mute_file=muted, mute_switch=False):
            wait_until(lambda: reader.payloads("edge-ser/availability")[-2:] == ["offline", "online"], "it is back")
            reader.send("edge-ser/muted/set", "ON")
            time.sleep(0.6)  # two ticks
        assert not muted.exists()
        assert MUTE not in retained(broker.port), "the entity is removed"
        before = len([message for message in reader.messages if message.topic.startswith("homeassistant/")])
        with mqtt_sink(uri, home_assistant=False):
            wait_until(lambda: reader.payloads("edge-ser/availability").count("online") == 3, "it is back")
    assert len([message for message in reader.messages if message.topic.startswith("homeassistant/")]) == before


def test_retained_and_invalid_commands_change_nothing(
    broker: Broker, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    muted = tmp_path / "muted"
    muted.touch()
    with Reader(broker.port) as reader:
        reader.send("edge-ser/muted/set", "OFF", retain=True)
        with mqtt_sink(f"mqtt://127.0.0.1:{broker.port}/edge-ser", mute_file=muted):
            reader.wait_for("edge-ser/availability", "online")
            reader.send("edge-ser/muted/set", "\x1b[31mperhaps" + "x" * 10_000)
            time.sleep(1)  # some ticks
    assert muted.exists()
    stderr = capfd.readouterr().err
    assert "is not a command; allowed are ON and OFF" in stderr
    assert len(stderr) < 200
    assert "\x1b" not in stderr


def test_a_mute_file_that_cannot_be_removed_is_reported(
    broker: Broker, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "muted").mkdir()
    uri = f"mqtt://127.0.0.1:{broker.port}/edge-ser"
    with Reader(broker.port) as reader, mqtt_sink(uri, mute_file=tmp_path / "muted") as publisher:
        reader.wait_for("edge-ser/availability", "online")
        reader.send("edge-ser/muted/set", "OFF")
        time.sleep(0.6)  # two ticks
        publisher.publish(label("anger", 1))
        wait_until(lambda: reader.utterances() == [1], "it goes on")
    assert "cannot change the mute file" in capfd.readouterr().err
