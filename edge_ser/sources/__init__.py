"""Where samples come from: a microphone, a recording, or raw PCM on standard input.

Every source yields :class:`Block` s of 16 kHz mono int16, whatever the device or file delivers, so that nothing
behind a source knows where the audio came from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from edge_ser.settings import SAMPLE_RATE

Samples = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Notice:
    """Something that a source has to say.

    Attributes:
        status: One of the statuses of :class:`edge_ser.events.StatusEvent`.
        message: One line for people.
        interrupts: Whether the sound ends here, and what comes after is another stream.
    """

    status: str
    message: str
    interrupts: bool = False


@dataclass(frozen=True)
class Block:
    """A run of consecutive samples.

    Attributes:
        samples: Mono samples at 16 kHz, shape ``(n,)``, int16 (Q15), n >= 0.  A source that waits yields empty blocks,
            so that whoever reads it keeps going round.
        lost: Samples at 16 kHz that are known to be missing just before this block (an overflow), 0 when none are.
        notice: What is to be said just before this block.
    """

    samples: Samples
    lost: int = 0
    notice: Notice | None = None


NOTHING: Final[Samples] = np.empty(0, np.int16)
"""The samples of a block that has none."""


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
            yield replace(block, samples=block.samples[:left])
            left -= len(block.samples)
        if left <= 0:
            return
