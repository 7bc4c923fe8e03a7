"""Where samples come from: a microphone, a recording, or raw PCM on standard input.

Every source yields :class:`Block` s of 16 kHz mono int16, whatever the device or file delivers, so that nothing
behind a source knows where the audio came from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from edge_ser.settings import SAMPLE_RATE

Samples = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Block:
    """A run of consecutive samples.

    Attributes:
        samples: Mono samples at 16 kHz, shape ``(n,)``, int16 (Q15), n >= 0.
        lost: Samples at 16 kHz that are known to be missing just before this block (an overflow), 0 when none are.
    """

    samples: Samples
    lost: int = 0


class Source(Protocol):
    """A stream of blocks.  Use as a context manager, so that devices and files are always closed."""

    @property
    def name(self) -> str:
        """What a person would call this source: a device name, a path, ``standard input``."""

    def blocks(self) -> Iterator[Block]:
        """Yield blocks until the source ends.

        Raises:
            EdgeSerError: when the source fails; the message says what to do.
        """

    def __enter__(self) -> Source: ...

    def __exit__(self, *exc: object) -> None: ...


def limited(blocks: Iterator[Block], seconds: float | None) -> Iterator[Block]:
    """Yield blocks until so much of the stream has gone by, lost samples included; all of them for ``None``."""
    if seconds is None:
        yield from blocks
        return
    left = round(seconds * SAMPLE_RATE)
    for block in blocks:
        left -= block.lost
        if left > 0:
            yield Block(block.samples[:left], block.lost)
            left -= len(block.samples)
        if left <= 0:
            return
