"""Normalized mel-frequency cepstral coefficients in integers, from log-mel energies (SPEC.md, steps 7 to 9)."""

from __future__ import annotations

from typing import Final

import numpy as np

from edge_ser.features.fixed_point import LOG2_FRACTION_BITS, Float, Int32, integer_table, round_half_up
from edge_ser.features.log_mel import FLOOR
from edge_ser.features.parameters import FrontEndParameters

CEPSTRA_FRACTION_BITS: Final = 12

_DCT_BITS: Final = 24
_DCT_SHIFT: Final = LOG2_FRACTION_BITS + _DCT_BITS - CEPSTRA_FRACTION_BITS

_HALF: Final = np.array(0.5)  # an array, which numpy functions take faster than a Python number


def dct_matrix(bands: int, coefficients: int) -> Float:
    """Orthonormal DCT-II (Ahmed, Natarajan and Rao 1974).

    Args:
        bands: Length of the input.
        coefficients: Number of coefficients, c0 included.

    Returns:
        Matrix, shape ``(bands, coefficients)``, float64 (the design; the front end rounds it to Q24).
    """
    n = np.arange(bands)[:, None]
    k = np.arange(coefficients)[None, :]
    matrix: Float = np.sqrt(2.0 / bands) * np.cos(np.pi * (2 * n + 1) * k / (2 * bands))
    matrix[:, 0] /= np.sqrt(2.0)
    return matrix


class Mfcc:
    """Computes normalized cepstra; call :meth:`reset`, :meth:`process`..., :meth:`finish` for each utterance.

    Log-mel energies are limited to a dynamic range below the loudest band of the utterance so far: anything quieter is
    the room and the recording, not the voice.  Then the mean of the utterance so far is subtracted from the cepstra
    (cepstral mean normalization, Atal 1974): the effect of the microphone, its distance and its gain is nearly constant
    there, so it goes with the mean.  The first ``settle_frames`` frames share one peak and one mean, since those of a
    frame or two are not reliable; they are therefore delayed.

    Args:
        parameters: Bands, cepstra and normalization.
    """

    def __init__(self, parameters: FrontEndParameters) -> None:
        self._settle = parameters.settle_frames
        self._range = np.array(parameters.dynamic_range_log2 << LOG2_FRACTION_BITS, np.int32)
        self._no_frames = np.empty((0, parameters.coefficients))
        # The table includes the shift after the product: powers of two keep integers exact.
        dct = integer_table(dct_matrix(parameters.bands, parameters.coefficients), _DCT_BITS)
        self._dct = dct * 2.0**-_DCT_SHIFT
        self.reset()

    def reset(self) -> None:
        """Start an utterance."""
        self._held: list[Int32] = []  # log-mel energies of the first frames, until they are complete
        self._count = 0  # frames returned so far
        self._peak = np.int32(FLOOR)
        self._sum = np.zeros(self._dct.shape[1])

    def process(self, log_mel: Int32) -> Float:
        """Process the next frames and return those that are ready.

        Args:
            log_mel: From :class:`edge_ser.features.log_mel.LogMel`, shape ``(n, bands)``, int32 (Q16), n >= 0.

        Returns:
            Normalized cepstra in log2 units, shape ``(frames, coefficients)``, integers in Q12 held in float64.
        """
        if not len(log_mel):
            return self._no_frames
        if self._count:
            return self._normalize(log_mel)
        self._held.append(log_mel)
        return self._release() if sum(map(len, self._held)) >= self._settle else self._no_frames

    def finish(self) -> Float:
        """End the utterance and return the frames still held back, as :meth:`process` does."""
        return self._release() if self._held else self._no_frames

    def _release(self) -> Float:
        log_mel = np.concatenate(self._held)
        self._held.clear()
        return self._normalize(log_mel, min(self._settle, len(log_mel)))

    def _normalize(self, log_mel: Int32, sharing: int = 0) -> Float:
        """Run steps 7 to 9.

        Args:
            log_mel: At least one frame, shape ``(n, bands)``, int32 (Q16).
            sharing: How many of them share one peak and one mean, as the first ones of an utterance do.
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
        # Step 9, running mean.  The sums of c + 1/2 are S + n/2, so floor((S + n/2) / n) is the mean, rounded half up.
        # It is exact: a quotient a / b of integers that is not an integer is at least 1 / b away from one, and float64
        # rounding moves it by less as long as |a| + b < 2^53; here a = 2 S + n and b = 2 n, for n < 2^29 frames.
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
