"""Network families, one module each; a network maps frames of features to one row of logits per step of four frames.

:class:`edge_ser.recognition.decision.Decision` pools the rows: a logit for each label, and one for speech.
Convolutions are unpadded.  Instead, ``context`` frames of zeros precede an utterance, in training as on the device, so
that a stream of chunks gives the same steps as the whole utterance.
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
"""Frames per step (64 ms)."""

INPUT_SCALE: Final = 1 / 32
"""Network input per int8 step of the front end."""

LONGEST: Final = 256
"""Most frames (4.1 s) of an utterance in a training batch, and in one chunk of a network that does not stream."""

DEEP: Final = ("cnn", "lstm", "blstm", "cnn_lstm", "cnn_blstm")
"""Families that convert to full int8."""

CLASSICAL: Final = ("svm", "decision_tree", "random_forest")
"""Baselines on functionals of the same features, for comparison; they do not ship."""


@dataclass(frozen=True)
class Family:
    """A deep family.

    Attributes:
        build: Returns the Keras network for (frames or ``None``, gains of the front end, outputs, settings).
        context: Frames before the four of a step that its convolutions see.
        chunk: New frames per call of the exported model.
        streams: Whether its state continues from chunk to chunk; a bidirectional network processes each chunk alone.
    """

    build: Callable[[int | None, Sequence[int], int, NetworkSettings], Any]
    context: int
    chunk: int
    streams: bool


def deep(name: str) -> Family:
    """Return the deep family of a name; imports TensorFlow.

    Raises:
        InvalidSetting: no deep family has this name.
    """
    if name not in DEEP:
        raise InvalidSetting(f"network.family = {name}: this needs a deep family: {', '.join(DEEP)}")
    family: Family = import_module(f"training.families.{name}").FAMILY
    return family


def check(name: str) -> None:
    """Check that a family has this name.

    Raises:
        InvalidSetting: none has; the error lists the families.
    """
    if name not in DEEP + CLASSICAL:
        similar = get_close_matches(name, DEEP + CLASSICAL, 1)
        guess = f" (did you mean {similar[0]}?)" if similar else ""
        raise InvalidSetting(f"network.family = {name}{guess}: allowed are {', '.join(DEEP + CLASSICAL)}")
