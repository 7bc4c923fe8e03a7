"""Detection of microphone faults: whether the samples can be the sound of a room at all.

Real microphones always hiss: zeros, one constant value, or the same samples over and over mean that something between
the membrane and this program is broken or muted, and the model would only find that nobody speaks.
"""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np

from edge_ser.audio import BLOCK_SAMPLES, SAMPLE_RATE, Samples, no_samples
from edge_ser.settings.checks import require

_BLOCKS_PER_SECOND: Final = SAMPLE_RATE / BLOCK_SAMPLES

_LONGEST_PERIOD: Final = SAMPLE_RATE
"""Longest period of a repetition that is found, samples: buffers of sound cards hold 0.5 s at most."""

_SEARCH_EVERY: Final = 7
"""Only every seventh block is searched for in the last second, since a search costs more than all the rest."""

_FULL_SCALE: Final = 32_700
"""Magnitude from which a sample counts as clipped, LSB; filters after a clipped converter ring a little."""

_MOST_CLIPPED: Final = BLOCK_SAMPLES // 10
"""Most clipped samples that are counted per block, so that a knock on the table does not look like a wrong gain."""

_OFFSET: Final = 6_554
"""Least offset of a block that is an offset alone, LSB: a fifth of full scale."""

_OFFSET_SWING: Final = 12
"""Largest peak-to-peak value of a block that is an offset alone, LSB: a standard deviation of about 2."""


class Health(enum.Enum):
    """The state of a microphone, according to its samples."""

    HEALTHY = "healthy"
    SILENT = "silent"
    """Exact zeros."""
    CONSTANT = "constant"
    """One value other than zero, or a large offset with almost no swing."""
    STUCK = "stuck"
    """The same samples over and over: the driver repeats a stale buffer."""
    CLIPPING = "clipping"
    """A large share of samples at full scale."""

    @property
    def message(self) -> str:
        """One line for people: what is wrong and what to do."""
        return _MESSAGES[self]


_MESSAGES: Final = {
    Health.HEALTHY: "the microphone delivers sound again",
    Health.SILENT: (
        "the microphone delivers exact zeros: look for a mute switch on it, unmute it in `alsamixer` (F4, M), "
        "check the cable; an I2S microphone may be on the other channel (its L/R pin)"
    ),
    Health.CONSTANT: (
        "the microphone delivers one constant value and no sound: check its cable and power supply, and the data and "
        "clock pins of an I2S or PDM microphone; replug a USB one"
    ),
    Health.STUCK: (
        "the microphone delivers the same sound again and again: replug it; "
        "if that does not help, restart the machine or try another USB port"
    ),
    Health.CLIPPING: "the microphone is overdriven: lower its gain in `alsamixer` (F4) or move it farther away",
}


_RECOVERY_SECONDS: Final = {Health.SILENT: 0.5, Health.CONSTANT: 1.0, Health.STUCK: 2.0}
"""Duration of good sound that ends a fault, s.  Whoever unmutes a microphone waits for the answer; a repetition is only
recognized once it has come round."""


@dataclass(frozen=True)
class HealthSettings:
    """When a microphone fault is reported."""

    after: float = 10.0
    """Duration after which a fault is reported, s; also the period over which clipped samples are counted."""
    clipping_share: float = 0.02
    """Share of samples at full scale from which sound counts as overdriven, 0 to 1; shouting has less."""

    def __post_init__(self) -> None:
        require("health.after", self.after, 0.5, 3_600, "s")
        require("health.clipping_share", self.clipping_share, 0.001, _MOST_CLIPPED / BLOCK_SAMPLES)


class HealthMonitor:
    """Monitors a microphone's samples; time is counted in samples, without a clock.

    Zeros and constant values are reported after ``after`` seconds; a repetition up to two seconds later, since it must
    come round first.  A synthetic tone is a repetition too: no real microphone delivers one without noise.

    Args:
        settings: When a fault is reported; ``None`` is the defaults.
    """

    def __init__(self, settings: HealthSettings | None = None) -> None:
        self._settings = settings or HealthSettings()
        self._after = ceil(self._settings.after * _BLOCKS_PER_SECOND)
        self._most_clipped = self._settings.clipping_share * self._after * BLOCK_SAMPLES
        self.reset()

    @property
    def state(self) -> Health:
        """The current state; healthy until a fault is found."""
        return self._state

    def reset(self) -> None:
        """Start again, for a microphone that was just opened."""
        self._state = Health.HEALTHY
        self._rest: Samples = no_samples()  # an incomplete block
        self._past: deque[bytes] = deque(maxlen=_LONGEST_PERIOD // BLOCK_SAMPLES)  # the last second
        self._period: int | None = None  # of the current repetition, bytes
        self._until_search = _SEARCH_EVERY
        self._last_block = Health.HEALTHY  # class of the last block
        self._run = 0  # consecutive blocks of that class
        self._clipped: deque[int] = deque([0] * self._after, self._after)  # samples at full scale per block
        self._clipped_sum = 0

    def process(self, samples: Samples) -> Health | None:
        """Process the next samples.

        Args:
            samples: Mono at 16 kHz, shape ``(n,)``, int16 (Q15), n >= 0.  How the stream is cut only affects when a
                change is returned.

        Returns:
            The new state if it has changed, else ``None``.
        """
        before = self._state
        if self._rest.size:
            samples = np.concatenate((self._rest, samples))
        whole = len(samples) // BLOCK_SAMPLES * BLOCK_SAMPLES
        for start in range(0, whole, BLOCK_SAMPLES):
            self._check(samples[start : start + BLOCK_SAMPLES])
        self._rest = samples[whole:].copy()
        return None if self._state is before else self._state

    def _check(self, block: Samples) -> None:
        low, high = int(np.minimum.reduce(block)), int(np.maximum.reduce(block))
        kind = _classify_block(low, high)
        if self._repeats(block.tobytes(), search=kind is Health.HEALTHY):
            kind = Health.STUCK
        self._run = self._run + 1 if kind is self._last_block else 1
        self._last_block = kind
        clipping = self._count_clipped(block, low, high, kind)
        if kind is Health.HEALTHY:
            self._update_with_sound(clipping)
        elif self._run >= self._after:
            self._state = kind

    def _update_with_sound(self, clipping: bool | None) -> None:
        """Update the state with a block of sound: a fault ends after a while, clipping follows its share."""
        if self._state in (Health.HEALTHY, Health.CLIPPING):
            if clipping is not None:
                self._state = Health.CLIPPING if clipping else Health.HEALTHY
            return
        if self._run >= _RECOVERY_SECONDS[self._state] * _BLOCKS_PER_SECOND:
            self._state = Health.HEALTHY

    def _count_clipped(self, block: Samples, low: int, high: int, kind: Health) -> bool | None:
        """Return whether much was clipped lately; ``None`` between the limits for the end and the start of clipping."""
        clipped = 0
        if kind is Health.HEALTHY and (high >= _FULL_SCALE or low <= -_FULL_SCALE):
            clipped = np.count_nonzero((block >= _FULL_SCALE) | (block <= -_FULL_SCALE))
            clipped = min(clipped, _MOST_CLIPPED)
        if not clipped and not self._clipped_sum:  # the usual case: all counts are zero
            return False
        self._clipped_sum += clipped - self._clipped[0]
        self._clipped.append(clipped)
        if self._clipped_sum >= self._most_clipped:
            return True
        return False if self._clipped_sum < self._most_clipped / 2 else None

    def _repeats(self, block: bytes, search: bool) -> bool:
        """Return whether a block repeats one of the last second, and goes on with a repetition found earlier."""
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
    """Return the index of a block's first occurrence in the past, bytes, or -1: a faster ``past.find`` for samples.

    It compares four samples at a time with the block's first four.  Quiet noise has few different values, so that one
    or two samples match in many places, and a search by bytes takes twenty times as long.
    """
    first = np.frombuffer(block, np.int64, 1)
    found = []
    for shift in range(0, 8, 2):  # bytes
        fours = np.frombuffer(past, np.int64, max(0, len(past) - shift) // 8, min(shift, len(past)))
        starts = (shift + 8 * int(at) for at in np.flatnonzero(fours == first))
        found += [start for start in starts if past.startswith(block, start)]
    return min(found, default=-1)


def _classify_block(low: int, high: int) -> Health:
    """Classify a single block by its lowest and highest sample."""
    if low == high:
        return Health.CONSTANT if low else Health.SILENT
    if high - low <= _OFFSET_SWING and max(-high, low) > _OFFSET:
        return Health.CONSTANT
    return Health.HEALTHY
