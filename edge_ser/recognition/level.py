"""How loud blocks are, for whoever looks at a meter: samples in, now and then a level out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from math import log10
from typing import TYPE_CHECKING, Final

from edge_ser.events import SILENCE, LevelEvent

if TYPE_CHECKING:
    from edge_ser.audio import Samples

PERIOD: Final = 0.1
"""From one level to the next at least, s, however fast a recording is read: nobody sees more than that."""


def decibels(magnitude: float) -> float:
    """Return a magnitude of 16-bit samples as dBFS."""
    return max(20 * log10(magnitude / 32_768), SILENCE) if magnitude > 0 else SILENCE


def decibels_of(block: Samples) -> float:
    """Return a block's level without its offset, dBFS."""
    return decibels(float(block.std()))


class LevelMeter:
    """Makes levels of blocks.

    Args:
        now: The wall clock that stamps them.
        clock: Monotonic, s.
    """

    def __init__(self, now: Callable[[], datetime], clock: Callable[[], float]) -> None:
        self._now = now
        self._clock = clock
        self._last = -float("inf")

    def read(self, block: Samples, position: float, speech: bool) -> LevelEvent | None:
        """Return the level of a block, or ``None`` if it is too soon after the last one or there is nothing to hear.

        Args:
            block: Samples, shape ``(n,)``, int16.
            position: Where in the stream it ends, s.
            speech: Whether the speech gate is open.
        """
        moment = self._clock()
        if not len(block) or moment - self._last < PERIOD:
            return None
        self._last = moment
        peak = decibels(max(int(block.max()), -int(block.min())))
        return LevelEvent(self._now(), position, decibels_of(block), peak, speech)
