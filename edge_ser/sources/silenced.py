"""Replacement of a microphone's sound by silence while this program itself speaks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from edge_ser.audio import Block

ECHO_SECONDS: Final = 0.3
"""Silence after the last word, s: for the room's echo, and for sound that is still in buffers."""


def silenced(
    blocks: Iterator[Block], is_speaking: Callable[[], bool], clock: Callable[[], float] = time.monotonic
) -> Iterator[Block]:
    """Yield blocks; those that may contain this program's speech are replaced by zeros of the same length.

    Args:
        blocks: The blocks of a microphone.
        is_speaking: Returns whether this program speaks now; called once per block.
        clock: Returns monotonic time, s.
    """
    spoke, until = False, -float("inf")
    for block in blocks:
        if spoke:  # it may have spoken until now: much time may have passed since the last block
            until = clock() + ECHO_SECONDS
        spoke = is_speaking()
        if spoke or clock() < until:
            block = replace(block, samples=np.zeros_like(block.samples))
        yield block
