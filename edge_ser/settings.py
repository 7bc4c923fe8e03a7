"""Everything that can be set at run time, as frozen dataclasses with a unit under every field.

Each is validated once, when it is made; an error names the key, the value and what is allowed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Final

from edge_ser.errors import InvalidSetting

SAMPLE_RATE: Final = 16_000
"""Samples a second everywhere behind a source, Hz."""

BLOCK_SAMPLES: Final = 1_600
"""Samples a block that a source hands on: 100 ms.  Ten frames at a time keep numpy's overhead a call small."""

LOWEST_RATE: Final = 4_000
HIGHEST_RATE: Final = 384_000
"""Sample rates that raw PCM may have, Hz."""

MOST_CHANNELS: Final = 32
"""Channels that raw PCM may have."""

INTERPRETERS: Final = ("tflite-runtime", "litert")
FORMATS: Final = ("text", "json", "none")


def require(key: str, value: float, low: float, high: float, unit: str = "") -> None:
    """Raise an error that names key, value and bounds, if the value is not within them."""
    if not low <= value <= high:
        raise InvalidSetting(f"{key} = {value}: allowed is {low:g} to {high:g} {unit}".rstrip())


def require_one_of(key: str, value: str | None, allowed: tuple[str, ...]) -> None:
    """Raise an error that names key, value and what is allowed, if the value is none of it; ``None`` is not set."""
    if value is not None and value not in allowed:
        raise InvalidSetting(f"{key} = {value}: allowed are {', '.join(allowed)}")


def without_password(uri: str) -> str:
    """Return a destination as messages may show it."""
    return re.sub(r"(://[^:@/]*):.*@", r"\1:***@", uri, flags=re.DOTALL)


def require_absolute(key: str, path: str | None) -> None:
    """Raise an error that names key and path, if it depends on the working directory; ``None`` is not set."""
    if path is not None and not Path(path).is_absolute():
        raise InvalidSetting(f"{key} = {path!r}: allowed is a path that begins with /")


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
    """``tflite-runtime`` or ``litert``; ``None`` is the first that is installed."""

    def __post_init__(self) -> None:
        require_one_of("model.interpreter", self.interpreter, INTERPRETERS)


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
class QuietHours:
    """A part of each day, local time; it may go past midnight."""

    start: time
    end: time

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """Read ``HH:MM-HH:MM``.

        Raises:
            ValueError: it is something else.
        """
        match = re.fullmatch(r"\s*(\d\d?:\d\d)\s*-\s*(\d\d?:\d\d)\s*", text)
        if match is None:
            raise ValueError(text)
        start, end = (time(int(hour), int(minute)) for hour, minute in (part.split(":") for part in match.groups()))
        if start == end:
            raise ValueError(text)
        return cls(start, end)

    def contain(self, moment: time) -> bool:
        """Whether a time of day is within; the end is not."""
        if self.start < self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


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


@dataclass(frozen=True)
class DecisionSettings:
    """How the model's outputs become labels.

    Each model file carries these; temperature, threshold and evidence are found on its validation speakers.
    """

    temperature: float = 1.0
    """Divides the pooled logits before the softmax, so that the confidence means what it says."""
    threshold: float = 0.35
    """Confidence below which the label is `uncertain`."""
    speech_threshold: float = 0.85
    """Probability of speech from which a step of the model speaks for speech; below, it speaks against it."""
    evidence: float = 7.0
    """Evidence of speech without which an utterance is not published, nats."""
    persistence: float = 0.9
    """How much of what was believed of an utterance is expected of the one that follows at once; 0 for none of it."""
    interval: float = 0.5
    """From one provisional label to the next, s."""

    def __post_init__(self) -> None:
        require("decision.temperature", self.temperature, 0.1, 10)
        require("decision.threshold", self.threshold, 0, 1)
        require("decision.speech_threshold", self.speech_threshold, 0.1, 0.99)
        require("decision.evidence", self.evidence, 0, 100, "nats")
        require("decision.persistence", self.persistence, 0, 0.99)
        require("decision.interval", self.interval, 0.1, 5, "s")
