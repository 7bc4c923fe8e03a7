"""The run-time settings, as frozen dataclasses with a unit under every field.

Each is validated when it is made; an error names the key, the value and what is allowed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from edge_ser.audio import HIGHEST_RATE, LOWEST_RATE, MOST_CHANNELS, SAMPLE_RATE
from edge_ser.errors import InvalidSetting
from edge_ser.settings.checks import require, require_absolute, require_one_of, without_password
from edge_ser.settings.quiet_hours import QuietHours

FORMATS: Final = ("text", "json", "none")
"""Formats of standard output."""


@dataclass(frozen=True)
class MicrophoneSettings:
    """Which microphone, and how it is read."""

    device: str | int | None = None
    """Name, a part of it that matches one microphone only, or index; ``None`` is the system's default."""
    wait: bool = False
    """Whether to wait for a microphone that is missing, busy or unplugged, instead of ending."""
    queue_seconds: float = 4.0
    """Audio that may be queued between the sound card and the recognizer; more is dropped and counted, s."""
    read_timeout: float = 2.0
    """Time without any block after which the microphone counts as lost, s."""

    def __post_init__(self) -> None:
        require("microphone.queue_seconds", self.queue_seconds, 0.5, 60, "s")
        require("microphone.read_timeout", self.read_timeout, 0.5, 60, "s")


@dataclass(frozen=True)
class InputSettings:
    """What to listen to instead of a microphone, and for how long to listen."""

    file: str | None = None
    """A recording, ``-`` for raw 16-bit PCM on standard input, or ``demo``; ``None`` is a microphone."""
    rate: int = SAMPLE_RATE
    """Sample rate of raw PCM, Hz."""
    channels: int = 1
    """Channels of raw PCM."""
    realtime: bool = False
    """Whether to read a recording at the speed at which it was made."""
    duration: float | None = None
    """How much to listen to at most, s; ``None`` is without limit."""

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
    """Which model, and which interpreter runs it."""

    file: str | None = None
    """Model file; ``None`` is the shipped model."""
    interpreter: str | None = None
    """One of :data:`edge_ser.model.interpreter.INTERPRETERS`; ``None`` is the first that is installed."""


@dataclass(frozen=True)
class OutputSettings:
    """Where events go."""

    format: str = "text"
    """Format of standard output: ``text`` for people, ``json`` for programs, or ``none``."""
    publish: tuple[str, ...] = ()
    """Further destinations, see :mod:`edge_ser.sinks.destinations`."""

    def __post_init__(self) -> None:
        require_one_of("output.format", self.format, FORMATS)
        twice = {uri for uri in self.publish if self.publish.count(uri) > 1}
        if twice:
            shown = without_password(twice.pop())
            raise InvalidSetting(f"output.publish = {shown!r}: is given twice; allowed is once")


@dataclass(frozen=True)
class PrivacySettings:
    """When the microphone is closed."""

    quiet_hours: tuple[str, ...] = ()
    """Daily periods in which the microphone is closed, ``HH:MM-HH:MM``, local time."""
    mute_file: str | None = None
    """Path of the file whose existence closes the microphone; ``None`` is the one that `edge-ser mute` uses."""
    socket_switch: bool = True
    """Whether readers of the socket may mute and unmute; only microphones can be muted."""

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
    """How readily the WebRTC detector classifies a block as noise: 0 (least) to 3."""
    onset: float = 0.08
    """Net duration of speech that opens the gate, s."""
    look_back: float = 0.12
    """Audio before the first speech block that belongs to the utterance, so that its first sound is kept, s."""
    hang_over: float = 0.30
    """Pause that ends an utterance, s."""
    tail: float = 0.04
    """Audio after the last speech block that belongs to the utterance, s."""
    longest: float = 15.0
    """Longest utterance, s; longer speech is split."""

    def __post_init__(self) -> None:
        require("gate.aggressiveness", self.aggressiveness, 0, 3, "(a whole number)")
        require("gate.onset", self.onset, 0.02, 0.5, "s")
        require("gate.look_back", self.look_back, 0, 1, "s")
        require("gate.hang_over", self.hang_over, 0.1, 2, "s")
        require("gate.tail", self.tail, 0.02, self.hang_over, "s")
        require("gate.longest", self.longest, 2, 60, "s")


@dataclass(frozen=True)
class HistorySettings:
    """How much is kept in the history, if `output.publish` includes `history:`."""

    keep_days: int = 90
    """Age after which events are removed, days."""
    most_megabytes: int = 100
    """Size of the file above which the oldest events are removed, MB."""
    commit_seconds: float = 60.0
    """Least interval between writes, so that a memory card lasts; a power cut loses as much, s."""

    def __post_init__(self) -> None:
        require("history.keep_days", self.keep_days, 1, 36_500, "days")
        require("history.most_megabytes", self.most_megabytes, 1, 100_000, "MB")
        require("history.commit_seconds", self.commit_seconds, 60, 3_600, "s")


@dataclass(frozen=True)
class MqttSettings:
    """How a broker is used, if `output.publish` includes `mqtt://` or `mqtts://`."""

    password_file: str | None = None
    """File with the password of the destination's user; ``None`` is the destination's own password, or none."""
    ca_file: str | None = None
    """Certificate of the authority that signed the broker's, for TLS; ``None`` is the system's certificates."""
    home_assistant: bool = True
    """Whether to announce the entities to Home Assistant."""
    mute_switch: bool = True
    """Whether clients of the broker may mute and unmute."""
    backlog: int = 1_000
    """Events kept while the broker is unreachable; beyond that the oldest are dropped and counted."""

    def __post_init__(self) -> None:
        require("mqtt.backlog", self.backlog, 1, 10_000, "events")
        require_absolute("mqtt.password_file", self.password_file)
        require_absolute("mqtt.ca_file", self.ca_file)


@dataclass(frozen=True)
class ListenSettings:
    """All settings of `edge-ser listen`; each field is a table of the configuration file."""

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
