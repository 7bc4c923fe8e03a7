"""One colour per label, the same in every picture; those of our model suit colour-blind people too."""

from __future__ import annotations

from typing import Final

from edge_ser.events import UNCERTAIN

# (on light, on dark): each has a contrast of at least 3 with its background.  They differ in lightness as well as in
# hue, for people who see few hues; a test simulates that.
_COLOURS: Final = {
    "anger": ("#b5452a", "#ff6a4d"),
    "disgust": ("#12463a", "#4fd38a"),
    "fear": ("#5b1c88", "#e27fd6"),
    "happiness": ("#b08f00", "#ffd84a"),
    "neutral": ("#63719a", "#dfe8ea"),
    "sadness": ("#2444dd", "#5b78f5"),
    UNCERTAIN: ("#96927c", "#7d7168"),
}
_OTHERS: Final = (("#0b7f8a", "#3cc4d0"), ("#b0387a", "#f07fba"), ("#5f7a12", "#a9c94a"), ("#7a5230", "#c99a70"))


def colours(labels: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Return the colour of each label, on light and on dark; labels of another model get theirs in turn."""
    others = [label for label in labels if label not in _COLOURS]
    in_turn = {label: _OTHERS[number % len(_OTHERS)] for number, label in enumerate(others)}
    return {label: _COLOURS.get(label) or in_turn[label] for label in labels}
