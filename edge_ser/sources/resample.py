"""Sample-rate conversion in exact integers, and conversion of samples to mono int16.

The resampler is a polyphase FIR filter: a Kaiser-windowed sinc, tabulated at the ``up`` sub-sample positions that an
output can have.  Coefficients and sums are integers held in float64, which represents all integers below 2**53 exactly.
BLAS may therefore add in any order: every way to cut the stream, machine and library gives the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, gcd
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edge_ser.audio import HIGHEST_RATE, LOWEST_RATE, SAMPLE_RATE, Samples, no_samples
from edge_ser.errors import UnsupportedRate

_COEFFICIENT_BITS: Final = 20
"""Fraction bits of a coefficient; rounding noise over 300 taps stays below -100 dB, sums stay below 2**38."""

_STOPBAND_DB: Final = 80.0
"""Attenuation above the Nyquist frequency of the lower rate, dB."""

_PASSED: Final = 0.65
"""Edge of the passband for a lower output rate, as a share of its Nyquist frequency: 5.2 kHz of 8.

Nothing downstream uses higher frequencies: the front end's bands end at 5/8 of the Nyquist frequency at most, those of
the speech gate at 4 kHz.  So frequencies above 8 kHz may alias down to 5.2 kHz, and the filter costs a seventh of one
whose transition band ends at 8 kHz.
"""

_TRANSITION: Final = 0.1
"""Width of the transition band for a higher output rate, as a share of the input's Nyquist frequency, where it ends."""

_LEAST_OUTPUTS: Final = 16
_MOST_OUTPUTS: Final = 40
"""Outputs per matrix product: more would multiply zeros, fewer would make BLAS calls inefficient."""

_MAX_TABLE_ENTRIES: Final = 2**23
"""Largest table (64 MB of float64).  All common rates need less than a tenth; 96001 Hz would need far more."""


@dataclass(frozen=True)
class _Filter:
    """Filter coefficients between two rates, arranged for matrix products.

    ``G`` consecutive outputs form a group, which depends on one window of ``S`` inputs; the groups repeat after a
    period.

    Attributes:
        tables: Coefficients, shape ``(groups per period, S, G)``, integers in Q20 held in float64 and divided by 2**20.
        starts: First input of each group's window, relative to the start of the period, inputs.
        period: Inputs per period.
        lead: Inputs that an output needs before its own time.
    """

    tables: npt.NDArray[np.float64]
    starts: tuple[int, ...]
    period: int
    lead: int


class Resampler:
    """A bit-exact streaming converter between two sample rates, without delay.

    Output sample ``k`` is centred at input time ``k * source_rate / target_rate``.  The input is taken as zero beyond
    both ends.  The output of :meth:`process` and :meth:`finish` together does not depend on how the input was cut.
    """

    def __init__(self, source_rate: int, target_rate: int = SAMPLE_RATE) -> None:
        """Prepare the conversion.

        Args:
            source_rate: Input rate, Hz.
            target_rate: Output rate, Hz.

        Raises:
            UnsupportedRate: a rate is outside 4 to 384 kHz, or their ratio needs too large a table.
        """
        for rate in (source_rate, target_rate):
            if not LOWEST_RATE <= rate <= HIGHEST_RATE:
                raise UnsupportedRate(
                    f"{rate} Hz: sample rates from {LOWEST_RATE} to {HIGHEST_RATE} Hz can be converted; "
                    f"convert to {SAMPLE_RATE} Hz with another tool first"
                )
        common = gcd(source_rate, target_rate)
        self._up = target_rate // common
        self._down = source_rate // common
        self._filter = None if self._up == self._down else _design(self._up, self._down)
        self._pending: Samples  # starts at the current period's first window
        self._reset()

    def process(self, samples: Samples) -> Samples:
        """Convert the next samples.

        Args:
            samples: Consecutive samples at the source rate, shape ``(n,)``, int16 (Q15), n >= 0.

        Returns:
            The output samples that are complete, shape ``(m,)``, int16 (Q15).
        """
        if self._filter is None:
            return samples
        self._inputs += samples.size
        self._pending = np.concatenate((self._pending, samples))
        return self._drain(self._filter)

    def finish(self) -> Samples:
        """End the stream; the next samples start a new one.

        Returns:
            The remaining outputs, shape ``(m,)``, int16 (Q15); the total is then ``ceil(inputs * up / down)``.
        """
        if self._filter is None:
            return no_samples()
        missing = -(-self._inputs * self._up // self._down) - self._outputs
        groups = -(-missing // self._filter.tables.shape[2])
        # The first group needs one window, and each further group advances by no more than one window.
        self._pending = np.concatenate((self._pending, np.zeros((groups + 1) * self._filter.tables.shape[1], np.int16)))
        tail = self._drain(self._filter)[:missing]
        self._reset()
        return tail

    def _reset(self) -> None:
        self._inputs = 0
        self._outputs = 0
        self._group = 0  # groups emitted since the start of the current period
        lead = 0 if self._filter is None else self._filter.lead
        self._pending = np.zeros(lead, np.int16)

    def _drain(self, filter_: _Filter) -> Samples:
        """Compute all groups whose window is complete, and drop the inputs that no later group needs."""
        groups, span, width = filter_.tables.shape
        # Complete windows of each group in `pending`, counted from the current period.  Windows complete in order, so
        # their number determines which ones they are.
        complete = [max(0, (self._pending.size - start - span) // filter_.period + 1) for start in filter_.starts]
        ready = sum(complete) - self._group
        if ready <= 0:
            return no_samples()
        step = self._pending.strides[0]
        sums = np.empty((ready, width))
        for group, (start, table) in enumerate(zip(filter_.starts, filter_.tables, strict=True)):
            skipped = 1 if group < self._group else 0
            count = complete[group] - skipped
            if count <= 0:
                continue
            # A view of overlapping windows, in a fifth of the time of numpy's functions for it.
            begin = (start + skipped * filter_.period) * step
            windows: Samples = np.ndarray((count, span), np.int16, self._pending, begin, (filter_.period * step, step))
            sums[(group - self._group) % groups :: groups] = np.dot(windows.astype(np.float64), table)
        self._outputs += sums.size
        passed, self._group = divmod(self._group + ready, groups)
        self._pending = self._pending[passed * filter_.period :].copy()
        return _to_int16(sums.reshape(-1))


@lru_cache(maxsize=2)
def _design(up: int, down: int) -> _Filter:
    """Tabulate the filter for a reduced ratio of rates; cached, because a folder's recordings mostly share a rate.

    Shape and length follow Kaiser 1974 (Oppenheim and Schafer, Discrete-Time Signal Processing, section 7.6).
    """
    outputs = up * max(1, _LEAST_OUTPUTS // up)
    width = max(n for n in range(1, _MOST_OUTPUTS + 1) if outputs % n == 0)
    # Edges of the passband and of the stopband, as shares of the lower Nyquist frequency.
    low, high = (_PASSED, 2 - _PASSED) if down > up else (1 - _TRANSITION, 1.0)
    beta = 0.1102 * (_STOPBAND_DB - 8.7)
    half_length = (_STOPBAND_DB - 7.95) / (2.285 * np.pi * (high - low)) / 2
    half = ceil(half_length * max(1.0, down / up))
    span = 2 * half + ceil((width - 1) * down / up)
    if outputs * span > _MAX_TABLE_ENTRIES:
        raise UnsupportedRate(
            f"{down}:{up} is too complex a ratio of sample rates to convert; "
            f"convert to {SAMPLE_RATE} Hz with another tool first"
        )

    whole, phase = np.divmod(np.arange(outputs) * down, up)
    firsts = whole[::width]
    tables = np.zeros((outputs // width, span, width))
    taps = np.arange(2 * half)
    scale = min(1.0, up / down) * (low + high) / 2
    for group, first in enumerate(firsts):
        columns = slice(group * width, (group + 1) * width)
        # Distance of each tap's input from the output's time, in inputs: shape (taps, width).
        distance = taps[:, None] - (half - 1) - phase[columns] / up
        inside = np.sqrt(np.clip(1 - (distance / half) ** 2, 0, None))
        ideal = scale * np.sinc(scale * distance) * np.i0(beta * inside) / np.i0(beta)
        ideal[np.abs(distance) >= half] = 0
        rows = taps[:, None] + (whole[columns] - first)
        tables[group][rows, np.arange(width)] = _quantize(ideal) * 2.0**-_COEFFICIENT_BITS
    return _Filter(tables, tuple(int(first) for first in firsts), outputs // up * down, half - 1)


def _quantize(ideal: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Round coefficients, shape ``(taps, phases)``, to integers in Q20; each phase then sums to exactly one."""
    unity = 2**_COEFFICIENT_BITS
    rounded: npt.NDArray[np.float64] = np.rint(ideal / ideal.sum(axis=0) * unity)
    # Add the rounding error of the sum, a few units, to the largest tap; otherwise a DC input would ripple.
    rounded[np.argmax(rounded, axis=0), np.arange(ideal.shape[1])] += unity - rounded.sum(axis=0)
    return rounded


def _to_int16(values: npt.NDArray[np.float64]) -> Samples:
    """Round half up to int16, saturating; the values are overwritten."""
    values += 0.5
    np.floor(values, values)
    np.minimum(values, 32767.0, values)
    np.maximum(values, -32768.0, values)
    return values.astype(np.int16)


def to_int16(samples: npt.NDArray[Any]) -> Samples:
    """Convert samples of any shape to int16: rounded half up, saturated, never wrapped.

    Args:
        samples: int16 (Q15, returned unchanged), int32 (Q31), or floating point of full scale 1.0, in which
            not-a-number becomes zero.

    Returns:
        The samples, same shape, int16 (Q15).

    Raises:
        TypeError: the samples have another type.
    """
    if samples.dtype == np.int16:
        return samples
    if samples.dtype == np.int32:
        return _to_int16(samples * 2.0**-16)
    if np.issubdtype(samples.dtype, np.floating):
        scaled = np.nan_to_num(samples.astype(np.float64) * 32768.0, nan=0.0, posinf=32767.0, neginf=-32768.0)
        return _to_int16(scaled)
    raise TypeError(f"samples of type {samples.dtype}: int16, int32 or floating point can be converted")


def mix_to_mono(frames: Samples) -> Samples:
    """Average the channels, rounded half up.

    Args:
        frames: Shape ``(n, channels)``, int16 (Q15).

    Returns:
        Shape ``(n,)``, int16 (Q15); a single channel is returned unchanged.
    """
    channels = frames.shape[1]
    if channels == 1:
        return frames[:, 0]
    total = frames.sum(axis=1, dtype=np.int64)
    mean: Samples = ((2 * total + channels) // (2 * channels)).astype(np.int16)
    return mean
