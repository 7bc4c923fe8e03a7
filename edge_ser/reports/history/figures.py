"""The figures of a report: speaking time and its emotions, by hour of the day and by day.

All times are local, as on a wall clock: when clocks are put back, the repeated hour counts as one hour with the speech
of both; when they are put forward, the skipped hour is empty.
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
"""Slots per day in the timeline: short enough to see a conversation, few enough to draw a season."""


@dataclass
class Speech:
    """An amount of speech, which is added up."""

    utterances: int = 0
    seconds: float = 0.0
    by_label: dict[str, float] = field(default_factory=dict)
    """Speaking time of each label that occurred, s."""

    def add(self, label: str, seconds: float) -> None:
        """Add an utterance.

        Args:
            label: Its label.
            seconds: Its duration, s.
        """
        self.utterances += 1
        self.seconds += seconds
        self.by_label[label] = self.by_label.get(label, 0.0) + seconds

    def share(self, label: str) -> float:
        """Return the share of a label in the speaking time, 0 to 1."""
        return self.by_label.get(label, 0.0) / self.seconds if self.seconds else 0.0

    @property
    def leading(self) -> str | None:
        """The label with the most speaking time; ``None`` without speech."""
        return max(self.by_label, key=lambda label: self.by_label[label], default=None)


@dataclass(frozen=True)
class Stretch:
    """A part of a day with speech in every slot."""

    day: date
    first: int
    """Its first slot."""
    after: int
    """The slot after its last one."""
    speech: Speech


@dataclass(frozen=True)
class Figures:
    """The figures of a report."""

    since: datetime
    """Beginning of the period, local time with its offset."""
    until: datetime
    """End of the period, local time with its offset."""
    labels: tuple[str, ...]
    """All labels that occurred, in the order in which they are shown."""
    total: Speech
    by_hour: tuple[Speech, ...]
    """Speech in each of the 24 hours of the day, over all days."""
    by_day: dict[date, Speech]
    """Speech of each day from the first to the last with any event, silent days included."""
    slots: dict[tuple[date, int], Speech]
    """The timeline: speech by day and number of the slot, slots with speech only."""
    statuses: dict[str, int]
    """How often each status occurred."""

    def stretches(self) -> list[Stretch]:
        """Return the timeline with consecutive slots joined."""
        stretches: list[Stretch] = []
        for day, slot in sorted(self.slots):
            speech = Speech()
            first = slot
            if stretches and (stretches[-1].day, stretches[-1].after) == (day, slot):
                first, speech = stretches[-1].first, stretches.pop().speech
            _add_up(speech, self.slots[day, slot])
            stretches.append(Stretch(day, first, slot + 1, speech))
        return stretches


def summarize(events: Iterable[Event], since: datetime, until: datetime) -> Figures:
    """Return the figures of a period.

    Args:
        events: Events of the period in any order, read once.
        since: Beginning of the period, local time with its offset.
        until: End of the period.
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
    """Return when a slot begins, ``HH:MM``; ``24:00`` for the one after the last."""
    hours, minutes = divmod(slot * SLOT_MINUTES, 60)
    return f"{hours:02d}:{minutes:02d}"


def _order(total: Speech) -> tuple[str, ...]:
    """Return the labels: ours in their usual order, then those of another model, `uncertain` last."""
    others = sorted(set(total.by_label) - {*LABELS, UNCERTAIN})
    return tuple(label for label in (*LABELS, *others, UNCERTAIN) if label in total.by_label)


def _without_gaps(by_day: dict[date, Speech]) -> dict[date, Speech]:
    if not by_day:
        return {}
    first, last = min(by_day), max(by_day)
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return {day: by_day.get(day, Speech()) for day in days}


def _add_up(into: Speech, more: Speech) -> None:
    into.utterances += more.utterances
    into.seconds += more.seconds
    for label, seconds in more.by_label.items():
        into.by_label[label] = into.by_label.get(label, 0.0) + seconds
