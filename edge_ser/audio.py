"""The audio format: streams of 16 kHz mono int16 blocks, whatever the microphone or file delivers.

Every source yields such a stream, so nothing downstream knows where the audio came from.  Numpy is imported only where
samples are made: settings need the rates alone, and `edge-ser --help` must start quickly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SAMPLE_RATE: Final = 16_000
"""Sample rate of everything downstream of a source, Hz."""

BLOCK_SAMPLES: Final = 1_600
"""Samples per block that a source yields: 100 ms.  Larger blocks spread numpy's overhead per call over more audio."""

LOWEST_RATE: Final = 4_000
"""Lowest sample rate that can be converted, Hz; below it, little of speech is left."""

HIGHEST_RATE: Final = 384_000
"""Highest sample rate that can be converted, Hz: that of the fastest sound cards on sale."""

MOST_CHANNELS: Final = 32
"""Most channels that raw PCM may have."""

Samples: TypeAlias = "npt.NDArray[np.int16]"
"""Mono samples at 16 kHz, shape ``(n,)``, int16 (Q15)."""


@dataclass(frozen=True)
class Notice:
    """A status that a source reports.

    Attributes:
        status: One of :data:`edge_ser.events.STATUSES`.
        message: One line for people.
        interrupts: Whether the sound stops here; what follows is a new stream.
    """

    status: str
    message: str
    interrupts: bool = False


@dataclass(frozen=True)
class Block:
    """A run of consecutive samples.

    Attributes:
        samples: Mono samples at 16 kHz, shape ``(n,)``, int16 (Q15), n >= 0.  A waiting source yields empty blocks, so
            that the loop that reads it keeps running.
        lost: Samples at 16 kHz known to be missing just before this block because of an overflow; 0 if none are.
        notice: A status to report just before this block, or ``None``.
    """

    samples: Samples
    lost: int = 0
    notice: Notice | None = None


class Source(Protocol):
    """A stream of blocks, opened on entry as a context manager and closed on exit."""

    @property
    def name(self) -> str:
        """Name for messages: a microphone's name, a path, or ``standard input``."""

    def blocks(self) -> Iterator[Block]:
        """Yield blocks until the source ends.

        Raises:
            EdgeSerError: the source failed; the message says what to do.
        """

    def __enter__(self) -> Source: ...

    def __exit__(self, *exc: object) -> None: ...


def no_samples() -> Samples:
    """Return an empty array of samples, shape ``(0,)``, int16."""
    import numpy as np

    return np.empty(0, np.int16)


def limited(blocks: Iterator[Block], seconds: float | None) -> Iterator[Block]:
    """Return blocks until a part of the stream has passed; the last block is cut to fit.

    Args:
        blocks: The stream.
        seconds: Length of the part, lost samples included, s; ``None`` is without limit.
    """
    return blocks if seconds is None else _until(blocks, round(seconds * SAMPLE_RATE))


def _until(blocks: Iterator[Block], left: int) -> Iterator[Block]:
    for block in blocks:
        left -= block.lost
        if left > 0:
            yield replace(block, samples=block.samples[:left])
            left -= len(block.samples)
        if left <= 0:
            return
