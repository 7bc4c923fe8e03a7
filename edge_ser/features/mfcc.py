"""Mel-frequency cepstral coefficients in integers, normalized, from log-mel energies (SPEC.md, steps 7 to 9)."""

from __future__ import annotations

from typing import Final

import numpy as np

from edge_ser.features.fixed_point import LOG2_FRACTION_BITS, Float, Int32, integer_table, round_half_up
from edge_ser.features.log_mel import FLOOR
from edge_ser.features.parameters import FrontEndParameters

CEPSTRA_FRACTION_BITS: Final = 12

_DCT_BITS: Final = 24
_DCT_SHIFT: Final = LOG2_FRACTION_BITS + _DCT_BITS - CEPSTRA_FRACTION_BITS

_HALF: Final = np.array(0.5)  # as an array, which a numpy call takes faster than a number


def dct_matrix(bands: int, coefficients: int) -> Float:
    """Orthonormal DCT-II, shape ``(bands, coefficients)``, float64."""
    n = np.arange(bands)[:, None]
    k = np.arange(coefficients)[None, :]
    matrix: Float = np.sqrt(2.0 / bands) * np.cos(np.pi * (2 * n + 1) * k / (2 * bands))
    matrix[:, 0] /= np.sqrt(2.0)
    return matrix


class Mfcc:
    """Normalized cepstra of one utterance: :meth:`reset`, :meth:`process`..., :meth:`finish`.

    Each frame counts down to ``range`` below the loudest band of the utterance so far: what lies below is the room and
    the recording, not the voice.  Then the mean of the utterance so far is taken from its cepstra: what a microphone,
    its distance and its gain do to speech is nearly constant there, so it goes with the mean.  The first ``settle``
    frames share the peak and the mean of all of them, since those of a frame or two say nothing; so they come out late.
    """

    def __init__(self, parameters: FrontEndParameters) -> None:
        self._settle = parameters.settle_frames
        self._range = np.array(parameters.dynamic_range_log2 << LOG2_FRACTION_BITS, np.int32)
        self._nothing = np.empty((0, parameters.coefficients))
        # The table carries the shift that goes after the product: a power of two keeps integers exact.
        dct = integer_table(dct_matrix(parameters.bands, parameters.coefficients), _DCT_BITS)
        self._dct = dct * 2.0**-_DCT_SHIFT
        self.reset()

    def reset(self) -> None:
        """Begin an utterance."""
        self._held: list[Int32] = []  # log-mel of the first frames, until all are there
        self._count = 0  # frames that came out
        self._peak = np.int32(FLOOR)
        self._sum = np.zeros(self._dct.shape[1])

    def process(self, log_mel: Int32) -> Float:
        """Take the next frames and return those that can be said by now.

        Args:
            log_mel: What :class:`edge_ser.features.log_mel.LogMel` returned, shape ``(n, bands)``, int32, Q16, n >= 0.

        Returns:
            Integers in Q12 of log2 units held in float64, shape ``(frames, coefficients)``.
        """
        if not len(log_mel):
            return self._nothing
        if self._count:
            return self._normalize(log_mel)
        self._held.append(log_mel)
        return self._release() if sum(map(len, self._held)) >= self._settle else self._nothing

    def finish(self) -> Float:
        """End the utterance; return the frames still held back, as :meth:`process` does."""
        return self._release() if self._held else self._nothing

    def _release(self) -> Float:
        log_mel = np.concatenate(self._held)
        self._held.clear()
        return self._normalize(log_mel, min(self._settle, len(log_mel)))

    def _normalize(self, log_mel: Int32, sharing: int = 0) -> Float:
        """Steps 7 to 9.

        Args:
            log_mel: At least one frame.
            sharing: How many of them share one peak and one mean: the first ones of the utterance.
        """
        # Step 7, range below the running peak.
        lowest = np.maximum.reduce(log_mel, axis=1, keepdims=True, initial=self._peak)
        np.maximum.accumulate(lowest, 0, None, lowest)
        self._peak = lowest[-1, 0]
        if sharing:
            lowest[:sharing] = lowest[sharing - 1]
        lowest -= self._range
        # Step 8, DCT.
        cepstra = round_half_up(np.dot(np.maximum(log_mel, lowest, dtype=np.float64), self._dct))
        # Step 9, running mean.  The sums of c + 1/2 are S + n/2, so that floor((S + n/2) / n) is the mean, halves up.
        # It is exact: a quotient a / b of integers that is none is at least 1 / b away from the next one, and its
        # rounding moves it by less as long as |a| + b < 2^53: here a = 2 S + n and b = 2 n, for n < 2^29 frames.
        sums = np.empty((len(cepstra) + 1, cepstra.shape[1]))
        sums[0] = self._sum
        np.add(cepstra, _HALF, sums[1:])
        np.add.accumulate(sums, 0, None, sums)
        self._sum = sums[-1].copy()
        begin = self._count + 1
        self._count += len(cepstra)
        means = sums[1:]
        means /= np.arange(begin, self._count + 1.0)[:, None]
        np.floor(means, means)
        if sharing:
            means[:sharing] = means[sharing - 1]
        return np.subtract(cepstra, means, cepstra)
