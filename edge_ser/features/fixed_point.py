"""Exact integer arithmetic in float64 arrays.

A float64 holds every integer below 2^53 exactly, and sums and products of integers stay exact whatever their order
as long as each partial result stays below 2^53.  So a BLAS matrix product of such arrays gives the same bits on every
processor and with any number of threads, at the speed of the vector unit.  The same holds for integers divided by a
power of two: that only moves the exponent.  SPEC.md proves the bound at each step.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

LOG2_FRACTION_BITS: Final = 16

_INDEX_BITS: Final = 8  # of the mantissa, behind its leading one, choose a straight line of the table
_REST_BITS: Final = 15  # below them say where on that line; what is left of the mantissa is dropped
_MANTISSA_BITS: Final = _INDEX_BITS + _REST_BITS
_TABLE_BITS: Final = 20  # fraction of the table, so that its rounding costs less than the straight lines (2.8e-6)
_DOUBLE_FRACTION: Final = 52  # of IEEE 754 binary64: bits of the fraction, and the bias of the exponent above it
_DOUBLE_BIAS: Final = 1023


def round_half_up(x: Float) -> Float:
    """Round to integers, half up, in place: ``floor(x + 1/2)``.

    Args:
        x: Integers divided by a power of two, |x| < 2^52, so that adding a half is exact; any shape; overwritten.
    """
    x += 0.5
    return np.floor(x, x)


def integer_table(values: Float, fraction_bits: int) -> Float:
    """Round a design table to integers in Q``fraction_bits``, half up, held in float64."""
    table: Float = np.floor(values * 2.0**fraction_bits + 0.5)
    return table


def _log2_lines() -> Int64:
    """Straight lines through log2 at 257 points of [1, 2].

    Returns:
        Slope in Q20 a step and value at mantissa 0 in Q35, shape ``(256, 2)``.  The exponent's bias and the half of
        the last rounding are already in the value.
    """
    points = integer_table(np.log2(1.0 + np.arange(2**_INDEX_BITS + 1) / 2**_INDEX_BITS), _TABLE_BITS).astype(np.int64)
    slope = np.diff(points)
    value = points[:-1] - slope * np.arange(2**_INDEX_BITS) - (_DOUBLE_BIAS << _TABLE_BITS)
    half = 1 << _TABLE_BITS - LOG2_FRACTION_BITS - 1
    return np.stack((slope, value + half << _REST_BITS), axis=-1)


_LOG2_LINES: Final = _log2_lines()


def log2_q16(x: Float) -> Int64:
    """Base-2 logarithm of integers, by table and straight line.

    Args:
        x: Integers from 0 to 2^53 - 1 held in float64, contiguous in its last axis, any shape.

    Returns:
        log2(x) in Q16, int64, same shape; the error stays below 2^-16.  That of 0 comes out as -1023.
    """
    # A double is its own integer logarithm: its bits hold the exponent and, below it, the mantissa without its one.
    result: Int64 = x.view(np.int64) >> _DOUBLE_FRACTION - _MANTISSA_BITS
    mantissa = result & 2**_MANTISSA_BITS - 1
    lines = _LOG2_LINES.take(mantissa >> _REST_BITS, axis=0)
    result -= mantissa
    result <<= _TABLE_BITS + _REST_BITS - _MANTISSA_BITS
    mantissa *= lines[..., 0]
    result += mantissa
    result += lines[..., 1]
    result >>= _TABLE_BITS + _REST_BITS - LOG2_FRACTION_BITS
    return result
