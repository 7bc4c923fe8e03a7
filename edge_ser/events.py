"""What the recognizer publishes: emotions, status and levels, as JSON Lines with a written, versioned schema.

The schema is `events.schema.json` beside this file.  A field is never removed nor changes its meaning within a version;
new fields may come, so readers should ignore what they do not know.
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
"""The label when no emotion reaches the model's confidence threshold."""

NO_SPEECH: Final = "no-speech"
"""The label of a recording in which nobody speaks."""


STATUSES: Final = (
    "listening",
    "no-microphone",  # none is there, or not the one asked for
    "device-lost",  # it vanished while it was listened to
    "device-busy",  # it is there and cannot be opened
    "deaf",  # it delivers, but no sound: zeros, one value, the same again and again
    "clipping",  # it is much too loud
    "recovered",  # from `deaf` or `clipping`
    "muted",  # by the mute file or in quiet hours; `listening` ends it
    "overflow",  # audio was lost
    "dropped",  # events were, for a slow reader
    "refused",  # what this reader of the socket asked for; the others do not hear of it
    "reloaded",  # the configuration was read anew
    "not-reloaded",  # it cannot be used; the one before stays in force
    "error",
    "stopped",
)
"""What a status event can tell."""

STATES: Final = ("listening", "no-microphone", "device-lost", "device-busy", "muted", "stopped", "error")
"""Statuses that say what goes on from now on; each takes the place of the one before."""

FAULTS: Final = ("deaf", "clipping")
"""Statuses of a microphone that delivers, but nothing of use; ``recovered`` or a new state ends them."""


@dataclass(frozen=True)
class EmotionEvent:
    """An utterance, still going on or ended.

    Attributes:
        time: When the event was made, UTC.
        utterance: Number of the utterance in this run, from 1; its provisional events and the final one share it.
        final: Whether the utterance has ended.  Each utterance that is published has one final event, its last.
        start: Where the utterance begins, seconds of stream.
        end: Where it ends, or what has been heard of it so far, seconds of stream.
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
    """A change of state that a reader may want to know.

    Attributes:
        time: When it happened, UTC.
        status: One of ``STATUSES``.
        message: One line for people.
        position: Where in the stream, seconds.
    """

    time: datetime
    status: str
    message: str
    position: float


Event = EmotionEvent | StatusEvent
"""What every sink takes."""


@dataclass(frozen=True)
class LevelEvent:
    """How loud it is just now, up to ten times a second.  Only readers of a socket that ask for levels get them.

    Attributes:
        time: When it was measured, UTC.
        position: Where in the stream, seconds.
        level: Root mean square of the last tenth of a second without its offset, dBFS, :data:`SILENCE` at least.
        peak: Greatest magnitude in it, dBFS, likewise.
        speech: Whether the speech gate is open.
    """

    time: datetime
    position: float
    level: float
    peak: float
    speech: bool


SILENCE: Final = -96.0
"""What is said instead of minus infinity, dBFS; one bit of noise is louder."""


def utc_now() -> datetime:
    """Return the wall clock, for whoever makes events outside the pure core."""
    return datetime.now(timezone.utc)


_NAMES: Final = {EmotionEvent: "emotion", StatusEvent: "status", LevelEvent: "level"}


def to_dict(event: Event | LevelEvent) -> dict[str, Any]:
    """Return the event as it stands in JSON, rounded to what it can mean."""
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
    """Return the event as one line of JSON, with its newline."""
    return json.dumps(to_dict(event), separators=(", ", ": ")) + "\n"
