"""Utterances at given times, and the figures of a report on them."""

from __future__ import annotations

from datetime import datetime, timezone

from edge_ser.events import EmotionEvent
from edge_ser.reports.history.figures import Figures, summarize
from tests.history.events import utterance


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def figures_of(*events: EmotionEvent, since: str = "2026-01-01", until: str = "2026-12-31") -> Figures:
    return summarize(events, utc(since).astimezone(), utc(until).astimezone())


def at(text: str, label: str = "anger", seconds: float = 2.0) -> EmotionEvent:
    return utterance(1, utc(text), label, seconds)
