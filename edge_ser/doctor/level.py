"""How loud a microphone is: measuring it, rating it, and drawing it as a bar.  Samples in, findings out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edge_ser.audio import BLOCK_SAMPLES, SAMPLE_RATE
from edge_ser.doctor.result import Finding, State
from edge_ser.recognition.level import decibels, decibels_of
from edge_ser.sources.health import Health, HealthMonitor, HealthSettings

if TYPE_CHECKING:
    from edge_ser.audio import Samples

_LOUD_FLOOR: Final = -40.0
"""Noise floor above which there is a warning, dBFS: speech at arm's length hardly stands out from it."""

_FAINT_PEAK: Final = -50.0
"""Peak below which there is a warning, dBFS: speech in the room is louder at any usual gain."""

_FLOOR_PERCENTILE: Final = 10
"""Percentile of the blocks' levels that is the noise floor: somebody may speak for nine tenths of the time."""

_BAR_WIDTH: Final = 48
_BAR_LOWEST: Final = -72.0
"""Width of the bar, characters, and the level at its left end, dBFS."""


@dataclass(frozen=True)
class Levels:
    """Levels of a recording.

    Attributes:
        peak: Greatest magnitude, dBFS.
        floor: Noise floor: a low percentile of the levels of 100 ms blocks, without their DC offset, dBFS.
        health: Whether it can be the sound of a room at all.
    """

    peak: float
    floor: float
    health: Health


def measure(samples: Samples) -> Levels:
    """Measure a recording.

    Args:
        samples: Mono at 16 kHz, at least one block; shape (n,), int16 (Q15).
    """
    import numpy as np

    # A repetition is recognized about two seconds after it began, which leaves little of a short recording.
    after = max(0.5, len(samples) / SAMPLE_RATE / 3)
    monitor = HealthMonitor(HealthSettings(after=after))
    monitor.process(samples)
    blocks = samples[: len(samples) // BLOCK_SAMPLES * BLOCK_SAMPLES].reshape(-1, BLOCK_SAMPLES)
    floor = np.percentile(blocks.std(axis=1), _FLOOR_PERCENTILE)
    return Levels(decibels(max(int(samples.max()), -int(samples.min()))), decibels(float(floor)), monitor.state)


def rate(levels: Levels, name: str) -> Finding:
    """Rate the levels of a microphone, which is named in the finding."""
    found = f"{name}: peak {levels.peak:.0f} dBFS, noise floor {levels.floor:.0f} dBFS"
    if levels.health is not Health.HEALTHY:
        fault, _, fix = levels.health.message.partition(": ")
        state = State.WARNING if levels.health is Health.CLIPPING else State.FAILED
        return Finding(state, f"{found}; {fault}", fix)
    if levels.floor > _LOUD_FLOOR:
        return Finding(
            State.WARNING,
            f"{found}; never quiet: a loud room, too much gain, or constant speech",
            "measure again when it is quiet: edge-ser doctor; if that changes nothing, lower the gain: alsamixer (F4)",
        )
    if levels.peak < _FAINT_PEAK:
        return Finding(
            State.WARNING,
            f"{found}; faint: either nobody spoke, or it is too far away, or its gain is too low",
            "speak meanwhile: edge-ser doctor --seconds 10; if that changes nothing, raise the gain: alsamixer (F4)",
        )
    return Finding(State.OK, found)


def bar(block: Samples, peak: float) -> str:
    """Draw the level of a block in ASCII.

    Args:
        block: Mono samples; shape (n,), int16 (Q15).
        peak: Greatest level so far, dBFS.
    """
    level = decibels_of(block)
    filled = _place(level)
    line = ["#" if place < filled else "." for place in range(_BAR_WIDTH)]
    if (mark := _place(peak)) > filled:
        line[mark - 1] = "|"
    return f"[{''.join(line)}] {level:4.0f} dBFS"


def _place(level: float) -> int:
    return round(min(max((level - _BAR_LOWEST) / -_BAR_LOWEST, 0), 1) * _BAR_WIDTH)
