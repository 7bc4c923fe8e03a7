"""The published events: emotions, statuses and levels, as JSON Lines with a versioned schema.

The schema is `events.schema.json` beside this file.  Within a version no field is removed or changes its meaning; new
fields may be added, so readers should ignore fields they do not know.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Final

SCHEMA_VERSION: Final = 1

LABELS: Final = ("anger", "disgust", "fear", "happiness", "neutral", "sadness")
"""The emotions of the default model, in the order of its outputs."""

UNCERTAIN: Final = "uncertain"
"""The label of an utterance in which no emotion reaches the model's confidence threshold."""

NO_SPEECH: Final = "no-speech"
"""The label of a recording in which nobody speaks."""

STATUSES: Final = (
    "listening",
    "no-microphone",  # there is none, or not the one asked for
    "device-lost",  # the microphone vanished while it was in use
    "device-busy",  # the microphone exists but cannot be opened
    "deaf",  # the microphone delivers no sound, but zeros, one value, or the same buffer over and over
    "clipping",  # the microphone is overdriven
    "recovered",  # from `deaf` or `clipping`
    "muted",  # by the mute file or quiet hours; `listening` ends it
    "overflow",  # audio was lost
    "dropped",  # events were lost because a reader is slow
    "refused",  # a request through the socket; only the reader that made it is told
    "reloaded",  # the configuration was reloaded
    "not-reloaded",  # the new configuration is not valid; the old one stays in force
    "error",
    "stopped",
)
"""The statuses of status events."""

STATES: Final = ("listening", "no-microphone", "device-lost", "device-busy", "muted", "stopped", "error")
"""Statuses that name a lasting state; each replaces the one before."""

FAULTS: Final = ("deaf", "clipping")
"""Statuses of a microphone that delivers no usable sound; ``recovered`` or a new state ends them."""


@dataclass(frozen=True)
class EmotionEvent:
    """The label of an utterance, which may still be going on.

    Attributes:
        time: When the event was made, UTC.
        utterance: Number of the utterance in this run, from 1; its provisional events and its final one share it.
        final: Whether the utterance has ended.  The last event of each published utterance is final, and only that.
        start: Start of the utterance, seconds of stream.
        end: End of the utterance, or of its part heard so far, seconds of stream.
        label: One of the model's labels, or ``uncertain``.
        confidence: Probability of the likeliest emotion, 0 to 1.
        probabilities: Calibrated probability of each of the model's labels; they add up to 1.
    """

    time: datetime
    utterance: int
    final: bool
    start: float
    end: float
    label: str
    confidence: float
    probabilities: dict[str, float]


@dataclass(frozen=True)
class StatusEvent:
    """A change of state.

    Attributes:
        time: When it happened, UTC.
        status: One of :data:`STATUSES`.
        message: One line for people.
        position: Position in the stream, s.
    """

    time: datetime
    status: str
    message: str
    position: float


Event = EmotionEvent | StatusEvent
"""An event that every sink takes."""


@dataclass(frozen=True)
class LevelEvent:
    """The current sound level, up to ten times a second; only socket readers that ask for levels get them.

    Attributes:
        time: When it was measured, UTC.
        position: Position in the stream, s.
        level: Root mean square of the last 0.1 s without its offset, dBFS; at least :data:`SILENCE`.
        peak: Greatest magnitude in the last 0.1 s, dBFS; at least :data:`SILENCE`.
        speech: Whether the speech gate is open.
    """

    time: datetime
    position: float
    level: float
    peak: float
    speech: bool


SILENCE: Final = -96.0
"""Stands for minus infinity, dBFS; one bit of noise is louder."""


def utc_now() -> datetime:
    """Return the wall-clock time, UTC."""
    return datetime.now(timezone.utc)


def position_of(event: Event) -> float:
    """Return an event's position in the stream, s: the end of an utterance, or where a status changed."""
    return event.end if isinstance(event, EmotionEvent) else event.position


_NAMES: Final = {EmotionEvent: "emotion", StatusEvent: "status", LevelEvent: "level"}


def to_dict(event: Event | LevelEvent) -> dict[str, Any]:
    """Return the event's JSON object, its numbers rounded to their meaningful digits."""
    head: dict[str, Any] = {
        "event": _NAMES[type(event)],
        "schema": SCHEMA_VERSION,
        "time": event.time.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    if isinstance(event, StatusEvent):
        return head | {"status": event.status, "message": event.message, "position": round(event.position, 3)}
    if isinstance(event, LevelEvent):
        return head | {
            "position": round(event.position, 3),
            "level": round(event.level, 1),
            "peak": round(event.peak, 1),
            "speech": event.speech,
        }
    return head | {
        "utterance": event.utterance,
        "final": event.final,
        "start": round(event.start, 3),
        "end": round(event.end, 3),
        "label": event.label,
        "confidence": round(event.confidence, 4),
        "probabilities": {label: round(p, 4) for label, p in event.probabilities.items()},
    }


def to_json_line(event: Event | LevelEvent) -> str:
    """Return the event as one line of JSON, newline included."""
    return json.dumps(to_dict(event), separators=(", ", ": ")) + "\n"
