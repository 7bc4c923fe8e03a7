"""The emotion labels of all corpora, the words that mean them, and the choice of a run's labels."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

from edge_ser.errors import InvalidSetting
from edge_ser.events import LABELS as DEFAULT_LABELS

LABELS: Final = (*DEFAULT_LABELS, "boredom", "calm", "surprise", "frustration")
"""All labels in the order of a network's outputs; those of the default model come first."""

FOUR: Final = ("anger", "happiness", "neutral", "sadness")
"""The labels that nearly all corpora have in common."""

_SYNONYMS: Final = {
    "anger": ("angry", "ang", "rage"),
    "disgust": ("disgusted", "dis"),
    "fear": ("fearful", "afraid", "scared", "fea", "anxiety"),
    "happiness": ("happy", "hap", "joy", "joyful", "excited", "exc"),
    "neutral": ("neu", "neutrality"),
    "sadness": ("sad", "sorrow"),
    "boredom": ("bored",),
    "calm": ("calmness",),
    "surprise": ("surprised", "sur", "pleasant_surprise", "pleasant_surprised"),
    "frustration": ("frustrated", "fru"),
}
_LABEL_OF: Final = {word: label for label, words in _SYNONYMS.items() for word in (label, *words)}


def label_of(word: str) -> str | None:
    """Return the label that a word means, whatever its case; ``None`` if it means none."""
    return _LABEL_OF.get(word.strip().lower().replace(" ", "_").replace("-", "_"))


def nearest(word: str) -> str | None:
    """Return the known word that is most similar to an unknown one; ``None`` if no word is similar."""
    return next(iter(get_close_matches(word.strip().lower(), _LABEL_OF, 1)), None)


def choose(classes: str, present: Sequence[str]) -> tuple[str, ...]:
    """Return the labels that ``--classes`` means.

    Args:
        classes: ``all``, a number, or comma-separated names.  4 means anger, happiness, neutral and sadness, 6 the
            default model's labels, if all of them are available; any other number must be that of the available labels.
        present: The available labels: those that occur, or those that a model knows.

    Raises:
        InvalidSetting: a label is unknown or not available, or fewer than two are chosen.
    """
    available = tuple(label for label in LABELS if label in set(present))
    if classes == "all":
        chosen: set[str] = set(available)
    elif classes.isdecimal():
        chosen = _by_count(int(classes), available)
    else:
        chosen = set(map(_named, classes.split(",")))
        for label in sorted(chosen - set(available)):
            raise InvalidSetting(f"classes = {classes}: {label} is not available; available: {', '.join(available)}")
    if len(chosen) < 2:
        raise InvalidSetting(
            f"classes = {classes}: at least two labels are needed; available: {', '.join(available) or 'none'}"
        )
    return tuple(label for label in LABELS if label in chosen)


def _by_count(count: int, available: Sequence[str]) -> set[str]:
    for known in (FOUR, DEFAULT_LABELS, available):
        if len(known) == count and set(known) <= set(available):
            return set(known)
    raise InvalidSetting(
        f"classes = {count}: {len(available)} labels are available ({', '.join(available)}); use 4 or 6 (if all of "
        "those are available), all, or comma-separated names"
    )


def _named(word: str) -> str:
    label = label_of(word)
    if label is None:
        similar = nearest(word)
        raise InvalidSetting(
            f"classes: unknown label '{word.strip()}'; "
            + (f"did you mean {label_of(similar)}?" if similar else f"known labels: {', '.join(LABELS)}")
        )
    return label
