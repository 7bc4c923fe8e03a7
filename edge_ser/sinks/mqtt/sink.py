"""The sink of an MQTT broker: events as JSON, retained topics with the current state, and Home Assistant's entities.

The topics after the prefix are ``events`` (every event), ``availability`` (``online``, or ``offline``, which is also
the last will), the retained topics of :mod:`edge_ser.sinks.mqtt.topics`, and ``muted/set``, which takes ``ON`` and
``OFF``.

If the broker is away, the sink retries after longer and longer pauses.  Meanwhile events wait in a bounded backlog;
retained topics do not, since only their latest payload matters.  Everything runs in the thread of :class:`QueuedSink`,
because looking up a name and connecting may take long.
"""

from __future__ import annotations

import socket
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edge_ser import mute
from edge_ser.console import standard_error
from edge_ser.errors import EdgeSerError, InvalidSetting
from edge_ser.events import EmotionEvent, Event, StatusEvent, position_of, to_json_line
from edge_ser.sinks import Dropped, Sink
from edge_ser.sinks.mqtt import reasons
from edge_ser.sinks.mqtt.address import Address, parse
from edge_ser.sinks.mqtt.credentials import make_tls_context, read_password
from edge_ser.sinks.mqtt.home_assistant import STATUS_TOPIC, discovery
from edge_ser.sinks.mqtt.topics import DROPPED, MUTED, OFF, ON, RetainedState
from edge_ser.sinks.queued import QueuedSink

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessage

    from edge_ser.settings import ListenSettings, MqttSettings

KEEP_ALIVE: Final = 30
"""Keep-alive interval, s: a broker that receives nothing for 1.5 times as long publishes the last will."""

FIRST_RETRY: Final = 1.0
LAST_RETRY: Final = 60.0
"""Pause after a failed connection, s: the first and the longest; it doubles each time."""

STEADY_SECONDS: Final = 10.0
"""Duration of a connection after which the pauses start at the first one again, s.

Shorter connections may fail without end, for example if two programs use the same prefix, so that the broker always
disconnects the older one.
"""

_MOST_IN_FLIGHT: Final = 100
"""Most events that have been sent but not confirmed by the broker; further events wait."""

_LAST_SECONDS: Final = 0.8
"""Longest wait for the backlog to drain at the end, s; :class:`QueuedSink` waits for 1 s."""


def check(uri: str) -> None:
    """Check a destination.

    Raises:
        InvalidSetting: it is not valid, or has a password on the command line, where every user can see it.
    """
    address = parse(uri)
    if address.password is not None and any(uri in argument for argument in sys.orig_argv):
        raise InvalidSetting(
            f"output.publish = {address.name!r} with a password: all users of this machine see it in `ps`; put it into"
            " a file, mqtt.password_file in the configuration file, and keep the user name here"
        )


def make(uri: str, settings: ListenSettings, dropped: Dropped) -> QueuedSink:
    """Return the sink of ``mqtt://`` or ``mqtts://``.

    Raises:
        EdgeSerError: paho-mqtt is not installed, or a file of the settings cannot be used.
    """
    address = parse(uri)
    try:
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion
    except ImportError:
        raise EdgeSerError(
            f"{address.scheme}: needs paho-mqtt 2; install it with: pip install 'edge-ser[mqtt]'"
        ) from None
    # A constant identifier: the broker then ends an older connection that it still takes for alive, and publishes its
    # last will before the new connection announces itself.
    client_id = f"edge-ser-{socket.gethostname()}-{address.prefix.replace('/', '-')}"
    client = Client(CallbackAPIVersion.VERSION2, client_id, reconnect_on_failure=False)  # the sink reconnects
    if address.tls:
        client.tls_set_context(make_tls_context(settings.mqtt))
    read_password(address, settings.mqtt)  # so that an error in the file is reported at once
    mute_file = mute.requestable_mute_file(settings, settings.mqtt.mute_switch)
    return QueuedSink(address.name, MqttSink(address, settings.mqtt, client, mute_file))


class MqttSink(Sink):
    """Publishes events on a broker.

    Args:
        address: The broker.
        settings: How it is used.
        client: A new client for it, with TLS set up if needed.
        mute_file: The mute file that the mute command changes; ``None`` if there is no such command.
        clock: Returns monotonic time, s.
    """

    def __init__(
        self,
        address: Address,
        settings: MqttSettings,
        client: Client,
        mute_file: Path | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._settings = settings
        self._client = client
        self._mute_file = mute_file
        self._clock = clock
        self._state = RetainedState()
        self._waiting: deque[Event] = deque()
        self._in_flight: set[int] = set()
        self._dropped = self._unreported = 0  # dropped events, and those not yet reported to readers
        self._last_dropped: Event
        self._open = False
        self._accepted: float | None = None  # when the broker accepted the connection
        self._refused = ""
        self._pause, self._next_try = FIRST_RETRY, -float("inf")
        self._last_reason = ""  # the last reported reason for having no connection
        client.max_inflight_messages_set(0)  # no limit: the sink has its own
        client.will_set(self._topic("availability"), "offline", qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.on_publish = self._on_publish

    @property
    def waiting(self) -> int:
        """Number of events that the broker has not confirmed."""
        return len(self._waiting) + len(self._in_flight)

    def publish(self, event: Event) -> None:
        """Queue an event, and send as many as possible.

        Raises:
            EdgeSerError: the backlog is full, so its oldest event was dropped.
        """
        self._retain(self._state.update(event))
        if isinstance(event, EmotionEvent) and not event.final:
            # A provisional label is useful only now: it neither waits nor overtakes waiting events.
            if self._accepted is not None and not self._waiting:
                self._client.publish(self._topic("events"), to_json_line(event).rstrip("\n"))
            return
        self._waiting.append(event)
        self._send_waiting()
        if len(self._waiting) > self._settings.backlog:
            self._last_dropped = self._waiting.popleft()
            self._dropped += 1
            self._unreported += 1
            self._retain(self._state.set({DROPPED: str(self._dropped)}))
            raise EdgeSerError(
                f"the broker takes no events; beyond {self._settings.backlog} waiting events the oldest are dropped"
            )

    def tick(self) -> None:
        """Connect if it is due, process messages from the broker, and send waiting events."""
        if not self._open:
            if self._clock() >= self._next_try:
                self._connect()
            return
        self._serve(0.0)
        self._send_waiting()

    def __exit__(self, *exc: object) -> None:
        end = self._clock() + _LAST_SECONDS
        while self._open and self._clock() < end and not self._is_idle():
            self._serve(0.05)
            self._send_waiting()
        if self._accepted is not None:
            self._client.publish(self._topic("availability"), "offline", retain=True)
            self._client.disconnect()
        if self.waiting:
            self._report(f"{self.waiting} events have not reached the broker")

    def _is_idle(self) -> bool:
        sent = not self._waiting and not self._in_flight and not self._client.want_write()
        return self._accepted is not None and sent

    # Connecting ------------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        try:
            self._client.username_pw_set(self._address.user, read_password(self._address, self._settings))
            self._client.connect(self._address.host, self._address.port, KEEP_ALIVE)
            self._open = True
        except EdgeSerError as error:
            self._retry(str(error))
        except (OSError, ValueError) as error:
            self._retry(reasons.of_failure(error, self._address))

    def _serve(self, seconds: float) -> None:
        """Process messages from the broker, waiting for a time, s; schedule a retry if the connection is lost."""
        self._client.loop(seconds)
        if self._client.socket() is not None:
            return
        self._open = False
        unaccepted = self._refused or reasons.of_silence(self._address)
        reason = unaccepted if self._accepted is None else reasons.CLOSED
        if self._accepted is not None and self._clock() - self._accepted >= STEADY_SECONDS:
            self._pause = FIRST_RETRY
        self._refused, self._accepted = "", None
        self._retry(reason)

    def _retry(self, reason: str) -> None:
        self._next_try = self._clock() + self._pause
        self._pause = min(2 * self._pause, LAST_RETRY)
        if reason != self._last_reason:
            self._last_reason = reason
            self._report(f"{reason}; retrying")

    def _on_connect(self, client: Client, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            self._refused = reasons.of_refusal(str(reason))
            return
        self._accepted = self._clock()
        if self._last_reason:
            self._last_reason = ""
            self._report(f"connected; {len(self._waiting)} events have waited, {self._dropped} were dropped so far")
        if self._settings.home_assistant:
            client.subscribe(STATUS_TOPIC, qos=1)
        if self._mute_file is not None:
            client.subscribe(self._topic(f"{MUTED}/set"), qos=1)
        self._announce()

    # Sending ---------------------------------------------------------------------------------------------------------

    def _topic(self, name: str) -> str:
        return f"{self._address.prefix}/{name}"

    def _announce(self) -> None:
        """Publish all retained topics again, since a restarted broker or Home Assistant may have lost them."""
        if self._settings.home_assistant:
            command = None if self._mute_file is None else self._topic(f"{MUTED}/set")
            for topic, payload in discovery(self._address.prefix, self._topic("availability"), command).items():
                self._client.publish(topic, payload, retain=True)
        self._retain(self._state.payloads)
        self._client.publish(self._topic("availability"), "online", retain=True)

    def _retain(self, payloads: dict[str, str]) -> None:
        if self._accepted is None:
            return
        for topic, payload in payloads.items():
            self._client.publish(self._topic(topic), payload, retain=True)

    def _send_waiting(self) -> None:
        while self._waiting and len(self._in_flight) < _MOST_IN_FLIGHT and self._accepted is not None:
            if self._unreported:
                last = self._last_dropped
                message = f"{self._unreported} events were dropped: the broker was away or slow for too long"
                event: Event = StatusEvent(last.time, "dropped", message, position_of(last))
                self._unreported = 0
            else:
                event = self._waiting.popleft()
            # Until the broker has confirmed it, the client sends it again after each new connection.
            self._in_flight.add(
                self._client.publish(self._topic("events"), to_json_line(event).rstrip("\n"), qos=1).mid
            )

    def _on_publish(self, client: Client, userdata: Any, mid: int, reason: Any, properties: Any) -> None:
        self._in_flight.discard(mid)

    # Receiving -------------------------------------------------------------------------------------------------------

    def _on_message(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        if message.topic == STATUS_TOPIC:
            if message.payload == b"online":
                self._announce()
        elif not message.retain:  # a retained command would unmute after each new connection
            self._mute(bytes(message.payload))

    def _mute(self, command: bytes) -> None:
        """Change the mute file; the source obeys it, and the new state comes back as an event."""
        if self._mute_file is None:
            return
        try:
            if command in (ON.encode(), OFF.encode()):
                mute.set_muted(self._mute_file, on=command == ON.encode())
            else:
                topic = self._topic(f"{MUTED}/set")
                self._report(f"{topic}: {command[:20]!r} is not a command; allowed are {ON} and {OFF}")
        except EdgeSerError as error:
            self._report(str(error))

    def _report(self, message: str) -> None:
        standard_error.say(f"{self._address.name}: {message}")
