"""What a stream of samples is: blocks of 16 kHz mono int16, whatever the microphone or file delivers.

Sources make such streams and everything behind them takes them, so nothing behind a source knows where the audio came
from.  Numpy is imported only where samples are made: settings need the rates, and `edge-ser --help` needs neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SAMPLE_RATE: Final = 16_000
"""Samples per second everywhere behind a source, Hz."""

BLOCK_SAMPLES: Final = 1_600
"""Samples in a block that a source yields: 100 ms.  Ten frames at a time keep numpy's overhead per call small."""

LOWEST_RATE: Final = 4_000
HIGHEST_RATE: Final = 384_000
"""Sample rates that raw PCM may have, Hz."""

MOST_CHANNELS: Final = 32
"""Channels that raw PCM may have."""

Samples: TypeAlias = "npt.NDArray[np.int16]"
"""Mono samples at 16 kHz, shape ``(n,)``, int16 (Q15)."""


@dataclass(frozen=True)
class Notice:
    """Something that a source reports.

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
            so that the loop that reads it keeps running.
        lost: Samples at 16 kHz known to be missing just before this block (an overflow), 0 when none are.
        notice: What the source reports just before this block.
    """

    samples: Samples
    lost: int = 0
    notice: Notice | None = None


class Source(Protocol):
    """A stream of blocks.  It is opened when entered as a context manager and closed when left."""

    @property
    def name(self) -> str:
        """What a person would call this source: a microphone's name, a path, ``standard input``."""

    def blocks(self) -> Iterator[Block]:
        """Yield blocks until the source ends.

        Raises:
            EdgeSerError: when the source fails; the message says what to do.
        """

    def __enter__(self) -> Source: ...

    def __exit__(self, *exc: object) -> None: ...


def no_samples() -> Samples:
    """Return the samples of a block that has none."""
    import numpy as np

    return np.empty(0, np.int16)


def limited(blocks: Iterator[Block], seconds: float | None) -> Iterator[Block]:
    """Yield blocks until this much of the stream has passed, lost samples included; all of them for ``None``."""
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
