"""A real mosquitto in its own folder, a reader of all its messages, and a connection that can be cut."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from edge_ser.settings import ListenSettings, MqttSettings, PrivacySettings
from edge_ser.sinks.mqtt import sink
from edge_ser.sinks.queued import QueuedSink

USER = "kitchen"
PASSWORD = "pa ss:w@rd/%"

_START_SECONDS = 10.0
_MOSQUITTO = shutil.which("mosquitto") or ("/usr/sbin/mosquitto" if Path("/usr/sbin/mosquitto").exists() else None)


def wait_until(condition: Callable[[], Any], what: str, seconds: float = 15.0) -> None:
    """Wait until a condition holds; fail the test if it never does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.02)


class Broker:
    """A mosquitto that keeps nothing when it ends.

    Args:
        folder: Where its files stand.
        passwords: Whether it lets in ``USER`` with ``PASSWORD`` only.
        tls: Whether it speaks TLS, with a certificate for ``localhost`` that ``ca.crt`` in the folder has signed.
    """

    def __init__(self, folder: Path, passwords: bool = False, tls: bool = False) -> None:
        if _MOSQUITTO is None:
            pytest.skip("needs mosquitto, a Debian package")
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        lines = [f"listener {self.port} 127.0.0.1", "user root", "persistence false", "set_tcp_nodelay true"]
        if passwords:
            command = ["mosquitto_passwd", "-c", "-b", str(folder / "passwords"), USER, PASSWORD]
            subprocess.run(command, check=True, capture_output=True)
            lines += ["allow_anonymous false", f"password_file {folder / 'passwords'}"]
        else:
            lines += ["allow_anonymous true"]
        if tls:
            make_certificates(folder)
            lines += [f"certfile {folder / 'server.crt'}", f"keyfile {folder / 'server.key'}"]
        (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, for the first time or after :meth:`kill`."""
        command = [str(_MOSQUITTO), "-c", str(self.folder / "mosquitto.conf")]
        with (self.folder / "mosquitto.log").open("ab") as log:
            self._process = process = subprocess.Popen(command, stdout=log, stderr=log)

        def is_there() -> bool:
            assert process.poll() is None, (self.folder / "mosquitto.log").read_text()
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return True
            return False

        wait_until(is_there, "mosquitto runs", _START_SECONDS)

    @property
    def pid(self) -> int | None:
        """Its process, while it runs."""
        return None if self._process is None else self._process.pid

    def kill(self) -> None:
        """Kill it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Broker:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.kill()


def make_certificates(folder: Path) -> None:
    """Make an authority and a broker's certificate."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    openssl("req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=test authority")
    openssl("req", *curve[:-2], "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    (folder / "names").write_text("subjectAltName=DNS:localhost\n")
    openssl(
        *("x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"),
        *("-days", "2", "-extfile", "names", "-out", "server.crt"),
    )


@dataclass(frozen=True)
class Message:
    """A message that a broker has delivered."""

    topic: str
    payload: str
    retained: bool


class Reader:
    """Reads all messages of a broker without passwords, retained ones first; it can also send."""

    def __init__(self, port: int) -> None:
        self.messages: list[Message] = []
        self._subscribed = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._take
        self._client.connect("127.0.0.1", port)

    def _take(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        self.messages.append(Message(message.topic, bytes(message.payload).decode(), message.retain))

    def send(self, topic: str, payload: str, retain: bool = False) -> None:
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(5)

    def payloads(self, topic: str) -> list[str]:
        """Return all payloads of a topic, in order."""
        return [message.payload for message in list(self.messages) if message.topic == topic]

    def last(self, topic: str) -> str | None:
        """Return the last payload of a topic."""
        return next(reversed(self.payloads(topic)), None)

    def events(self) -> list[dict[str, Any]]:
        """Return all events of `edge-ser`, in order."""
        return [json.loads(payload) for payload in self.payloads("edge-ser/events")]

    def utterances(self) -> list[int]:
        """Return the utterances whose final events have arrived, in order, without duplicates."""
        finals = (event for event in self.events() if event["event"] == "emotion" and event["final"])
        return list(dict.fromkeys(event["utterance"] for event in finals))

    def wait_for(self, topic: str, payload: str) -> None:
        """Wait until a topic has a payload."""
        wait_until(lambda: self.last(topic) == payload, f"{topic} says {payload}, but {self.last(topic)}")

    def __enter__(self) -> Reader:
        self._client.loop_start()
        assert self._subscribed.wait(5)
        return self

    def __exit__(self, *exc: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def mqtt_sink(uri: str, mute_file: Path | None = None, **settings: Any) -> QueuedSink:
    """Make the sink of a destination with keys of the table [mqtt]."""
    privacy = PrivacySettings(mute_file=None if mute_file is None else str(mute_file))
    return sink.make(uri, ListenSettings(mqtt=MqttSettings(**settings), privacy=privacy), dict)


def retained(port: int) -> dict[str, str]:
    """Return the retained messages that a broker sends to a new subscriber."""
    with Reader(port) as reader:
        time.sleep(0.2)  # they arrive right after the subscription
        return {message.topic: message.payload for message in reader.messages if message.retained}


@contextmanager
def cable(port: int, cut_after: int) -> Iterator[tuple[int, list[int]]]:
    """Yield a port that forwards to another, and how many bytes each connection through it has carried.

    The first connections are cut, without a goodbye, after so many bytes from the client; the fourth holds.
    """
    server = socket.create_server(("127.0.0.1", 0))
    taken: list[int] = []

    def carry(source: socket.socket, to: socket.socket, number: int | None) -> None:
        with suppress(OSError):
            while data := source.recv(512):
                if number is not None:
                    taken[number] += len(data)
                    if number < 3 and taken[number] > cut_after:
                        break
                to.sendall(data)
        for end in (source, to):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = server.accept()
                broker = socket.create_connection(("127.0.0.1", port))
                taken.append(0)
                threading.Thread(target=carry, args=(client, broker, len(taken) - 1), daemon=True).start()
                threading.Thread(target=carry, args=(broker, client, None), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server.getsockname()[1], taken
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
