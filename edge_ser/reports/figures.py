"""What a report tells, as data: how long was spoken, with which emotions, by hour of the day and by day.

All is in local time, by the clock on the wall: where clocks are put back, the hour that comes twice is one hour of
that day with what was said in both; the one that is left out is empty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from edge_ser.events import LABELS, UNCERTAIN, EmotionEvent, Event

SLOT_MINUTES: Final = 15
SLOTS: Final = 24 * 60 // SLOT_MINUTES
"""Parts of a day in the timeline: short enough to see a conversation, few enough to draw a season."""


@dataclass
class Speech:
    """An amount of speech, as it is added up."""

    utterances: int = 0
    seconds: float = 0.0
    by_label: dict[str, float] = field(default_factory=dict)
    """Speaking time of each label that came, s."""

    def add(self, label: str, seconds: float) -> None:
        """Add an utterance."""
        self.utterances += 1
        self.seconds += seconds
        self.by_label[label] = self.by_label.get(label, 0.0) + seconds

    def share(self, label: str) -> float:
        """Return the part of the speaking time that has a label, 0 to 1."""
        return self.by_label.get(label, 0.0) / self.seconds if self.seconds else 0.0

    @property
    def leading(self) -> str | None:
        """The label of most of it; ``None`` if nothing was said."""
        return max(self.by_label, key=lambda label: self.by_label[label], default=None)


@dataclass(frozen=True)
class Stretch:
    """A part of a day in which somebody spoke in every slot."""

    day: date
    first: int
    """Its first slot."""
    after: int
    """The slot behind its last."""
    speech: Speech


@dataclass(frozen=True)
class Figures:
    """What a report tells."""

    since: datetime
    """Begin of the period, local time with its offset."""
    until: datetime
    labels: tuple[str, ...]
    """All that came, in the order in which they are shown."""
    total: Speech
    by_hour: tuple[Speech, ...]
    """Of the 24 hours of the clock, all days together."""
    by_day: dict[date, Speech]
    """Of each day from the first to the last with anything in the history, silent ones too."""
    slots: dict[tuple[date, int], Speech]
    """The timeline: of the slots in which somebody spoke, by day and number of the slot."""
    statuses: dict[str, int]
    """How often each status came."""

    def stretches(self) -> list[Stretch]:
        """Return the timeline with slots that follow one another joined."""
        found: list[Stretch] = []
        for day, slot in sorted(self.slots):
            speech = Speech()
            first = slot
            if found and (found[-1].day, found[-1].after) == (day, slot):
                first, speech = found[-1].first, found.pop().speech
            _join(speech, self.slots[day, slot])
            found.append(Stretch(day, first, slot + 1, speech))
        return found


def sum_up(events: Iterable[Event], since: datetime, until: datetime) -> Figures:
    """Return the figures of a period.

    Args:
        events: Those of the period; any order, read once.
        since: Begin of the period, local time with its offset.
        until: Its end.
    """
    total = Speech()
    by_hour = tuple(Speech() for _ in range(24))
    by_day: dict[date, Speech] = {}
    slots: dict[tuple[date, int], Speech] = {}
    statuses: Counter[str] = Counter()
    for event in events:
        local = event.time.astimezone()
        day = by_day.setdefault(local.date(), Speech())
        if not isinstance(event, EmotionEvent):
            statuses[event.status] += 1
            continue
        slot = (local.hour * 60 + local.minute) // SLOT_MINUTES
        for speech in (total, by_hour[local.hour], day, slots.setdefault((local.date(), slot), Speech())):
            speech.add(event.label, event.end - event.start)
    return Figures(since, until, _order(total), total, by_hour, _without_gaps(by_day), slots, dict(statuses))


def slot_time(slot: int) -> str:
    """Return when a slot begins, ``HH:MM``; the one behind the last is ``24:00``."""
    hours, minutes = divmod(slot * SLOT_MINUTES, 60)
    return f"{hours:02d}:{minutes:02d}"


def _order(total: Speech) -> tuple[str, ...]:
    """Return the labels: ours as they always stand, then another model's, `uncertain` last."""
    others = sorted(set(total.by_label) - {*LABELS, UNCERTAIN})
    return tuple(label for label in (*LABELS, *others, UNCERTAIN) if label in total.by_label)


def _without_gaps(by_day: dict[date, Speech]) -> dict[date, Speech]:
    if not by_day:
        return {}
    first, last = min(by_day), max(by_day)
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return {day: by_day.get(day, Speech()) for day in days}


def _join(into: Speech, more: Speech) -> None:
    into.utterances += more.utterances
    into.seconds += more.seconds
    for label, seconds in more.by_label.items():
        into.by_label[label] = into.by_label.get(label, 0.0) + seconds
