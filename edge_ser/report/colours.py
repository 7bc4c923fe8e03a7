"""One colour a label, the same in every picture; people who are colour-blind can tell those of our model apart."""

from __future__ import annotations

from typing import Final

from edge_ser.events import UNCERTAIN

# (on light, on dark): each has a contrast of at least 3 with its ground.
_COLOURS: Final = {
    "anger": ("#c8451b", "#ff7a4d"),
    "disgust": ("#1f7a4d", "#3fbf83"),
    "fear": ("#8a4fb5", "#c79bea"),
    "happiness": ("#a87900", "#f2c230"),
    "neutral": ("#6e7681", "#9aa4b0"),
    "sadness": ("#1f6fb2", "#62b0f0"),
    UNCERTAIN: ("#8f8579", "#6f6a63"),
}
_OTHERS: Final = (("#0b7f8a", "#3cc4d0"), ("#b0387a", "#f07fba"), ("#5f7a12", "#a9c94a"), ("#7a5230", "#c99a70"))


def colours(labels: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Return the colour of each label, on light and on dark; another model's labels get some in turn."""
    others = [label for label in labels if label not in _COLOURS]
    in_turn = {label: _OTHERS[number % len(_OTHERS)] for number, label in enumerate(others)}
    return {label: _COLOURS.get(label) or in_turn[label] for label in labels}
