"""Network families, one file each, all from frames of features to one row of logits a step of four frames.

The rows are what :class:`edge_ser.recognition.decision.Decision` pools: a logit a label, and one more for speech.
Convolutions are unpadded: before an utterance stand ``context`` frames of zeros, in training as on the device, so that
a stream of chunks gives the steps of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any, Final

from edge_ser.errors import InvalidSetting
from training.settings import NetworkSettings

STRIDE: Final = 4
"""Frames a step (64 ms)."""

INPUT_SCALE: Final = 1 / 32
"""What one int8 step of the front end is to a network."""

LONGEST: Final = 256
"""Frames of an utterance (4.1 s) that a training batch takes, and a network that does not stream at a time."""

DEEP: Final = ("cnn", "lstm", "blstm", "cnn_lstm", "cnn_blstm")
"""Families that convert to full int8."""

CLASSICAL: Final = ("svm", "decision_tree", "random_forest")
"""Baselines on functionals of the same features; they are compared, not shipped."""


@dataclass(frozen=True)
class Family:
    """A deep family.

    Attributes:
        build: Makes the Keras network of (frames or ``None``, gains of the front end, outputs, settings).
        context: Frames before a step's own four that its convolutions see.
        chunk: New frames that the exported model takes at a time.
        streams: Whether its state goes on from chunk to chunk; a bidirectional one hears each chunk by itself.
    """

    build: Callable[[int | None, Sequence[int], int, NetworkSettings], Any]
    context: int
    chunk: int
    streams: bool


def deep(name: str) -> Family:
    """Return a deep family by its name; imports TensorFlow."""
    if name not in DEEP:
        raise InvalidSetting(f"network.family = {name}: this needs one of {', '.join(DEEP)}")
    family: Family = import_module(f"training.families.{name}").FAMILY
    return family


def check(name: str) -> None:
    """Raise an error that lists what there is if no family has this name."""
    if name not in DEEP + CLASSICAL:
        like = get_close_matches(name, DEEP + CLASSICAL, 1)
        guess = f"did you mean {like[0]}? " if like else ""
        raise InvalidSetting(f"network.family = {name}: {guess}allowed are {', '.join(DEEP + CLASSICAL)}")
