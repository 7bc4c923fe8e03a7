"""Exact integer arithmetic in float64 arrays.

A float64 represents every integer below 2^53 exactly, so sums and products of integers are exact in any order as long
as each partial result stays below 2^53.  A BLAS matrix product of such arrays therefore gives the same bits on every
processor and with any number of threads, at the speed of the vector unit.  The same holds for integers divided by a
power of two, which changes the exponent only.  SPEC.md proves the bound for each step.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

LOG2_FRACTION_BITS: Final = 16

_INDEX_BITS: Final = 8  # of the mantissa, after its leading one, select a straight line of the table
_REST_BITS: Final = 15  # below them are the position on that line; the rest of the mantissa is dropped
_MANTISSA_BITS: Final = _INDEX_BITS + _REST_BITS
_TABLE_BITS: Final = 20  # fraction of the table, so that its rounding costs less than the straight lines (2.8e-6)
_DOUBLE_FRACTION: Final = 52  # of IEEE 754 binary64: bits of the fraction, and the bias of the exponent above it
_DOUBLE_BIAS: Final = 1023
_OCTAVES: Final = 54  # of the integers below 2^53, and one below 1

# Arrays, which numpy functions take faster than Python numbers.
_HALF: Final = np.array(0.5)
_DROPPED: Final = np.array(_DOUBLE_FRACTION - _MANTISSA_BITS)
_REST: Final = np.array(_REST_BITS)
_UNSCALE: Final = np.array(_TABLE_BITS + _REST_BITS - LOG2_FRACTION_BITS)
_OCTAVE_BELOW_ONE: Final = np.array(_DOUBLE_BIAS - 1 << _MANTISSA_BITS)


def round_half_up(x: Float) -> Float:
    """Round to integers, half up, in place: ``floor(x + 1/2)``.

    Args:
        x: Integers divided by a power of two, |x| < 2^52, so that adding 1/2 is exact; any shape, float64; overwritten.

    Returns:
        ``x`` itself.
    """
    x += _HALF
    return np.floor(x, x)


def integer_table(values: Float, fraction_bits: int) -> Float:
    """Round a design table half up to integers.

    Args:
        values: The design, any shape, float64.
        fraction_bits: Number of fraction bits of the result.

    Returns:
        Integers in Q``fraction_bits`` held in float64, same shape.
    """
    table: Float = np.floor(values * 2.0**fraction_bits + 0.5)
    return table


def _log2_lines() -> tuple[Int64, Int64]:
    """Tabulate straight lines through log2 at 257 points of each octave [2^e, 2^(e + 1)], e = -1..52.

    Returns:
        Slope per step in Q20, and value in Q35 where the mantissa and all bits above it are 0, each of shape
        ``(54 * 256,)``, int64.  The value includes the 1/2 of the final rounding.  The octave below 1 is flat.
    """
    points = integer_table(np.log2(1.0 + np.arange(2**_INDEX_BITS + 1) / 2**_INDEX_BITS), _TABLE_BITS).astype(np.int64)
    slope = np.tile(np.diff(points), _OCTAVES)
    exponent = np.repeat(np.arange(-1, _OCTAVES - 1), 2**_INDEX_BITS)
    value = np.tile(points[:-1], _OCTAVES) + (exponent << _TABLE_BITS) - slope * np.arange(len(slope))
    half = 1 << _TABLE_BITS - LOG2_FRACTION_BITS - 1
    slope[: 2**_INDEX_BITS] = 0
    value[: 2**_INDEX_BITS] = -_DOUBLE_BIAS << _TABLE_BITS
    return slope, value + half << _REST_BITS


_LOG2_SLOPE, _LOG2_VALUE = _log2_lines()


def log2_q16(x: Float) -> Int64:
    """Base-2 logarithm of integers, by table and linear interpolation.

    Args:
        x: Integers from 0 to 2^53 - 1 held in float64, contiguous in the last axis, any shape.

    Returns:
        log2(x) in Q16, int64, same shape; the error stays below 2^-16.  The logarithm of 0 is -1023.
    """
    # The bits of a double are a coarse logarithm: its exponent and, below it, the mantissa without the leading one.
    bits: Int64 = np.right_shift(x.view(np.int64), _DROPPED)
    bits -= _OCTAVE_BELOW_ONE
    line = np.right_shift(bits, _REST)
    result: Int64 = _LOG2_SLOPE.take(line, mode="clip")  # 0 has a negative index: the first line
    result *= bits
    result += _LOG2_VALUE.take(line, mode="clip")
    result >>= _UNSCALE
    return result
