"""Whether what a microphone delivers can be the sound of a room at all.

Real microphones always hiss: zeros, one value for ever, or the same sound again bit for bit mean that something between
the membrane and this program is broken or muted, and a model would only ever say that nobody speaks.
"""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np

from edge_ser.audio import BLOCK_SAMPLES, SAMPLE_RATE, Samples
from edge_ser.settings.checks import require

_BLOCKS_A_SECOND: Final = SAMPLE_RATE / BLOCK_SAMPLES

_LONGEST_PERIOD: Final = SAMPLE_RATE
"""Longest period of a repetition that is found, samples: sound cards' buffers hold 0.5 s at most."""

_SEARCH_EVERY: Final = 7
"""One block of so many is searched for in the last second, since a search costs more than all the rest."""

_FULL_SCALE: Final = 32_700
"""Magnitude from which a sample counts as clipped, LSB; filters behind a clipped converter ring a little."""

_MOST_CLIPPED: Final = BLOCK_SAMPLES // 10
"""Clipped samples that one block counts for at most, so that a knock on the table is not taken for a wrong gain."""

_OFFSET: Final = 6_554
_OFFSET_SWING: Final = 12
"""Offset, a fifth of full scale, from which a block that swings no more than that (a deviation of about 2) counts as
an offset alone, LSB."""


class Health(enum.Enum):
    """What a microphone's sound looks like."""

    HEALTHY = "healthy"
    SILENT = "silent"
    """Exact zeros."""
    CONSTANT = "constant"
    """One value other than zero, or a large offset with next to nothing on it."""
    STUCK = "stuck"
    """The same sound again and again, bit for bit: a driver hands out a stale buffer."""
    CLIPPING = "clipping"
    """Much of it at full scale."""


_MESSAGES: Final = {
    Health.HEALTHY: "the microphone delivers proper sound",
    Health.SILENT: (
        "the microphone delivers exact zeros: look for a mute switch on it, unmute it in `alsamixer` (F4, M), "
        "check the cable; an I2S microphone may be on the other channel (its L/R pin)"
    ),
    Health.CONSTANT: (
        "the microphone delivers one constant value and no sound: check its cable and supply, of an I2S or PDM "
        "microphone the data and clock pins; replug a USB one"
    ),
    Health.STUCK: (
        "the microphone delivers the same sound again and again: replug it; "
        "if that does not help, restart the machine or try another USB port"
    ),
    Health.CLIPPING: "the microphone is overdriven: lower its gain in `alsamixer` (F4) or move it farther away",
}


_RECOVERY_SECONDS: Final = {Health.SILENT: 0.5, Health.CONSTANT: 1.0, Health.STUCK: 2.0}
"""How long sound has to be good until a fault is over, s.  Who unmutes a microphone waits for the answer; a sound that
repeats itself is only known to do so when it comes round."""


@dataclass(frozen=True)
class HealthSettings:
    """When a fault of the microphone is said."""

    after: float = 10.0
    """How long a fault has to last until it is said, s; also the span over which clipped samples are counted."""
    clipping_share: float = 0.02
    """Share of samples at full scale from which sound counts as overdriven; shouting has less."""

    def __post_init__(self) -> None:
        require("health.after", self.after, 0.5, 3_600, "s")
        require("health.clipping_share", self.clipping_share, 0.001, _MOST_CLIPPED / BLOCK_SAMPLES)


def message(health: Health) -> str:
    """Return one line for people: what is wrong and what to do."""
    return _MESSAGES[health]


class HealthMonitor:
    """Watches a microphone's samples; time is counted in samples, there is no clock.

    Zeros and constant values are said `after` seconds; a repetition up to two seconds later, since it has to come round
    first.  A tone that a program made is a repetition too: no real microphone delivers one without noise.

    Args:
        settings: When a fault is said.
    """

    def __init__(self, settings: HealthSettings | None = None) -> None:
        self._settings = settings or HealthSettings()
        self._after = ceil(self._settings.after * _BLOCKS_A_SECOND)
        self._most_clipped = self._settings.clipping_share * self._after * BLOCK_SAMPLES
        self.reset()

    @property
    def state(self) -> Health:
        """What the sound looks like; healthy until the contrary is known."""
        return self._state

    def reset(self) -> None:
        """Forget everything: a device was opened anew."""
        self._state = Health.HEALTHY
        self._rest: Samples = np.empty(0, np.int16)  # too little for a block yet
        self._past: deque[bytes] = deque(maxlen=_LONGEST_PERIOD // BLOCK_SAMPLES)  # the last second
        self._period: int | None = None  # of a repetition that goes on, bytes
        self._until_search = _SEARCH_EVERY
        self._seen = Health.HEALTHY  # what the last block looked like by itself
        self._run = 0  # blocks that have looked so, up to now
        self._clipped: deque[int] = deque([0] * self._after, self._after)  # samples at full scale in each block
        self._clipped_sum = 0

    def process(self, samples: Samples) -> Health | None:
        """Take the next samples.

        Args:
            samples: Mono at 16 kHz, shape ``(n,)``, int16 (Q15), n >= 0.  How they are cut makes no difference but to
                when a change is returned.

        Returns:
            The new state if it has changed, else ``None``.
        """
        before = self._state
        if self._rest.size:
            samples = np.concatenate((self._rest, samples))
        whole = len(samples) // BLOCK_SAMPLES * BLOCK_SAMPLES
        for start in range(0, whole, BLOCK_SAMPLES):
            self._judge(samples[start : start + BLOCK_SAMPLES])
        self._rest = samples[whole:].copy()
        return None if self._state is before else self._state

    def _judge(self, block: Samples) -> None:
        low, high = int(np.minimum.reduce(block)), int(np.maximum.reduce(block))
        seen = _look(low, high)
        if self._repeats(block.tobytes(), search=seen is Health.HEALTHY):
            seen = Health.STUCK
        self._run = self._run + 1 if seen is self._seen else 1
        self._seen = seen
        clipping = self._count_clipped(block, low, high, seen)
        if seen is Health.HEALTHY:
            self._recover(clipping)
        elif self._run >= self._after:
            self._state = seen

    def _recover(self, clipping: bool | None) -> None:
        """Follow a block of sound: a fault is over after a while, overdriving begins and ends with its share."""
        if self._state in (Health.HEALTHY, Health.CLIPPING):
            if clipping is not None:
                self._state = Health.CLIPPING if clipping else Health.HEALTHY
            return
        if self._run >= _RECOVERY_SECONDS[self._state] * _BLOCKS_A_SECOND:
            self._state = Health.HEALTHY

    def _count_clipped(self, block: Samples, low: int, high: int, seen: Health) -> bool | None:
        """Return whether much, or ``None`` whether something between little and much, was clipped lately."""
        clipped = 0
        if seen is Health.HEALTHY and (high >= _FULL_SCALE or low <= -_FULL_SCALE):
            clipped = np.count_nonzero((block >= _FULL_SCALE) | (block <= -_FULL_SCALE))
            clipped = min(clipped, _MOST_CLIPPED)
        if not clipped and not self._clipped_sum:  # as nearly always: all that is remembered is zeros
            return False
        self._clipped_sum += clipped - self._clipped[0]
        self._clipped.append(clipped)
        if self._clipped_sum >= self._most_clipped:
            return True
        return False if self._clipped_sum < self._most_clipped / 2 else None

    def _repeats(self, block: bytes, search: bool) -> bool:
        """Return whether a block has been heard just so within the last second, as all since that was found."""
        self._until_search -= 1
        due = self._until_search <= 0 and search
        past = b"".join(self._past) if due or self._period is not None else b""
        self._past.append(block)
        if self._period is not None:
            if past.startswith(block, len(past) - self._period):
                return True
            self._period = None
        if due:
            self._until_search = _SEARCH_EVERY
            start = _find(past, block)
            if start >= 0:
                self._period = len(past) - start
                return True
        return False


def _find(past: bytes, block: bytes) -> int:
    """Return where a block first stands in what was before, or -1: the same as ``past.find`` for samples, but quicker.

    Four samples at a time are compared with the block's first four.  Quiet noise has few values, and so many places
    where one or two samples agree that a search by bytes takes twenty times as long.
    """
    first = np.frombuffer(block, np.int64, 1)
    found = []
    for shift in range(0, 8, 2):  # bytes
        fours = np.frombuffer(past, np.int64, max(0, len(past) - shift) // 8, min(shift, len(past)))
        starts = (shift + 8 * int(at) for at in np.flatnonzero(fours == first))
        found += [start for start in starts if past.startswith(block, start)]
    return min(found, default=-1)


def _look(low: int, high: int) -> Health:
    """Tell what a block looks like by itself, from its lowest and highest sample."""
    if low == high:
        return Health.CONSTANT if low else Health.SILENT
    if high - low <= _OFFSET_SWING and max(-high, low) > _OFFSET:
        return Health.CONSTANT
    return Health.HEALTHY
