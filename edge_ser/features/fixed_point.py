"""Exact integer arithmetic in float64 arrays.

A float64 holds every integer below 2^53 exactly, and sums and products of integers stay exact whatever their order
as long as each partial result stays below 2^53.  So a BLAS matrix product of such arrays gives the same bits on every
processor and with any number of threads, at the speed of the vector unit.  SPEC.md proves the bound at each step.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

LOG2_FRACTION_BITS: Final = 16
_MANTISSA_BITS: Final = 24
_INDEX_BITS: Final = 8
_STEP_BITS: Final = _MANTISSA_BITS - 1 - _INDEX_BITS


def shift_round(x: Float, bits: int) -> Float:
    """Divide integers by ``2**bits``, rounding half up, in place: ``(x + 2**(bits-1)) >> bits``.

    Args:
        x: Integers held in float64, any shape, |x| < 2^52; overwritten.
        bits: Right shift, >= 1.
    """
    x *= 2.0**-bits
    x += 0.5
    return np.floor(x, out=x)


def integer_table(values: Float, fraction_bits: int) -> Float:
    """Round a design table to integers in Q``fraction_bits``, half up, held in float64."""
    table: Float = np.floor(values * 2.0**fraction_bits + 0.5)
    return table


def _log2_table() -> Int64:
    steps = np.arange(2**_INDEX_BITS + 1, dtype=np.float64)
    # Q20 inside, so that rounding the table costs less than the straight lines between its points (2.8e-6).
    return np.floor(np.log2(1.0 + steps / 2**_INDEX_BITS) * 2.0**20 + 0.5).astype(np.int64)


_LOG2: Final = _log2_table()
_LOG2_SLOPE: Final = np.append(np.diff(_LOG2), 0)


def log2_q16(x: Float) -> Int64:
    """Base-2 logarithm of positive integers, by table and straight line.

    Args:
        x: Integers from 1 to 2^53 - 1 held in float64, any shape.

    Returns:
        log2(x) in Q16, int64, same shape; the error stays below 2^-16.
    """
    mantissa, exponent = np.frexp(x)  # x = mantissa * 2**exponent, mantissa in [0.5, 1): exact
    m = np.floor(mantissa * 2.0**_MANTISSA_BITS).astype(np.int64) - 2 ** (_MANTISSA_BITS - 1)
    index = m >> _STEP_BITS
    rest = m & (2**_STEP_BITS - 1)
    fraction = _LOG2[index] + ((_LOG2_SLOPE[index] * rest) >> _STEP_BITS)
    result: Int64 = (exponent.astype(np.int64) - 1 << LOG2_FRACTION_BITS) + ((fraction + 8) >> 4)
    return result
