"""The emotions that corpora are labelled with, and the sets of them that figures are made over."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

from edge_ser.errors import InvalidSetting
from edge_ser.events import LABELS as DEFAULT_LABELS

LABELS: Final = (*DEFAULT_LABELS, "boredom", "calm", "surprise", "frustration")
"""All labels, in the order in which a network's outputs stand: the default model's first."""

FOUR: Final = ("anger", "happiness", "neutral", "sadness")
"""The labels that nearly all corpora share."""

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
    """Return our label for a word, in any case; ``None`` for one that no mapping knows."""
    return _LABEL_OF.get(word.strip().lower().replace(" ", "_").replace("-", "_"))


def nearest(word: str) -> str | None:
    """Return the known word that is most like an unknown one."""
    return next(iter(get_close_matches(word.strip().lower(), _LABEL_OF, 1)), None)


def choose(classes: str, present: Sequence[str]) -> tuple[str, ...]:
    """Return the labels that ``--classes`` means.

    Args:
        classes: ``all``, a number, or names with commas between them.  4 is anger, happiness, neutral, sadness and 6
            the default model's labels where these are there; any number is all that is there if it is as many.
        present: The labels that occur, or that a model knows.

    Raises:
        InvalidSetting: the words do not fit what is there.
    """
    there = tuple(label for label in LABELS if label in set(present))
    if classes == "all":
        chosen: set[str] = set(there)
    elif classes.isdecimal():
        chosen = _as_many(int(classes), there)
    else:
        chosen = set(map(_named, classes.split(",")))
        for label in sorted(chosen - set(there)):
            raise InvalidSetting(f"classes = {classes}: {label} is none of what is there, {', '.join(there)}")
    if len(chosen) < 2:
        raise InvalidSetting(
            f"classes = {classes}: allowed are two labels or more, there are {', '.join(there) or 'none'}"
        )
    return tuple(label for label in LABELS if label in chosen)


def _as_many(count: int, there: Sequence[str]) -> set[str]:
    for known in (FOUR, DEFAULT_LABELS, there):
        if len(known) == count and set(known) <= set(there):
            return set(known)
    raise InvalidSetting(
        f"classes = {count}: there are {len(there)} ({', '.join(there)}); allowed are 4, 6 (where all of them are "
        "there), all, or names with commas between them"
    )


def _named(word: str) -> str:
    label = label_of(word)
    if label is None:
        like = nearest(word)
        raise InvalidSetting(
            f"classes: no label is called '{word.strip()}'"
            + (f"; did you mean {label_of(like)}?" if like else f"; there are {', '.join(LABELS)}")
        )
    return label
