"""Events on an MQTT broker: each as JSON, retained topics with the state of now, and entities in Home Assistant.

Below the prefix there are ``events`` (every event), ``availability`` (``online`` or ``offline``, which is also the last
will), the retained topics of :mod:`edge_ser.sinks.mqtt.topics`, and ``muted/set``, which takes ``ON`` and ``OFF``.

Without a broker it tries again, later each time.  Meanwhile events wait in a bounded backlog; retained topics do not,
since only what they say now is of use.  All runs in the thread of :class:`QueuedSink`: looking up a name or connecting
may take long.
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
from edge_ser.events import EmotionEvent, Event, StatusEvent, to_json_line
from edge_ser.sinks import Dropped, Sink
from edge_ser.sinks.mqtt import reasons
from edge_ser.sinks.mqtt.address import Address, parse
from edge_ser.sinks.mqtt.credentials import password_of, tls_of
from edge_ser.sinks.mqtt.home_assistant import STATUS_TOPIC, discovery
from edge_ser.sinks.mqtt.topics import DROPPED, MUTED, OFF, ON, RetainedState
from edge_ser.sinks.queued import QueuedSink

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessage

    from edge_ser.settings import ListenSettings, MqttSettings

KEEP_ALIVE: Final = 30
"""A broker that has heard nothing for half as long again sends the last will, s."""

FIRST_RETRY: Final = 1.0
LAST_RETRY: Final = 60.0
"""From a failed connection to the next try, s: the first time, and at most; it doubles in between."""

STEADY_SECONDS: Final = 10.0
"""A connection that lasted that long and is lost is tried again at once, s; another may be refused anew for ever, for
example because two programs use the same prefix and the broker lets in the last one only."""

_MOST_IN_FLIGHT: Final = 100
"""Events on their way that the broker has not confirmed yet; the next wait."""

_LAST_SECONDS: Final = 0.8
"""What is left at the end may take that long; :class:`QueuedSink` waits for 1 s."""


def check(uri: str) -> None:
    """Raise an error that names a destination that cannot be, or whose password everybody on the machine can see."""
    address = parse(uri)
    if address.password is not None and any(uri in argument for argument in sys.orig_argv):
        raise InvalidSetting(
            f"output.publish = {address.name!r} with a password: everybody on this machine sees it in `ps`; put it into"
            " a file, mqtt.password_file in the configuration file, and leave the user name here"
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
    # The same each time, so that the broker ends a connection that it takes for alive, and its last will comes before
    # the new connection says that it is there.
    client_id = f"edge-ser-{socket.gethostname()}-{address.prefix.replace('/', '-')}"
    client = Client(CallbackAPIVersion.VERSION2, client_id, reconnect_on_failure=False)  # when, is decided here
    if address.tls:
        client.tls_set_context(tls_of(settings.mqtt))
    password_of(address, settings.mqtt)  # what is wrong with the file is said before anything else
    switch = settings.mqtt.mute_switch and settings.input.file is None  # recordings are not muted
    mute_file = mute.mute_file(settings.privacy) if switch else None
    return QueuedSink(address.name, MqttSink(address, settings.mqtt, client, mute_file))


class MqttSink(Sink):
    """Publishes on a broker.

    Args:
        address: The broker.
        settings: How it is used.
        client: A new client for it, with TLS set up where it is wanted.
        mute_file: What the mute command writes and removes; ``None`` if there is no such command.
        clock: Monotonic, s.
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
        self._dropped = self._untold = 0  # events, and those of them of which readers have not been told
        self._last_dropped: Event
        self._open = False
        self._accepted: float | None = None  # when the broker accepted the connection
        self._refused = ""
        self._pause, self._next_try = FIRST_RETRY, -float("inf")
        self._said = ""
        client.max_inflight_messages_set(0)  # it is limited here
        client.will_set(self._topic("availability"), "offline", qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.on_publish = self._on_publish

    @property
    def waiting(self) -> int:
        """Events that the broker has not confirmed."""
        return len(self._waiting) + len(self._in_flight)

    def publish(self, event: Event) -> None:
        """Take an event, and send what can be sent.

        Raises:
            EdgeSerError: another event had to be dropped for it.
        """
        self._retain(self._state.take(event))
        if isinstance(event, EmotionEvent) and not event.final:
            # Of use only now: it neither waits nor overtakes.
            if self._accepted is not None and not self._waiting:
                self._client.publish(self._topic("events"), to_json_line(event).rstrip("\n"))
            return
        self._waiting.append(event)
        self._send_waiting()
        if len(self._waiting) > self._settings.backlog:
            self._last_dropped = self._waiting.popleft()
            self._dropped += 1
            self._untold += 1
            self._retain(self._state.set({DROPPED: str(self._dropped)}))
            raise EdgeSerError(
                f"the broker takes no events; of more than {self._settings.backlog} the oldest are dropped"
            )

    def tick(self) -> None:
        """Connect if it is time, take what came from the broker, send what waits."""
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
            self._say(f"{self.waiting} events have not reached the broker")

    def _is_idle(self) -> bool:
        sent = not self._waiting and not self._in_flight and not self._client.want_write()
        return self._accepted is not None and sent

    # Connecting ------------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        try:
            self._client.username_pw_set(self._address.user, password_of(self._address, self._settings))
            self._client.connect(self._address.host, self._address.port, KEEP_ALIVE)
            self._open = True
        except EdgeSerError as error:
            self._retry(str(error))
        except (OSError, ValueError) as error:
            self._retry(reasons.of_failure(error, self._address))

    def _serve(self, seconds: float) -> None:
        """Take what came from the broker, or wait for it; notice when the connection is gone."""
        self._client.loop(seconds)
        if self._client.socket() is not None:
            return
        self._open = False
        silent = self._refused or reasons.of_silence(self._address)
        reason = silent if self._accepted is None else reasons.CLOSED
        if self._accepted is not None and self._clock() - self._accepted >= STEADY_SECONDS:
            self._pause = FIRST_RETRY
        self._refused, self._accepted = "", None
        self._retry(reason)

    def _retry(self, reason: str) -> None:
        self._next_try = self._clock() + self._pause
        self._pause = min(2 * self._pause, LAST_RETRY)
        if reason != self._said:
            self._said = reason
            self._say(f"{reason}; trying again and again")

    def _on_connect(self, client: Client, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            self._refused = reasons.of_refusal(str(reason))
            return
        self._accepted = self._clock()
        if self._said:
            self._said = ""
            self._say(f"connected; {len(self._waiting)} events have waited, {self._dropped} were dropped so far")
        if self._settings.home_assistant:
            client.subscribe(STATUS_TOPIC, qos=1)
        if self._mute_file is not None:
            client.subscribe(self._topic(f"{MUTED}/set"), qos=1)
        self._announce()

    # Sending ---------------------------------------------------------------------------------------------------------

    def _topic(self, name: str) -> str:
        return f"{self._address.prefix}/{name}"

    def _announce(self) -> None:
        """Say everything anew: a broker or a home server that was restarted may have forgotten it."""
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
            if self._untold:
                last = self._last_dropped
                position = last.end if isinstance(last, EmotionEvent) else last.position
                message = f"{self._untold} events were dropped: the broker was away or slow for too long"
                event: Event = StatusEvent(last.time, "dropped", message, position)
                self._untold = 0
            else:
                event = self._waiting.popleft()
            # The client sends it once more, after a new connection, until the broker has confirmed it.
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
        elif not message.retain:  # an old command must not unmute whenever the connection is made
            self._mute(bytes(message.payload))

    def _mute(self, command: bytes) -> None:
        """Change the mute file; whoever listens heeds it, and its status comes back as an event."""
        if self._mute_file is None:
            return
        try:
            if command in (ON.encode(), OFF.encode()):
                mute.switch(self._mute_file, on=command == ON.encode())
            else:
                self._say(f"{self._topic(f'{MUTED}/set')}: {command[:20]!r} is no command; allowed are {ON} and {OFF}")
        except EdgeSerError as error:
            self._say(str(error))

    def _say(self, message: str) -> None:
        standard_error.say(f"{self._address.name}: {message}")
