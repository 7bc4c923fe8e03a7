"""Silence instead of what a microphone hears while this program itself speaks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from edge_ser.audio import Block

ECHO_SECONDS: Final = 0.3
"""Silence goes on for that long after the last word: the room's echo, and sound that waits in buffers, s."""


def silenced(
    blocks: Iterator[Block], is_speaking: Callable[[], bool], clock: Callable[[], float] = time.monotonic
) -> Iterator[Block]:
    """Yield blocks, those that may hold our own voice as zeros of the same length, so that positions stay true.

    Args:
        blocks: What a microphone hears.
        is_speaking: Whether this program speaks just now; asked once a block.
        clock: Monotonic, s.
    """
    spoke, until = False, -float("inf")
    for block in blocks:
        if spoke:  # until just now, as far as anybody knows: much may have happened since the last block
            until = clock() + ECHO_SECONDS
        spoke = is_speaking()
        if spoke or clock() < until:
            block = replace(block, samples=np.zeros_like(block.samples))
        yield block
