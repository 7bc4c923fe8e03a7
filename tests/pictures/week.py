"""A week of history for the picture of the report: labels of real recordings at made-up times."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Final

from edge_ser.events import EmotionEvent
from edge_ser.history.store import Store
from edge_ser.listening.listener import Listener
from edge_ser.settings import HistorySettings

FIRST: Final = "2026-11-16"
LAST: Final = "2026-11-22"
"""A Monday and the Sunday after it."""

TIME_ZONE: Final = "UTC"

_CLIPS: Final = "16*.flac"

_HOURS: Final = {
    "weekday": ((7.0, 8.0), (17.5, 22.0)),
    "weekend": ((9.0, 13.0), (15.0, 23.0)),
}
"""When people are at home and talk, hours of the day."""

_MOODS: Final = ("N", "L", "NL", "NF", "T", "WE", "A")
"""Emotions of a conversation, by the letters of the corpus: its recordings were acted with one of them."""


def write(path: Path, folder: Path) -> None:
    """Write the history; it is the same every time.

    Args:
        path: Path of the history.
        folder: Folder with EmoDB's recordings.
    """
    end = datetime.fromisoformat(LAST).replace(tzinfo=timezone.utc) + timedelta(days=1)
    store = Store(path, HistorySettings(), lambda: end)
    store.write(sorted(_events(folder, random.Random(16)), key=lambda event: event.time))
    store.close()


def _events(folder: Path, chance: random.Random) -> Iterator[EmotionEvent]:
    heard = {clip.stem: _heard(clip) for clip in sorted(folder.glob(_CLIPS))}
    day = date.fromisoformat(FIRST)
    while day <= date.fromisoformat(LAST):
        for first, last in _HOURS["weekend" if day.weekday() >= 5 else "weekday"]:
            hour = first + chance.expovariate(1.5)
            while hour < last:
                mood = chance.choice(_MOODS)
                clips = [clip for clip in heard if clip[5] in mood]
                for _ in range(chance.randint(6, 40)):
                    for event in heard[chance.choice(clips)]:
                        time = datetime(day.year, day.month, day.day, tzinfo=timezone.utc) + timedelta(hours=hour)
                        yield replace(event, time=time)
                        hour += chance.uniform(4, 20) / 3_600
                hour += chance.expovariate(1.2)
        day += timedelta(days=1)


def _heard(clip: Path) -> list[EmotionEvent]:
    return [event for event in Listener(input=clip) if isinstance(event, EmotionEvent) and event.final]
