"""Sound levels for a level meter: samples in, up to ten levels per second out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from math import log10
from typing import TYPE_CHECKING, Final

from edge_ser.events import SILENCE, LevelEvent

if TYPE_CHECKING:
    from edge_ser.audio import Samples

PERIOD: Final = 0.1
"""Least interval between levels, s, however fast a recording is read: people cannot follow more."""


def decibels(magnitude: float) -> float:
    """Convert a magnitude of int16 samples (Q15) to dBFS, at least :data:`edge_ser.events.SILENCE`."""
    return max(20 * log10(magnitude / 32_768), SILENCE) if magnitude > 0 else SILENCE


def decibels_of(block: Samples) -> float:
    """Return the root mean square of samples without their offset, dBFS.

    Args:
        block: Samples, shape ``(n,)``, int16 (Q15), n >= 1.
    """
    return decibels(float(block.std()))


class LevelMeter:
    """Measures the levels of blocks.

    Args:
        now: Returns the wall-clock time for the events, UTC.
        clock: Returns monotonic time, s.
    """

    def __init__(self, now: Callable[[], datetime], clock: Callable[[], float]) -> None:
        self._now = now
        self._clock = clock
        self._last = -float("inf")

    def read(self, block: Samples, position: float, speech: bool) -> LevelEvent | None:
        """Return the level of a block, or ``None`` if the block is empty or follows the last level too closely.

        Args:
            block: Samples, shape ``(n,)``, int16 (Q15).
            position: Position in the stream at which it ends, s.
            speech: Whether the speech gate is open.
        """
        moment = self._clock()
        if not len(block) or moment - self._last < PERIOD:
            return None
        self._last = moment
        peak = decibels(max(int(block.max()), -int(block.min())))
        return LevelEvent(self._now(), position, decibels_of(block), peak, speech)
