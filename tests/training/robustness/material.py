"""Models, recordings and events for the tests of robustness."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from edge_ser.events import EmotionEvent, utc_now
from edge_ser.model.bundle import Bundle, read_bundle
from training.data.dataset import Dataset, load
from training.settings import AugmentSettings, DataSettings

RATE = 16_000


def dataset_of(place: Path) -> Dataset:
    """Return the recordings in a folder."""
    settings = DataSettings(("mine",), (), "all", sounds=0)
    return load(place / "data", settings, AugmentSettings(copies=0), place / "cache", 1, [].append)


def model(*learned_from: str) -> Bundle:
    """Return the shipped model, as if trained on other speakers."""
    return replace(read_bundle(), card={"learned_from": list(learned_from)})


def event(label: str, final: bool = False) -> EmotionEvent:
    """Return an emotion event."""
    return EmotionEvent(utc_now(), 1, final, 0.0, 1.0, label, 0.5, {})
