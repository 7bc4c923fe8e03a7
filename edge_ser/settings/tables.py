"""All that can be set at run time, as frozen dataclasses with a unit under every field.

Each is validated once, when it is made; an error names the key, the value and what is allowed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from edge_ser.audio import HIGHEST_RATE, LOWEST_RATE, MOST_CHANNELS, SAMPLE_RATE
from edge_ser.errors import InvalidSetting
from edge_ser.settings.checks import require, require_absolute, require_one_of, without_password
from edge_ser.settings.quiet_hours import QuietHours

FORMATS: Final = ("text", "json", "none")


@dataclass(frozen=True)
class MicrophoneSettings:
    """Which microphone, and how it is read."""

    device: str | int | None = None
    """Name (or a part of it that fits one device only) or index; ``None`` is the system's default."""
    wait: bool = False
    """Whether to wait for a microphone that is not there, is busy or was unplugged, instead of ending."""
    queue_seconds: float = 4.0
    """Audio that may wait between the sound card and the recognizer before it is dropped and counted, s."""
    read_timeout: float = 2.0
    """Without a single block for this long the microphone counts as vanished, s."""

    def __post_init__(self) -> None:
        require("microphone.queue_seconds", self.queue_seconds, 0.5, 60, "s")
        require("microphone.read_timeout", self.read_timeout, 0.5, 60, "s")


@dataclass(frozen=True)
class InputSettings:
    """What is listened to instead of a microphone, and for how long anything is."""

    file: str | None = None
    """A recording, ``-`` for raw 16-bit PCM on standard input, ``demo`` for the shipped one; ``None`` for none."""
    rate: int = SAMPLE_RATE
    """Of raw PCM, Hz."""
    channels: int = 1
    """Of raw PCM."""
    realtime: bool = False
    """Whether a recording is played at the speed at which it was made."""
    duration: float | None = None
    """What is listened to at most, s; ``None`` is without end."""

    def __post_init__(self) -> None:
        require("input.rate", self.rate, LOWEST_RATE, HIGHEST_RATE, "Hz")
        require("input.channels", self.channels, 1, MOST_CHANNELS)
        if self.duration is not None:
            require("input.duration", self.duration, 0.001, 1e9, "s")
        if self.file == "":
            raise InvalidSetting("input.file = '': allowed is a path, - or demo")
        if self.realtime and self.file in (None, "-"):
            raise InvalidSetting("input.realtime = true: allowed with a recording only, input.file")


@dataclass(frozen=True)
class ModelSettings:
    """Which model, and what runs it."""

    file: str | None = None
    """Model file; ``None`` is the one that the package ships."""
    interpreter: str | None = None
    """One of :data:`edge_ser.model.interpreter.INTERPRETERS`; ``None`` is the first that is installed."""


@dataclass(frozen=True)
class OutputSettings:
    """Where events go."""

    format: str = "text"
    """On standard output: ``text`` for people, ``json`` for programs, or ``none``."""
    publish: tuple[str, ...] = ()
    """Further places, as :mod:`edge_ser.sinks.destinations` knows them."""

    def __post_init__(self) -> None:
        require_one_of("output.format", self.format, FORMATS)
        twice = {uri for uri in self.publish if self.publish.count(uri) > 1}
        if twice:
            shown = without_password(twice.pop())
            raise InvalidSetting(f"output.publish = {shown!r}: stands there twice; allowed is once")


@dataclass(frozen=True)
class PrivacySettings:
    """When nobody may be listened to."""

    quiet_hours: tuple[str, ...] = ()
    """Parts of each day in which the microphone is closed, ``HH:MM-HH:MM``, local time."""
    mute_file: str | None = None
    """While it is there the microphone is closed; ``None`` is the place that `edge-ser mute` uses."""
    socket_switch: bool = True
    """Whether whoever may read the socket may also mute and unmute; only microphones are muted."""

    def __post_init__(self) -> None:
        for text in self.quiet_hours:
            try:
                QuietHours.parse(text)
            except ValueError:
                raise InvalidSetting(
                    f"privacy.quiet_hours = {text!r}: allowed is HH:MM-HH:MM, for example 22:00-07:00"
                ) from None
        require_absolute("privacy.mute_file", self.mute_file)


@dataclass(frozen=True)
class GateSettings:
    """When the speech gate opens and closes."""

    aggressiveness: int = 2
    """How readily the WebRTC detector calls a block noise: 0 (least) to 3."""
    onset: float = 0.08
    """Net speech that opens the gate, s."""
    look_back: float = 0.12
    """Audio before the first speech block that belongs to the utterance, so that its first sound is kept, s."""
    hang_over: float = 0.30
    """Pause that ends an utterance, s."""
    tail: float = 0.04
    """Audio after the last speech block that belongs to the utterance, s."""
    longest: float = 15.0
    """An utterance that lasts longer is ended, and the next begins, s."""

    def __post_init__(self) -> None:
        require("gate.aggressiveness", self.aggressiveness, 0, 3, "(a whole number)")
        require("gate.onset", self.onset, 0.02, 0.5, "s")
        require("gate.look_back", self.look_back, 0, 1, "s")
        require("gate.hang_over", self.hang_over, 0.1, 2, "s")
        require("gate.tail", self.tail, 0.02, self.hang_over, "s")
        require("gate.longest", self.longest, 2, 60, "s")


@dataclass(frozen=True)
class HistorySettings:
    """How much of what was recognized is kept, where `output.publish` has `history:`."""

    keep_days: int = 90
    """Events that are older are removed, days."""
    most_megabytes: int = 100
    """If the file becomes larger the oldest events are removed, MB."""
    commit_seconds: float = 60.0
    """From one write to the next at least, so that a memory card lasts; as much is lost by a power cut, s."""

    def __post_init__(self) -> None:
        require("history.keep_days", self.keep_days, 1, 36_500, "days")
        require("history.most_megabytes", self.most_megabytes, 1, 100_000, "MB")
        require("history.commit_seconds", self.commit_seconds, 60, 3_600, "s")


@dataclass(frozen=True)
class MqttSettings:
    """How a broker is used, where `output.publish` has `mqtt://` or `mqtts://`."""

    password_file: str | None = None
    """Holds the password of the user that the destination names; ``None`` for the one there, or for none."""
    ca_file: str | None = None
    """Certificate of the authority that signed the broker's, for TLS; ``None`` for those that the system knows."""
    home_assistant: bool = True
    """Whether Home Assistant is told which entities there are."""
    mute_switch: bool = True
    """Whether whoever may write to the broker can mute and unmute."""
    backlog: int = 1_000
    """Events that wait for a broker that is away; beyond, the oldest are dropped and counted."""

    def __post_init__(self) -> None:
        require("mqtt.backlog", self.backlog, 1, 10_000, "events")
        require_absolute("mqtt.password_file", self.password_file)
        require_absolute("mqtt.ca_file", self.ca_file)


@dataclass(frozen=True)
class ListenSettings:
    """All that `edge-ser listen` is told, a table of its configuration file for each part."""

    microphone: MicrophoneSettings = field(default_factory=MicrophoneSettings)
    input: InputSettings = field(default_factory=InputSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    gate: GateSettings = field(default_factory=GateSettings)
    output: OutputSettings = field(default_factory=OutputSettings)
    privacy: PrivacySettings = field(default_factory=PrivacySettings)
    mqtt: MqttSettings = field(default_factory=MqttSettings)
    history: HistorySettings = field(default_factory=HistorySettings)

    def __post_init__(self) -> None:
        if self.microphone.device is not None and self.input.file is not None:
            raise InvalidSetting(
                f"microphone.device = {self.microphone.device!r} and input.file = {self.input.file!r}: allowed is one"
            )
