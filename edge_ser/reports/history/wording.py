"""A report in words: sentences and tables, the same in every format."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from edge_ser.events import UNCERTAIN
from edge_ser.reports.history.figures import Figures, Speech, slot_time

ROUTINE: Final = ("listening", "stopped", "reloaded")
"""Statuses of normal operation, which a report does not mention."""

CAUTION: Final = (
    "Labels are a model's guesses from the sound of a voice, and many are wrong. They do not tell what a person felt."
)


@dataclass(frozen=True)
class ReportTable:
    """A table with a heading; its first columns name the row."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def title(figures: Figures) -> str:
    """Return the heading of the report."""
    # A period that ends at midnight contains nothing of the next day.
    first, last = figures.since.date(), (figures.until - timedelta(microseconds=1)).date()
    return f"Speech and emotions, {day(first)}" + (f" to {day(last)}" if last != first else "")


def sentences(figures: Figures) -> list[str]:
    """Return the sentences of the report."""
    total = figures.total
    lines = [f"From {moment(figures.since)} to {moment(figures.until)}, local time."]
    if not total.utterances:
        lines.append("Nobody spoke, or nothing was recorded.")
    else:
        days = sum(speech.utterances > 0 for speech in figures.by_day.values())
        lines.append(
            f"{counted(total.utterances, 'utterance')} on {counted(days, 'day')}, {duration(total.seconds)} of speech."
        )
        lines.append(_shares(figures))
        hour = max(range(24), key=lambda hour: figures.by_hour[hour].seconds)
        lines.append(
            f"Most speech was between {hour:02d}:00 and {hour + 1:02d}:00: {duration(figures.by_hour[hour].seconds)}."
        )
        if days > 1:
            busiest = max(figures.by_day, key=lambda day: figures.by_day[day].seconds)
            lines.append(
                f"The day with the most speech was {day(busiest)}: {duration(figures.by_day[busiest].seconds)}."
            )
    notable = {status: count for status, count in figures.statuses.items() if status not in ROUTINE}
    if notable:
        listed = ", ".join(f"{status} ({counted(count, 'time')})" for status, count in sorted(notable.items()))
        lines.append(f"Also noted: {listed}.")
    return [*lines, CAUTION]


def tables(figures: Figures) -> list[ReportTable]:
    """Return the figures as tables; none without speech."""
    if not figures.total.utterances:
        return []
    labels, total = figures.labels, figures.total
    amounts = ("speaking time", "utterances", *labels)
    hours = enumerate(figures.by_hour)
    stretches = figures.stretches()
    return [
        ReportTable(
            "Emotions",
            ("label", "speaking time", "share"),
            tuple((label, duration(total.by_label[label]), f"{total.share(label):.0%}") for label in labels),
        ),
        ReportTable(
            "By hour of the day",
            ("hour", *amounts),
            tuple((f"{hour:02d}:00", *_amounts(speech, labels)) for hour, speech in hours if speech.utterances),
        ),
        ReportTable(
            "By day",
            ("day", *amounts),
            tuple((day(when), *_amounts(speech, labels)) for when, speech in figures.by_day.items()),
        ),
        ReportTable(
            "Timeline",
            ("day", "from", "to", "speaking time", "mostly"),
            tuple(
                (day(s.day), slot_time(s.first), slot_time(s.after), duration(s.speech.seconds), s.speech.leading or "")
                for s in stretches
            ),
        ),
    ]


def duration(seconds: float) -> str:
    """Return a duration for people, such as ``59 s``, ``12 min`` or ``3 h 05 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def day(when: date) -> str:
    """Return a day for people, in English whatever the system's language."""
    return f"{('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')[when.weekday()]} {when.isoformat()}"


def moment(when: datetime) -> str:
    """Return a local time with the name of its zone."""
    return f"{day(when.date())} {when:%H:%M} {when.tzname()}"


def counted(count: int, noun: str) -> str:
    """Return a number with its noun in the singular or plural."""
    return f"{count} {noun}" + ("" if count == 1 else "s")


def _shares(figures: Figures) -> str:
    total = figures.total
    known = sorted((label for label in figures.labels if label != UNCERTAIN), key=total.share, reverse=True)
    parts = [f"{label} {total.share(label):.0%}" for label in known]
    text = f"Shares of the speaking time: {', '.join(parts)}." if parts else ""
    if UNCERTAIN in figures.labels:
        text += f" For {total.share(UNCERTAIN):.0%} the model was uncertain."
    return text.strip()


def _amounts(speech: Speech, labels: tuple[str, ...]) -> tuple[str, ...]:
    shares = (f"{speech.share(label):.0%}" if speech.seconds else "" for label in labels)
    return duration(speech.seconds), str(speech.utterances), *shares
