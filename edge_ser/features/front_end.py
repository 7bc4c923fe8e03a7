"""The whole front end: samples of one utterance in, int8 model input out (SPEC.md, steps 1 to 9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from edge_ser.features.fixed_point import Float, round_half_up
from edge_ser.features.mfcc import Mfcc
from edge_ser.features.parameters import GAIN_BITS, FrontEndParameters

Int8 = npt.NDArray[np.int8]
Int32 = npt.NDArray[np.int32]

# As arrays, which a numpy call takes faster than numbers.
_HALF: Final = np.array(0.5)
_LEAST: Final = np.array(-128.0)
_GREATEST: Final = np.array(127.0)


class CepstralMean:
    """Takes the running mean of the utterance so far from each frame (SPEC.md, step 8).

    What a microphone, its distance and its gain do to speech is nearly constant in the cepstra, so it goes with the
    mean.  The first frames share the mean over all of them, since one of a frame or two says nothing.
    """

    def __init__(self, coefficients: int, settle: int) -> None:
        self._settle = settle
        self._coefficients = coefficients
        self.reset()

    def reset(self) -> None:
        """Begin an utterance."""
        self._sum = np.zeros(self._coefficients)
        self._count = 0
        self._waiting: list[Int32] = []

    def process(self, cepstra: Int32) -> Float:
        """Take frames, shape ``(n, coefficients)``, Q12; return normalized ones, as many as can be said by now."""
        if self._count < self._settle:
            self._waiting.append(cepstra)
            self._count += len(cepstra)
            if self._count < self._settle:
                return np.empty((0, self._coefficients))
            cepstra = np.concatenate(self._waiting)
            self._waiting = []
            self._count = 0
        return self._normalize(cepstra, self._settle)

    def finish(self) -> Float:
        """Return the frames of an utterance that was too short to settle."""
        if not self._waiting:
            return np.empty((0, self._coefficients))
        cepstra = np.concatenate(self._waiting)
        self._waiting = []
        self._count = 0
        return self._normalize(cepstra, len(cepstra))

    def _normalize(self, cepstra: Int32, settle: int) -> Float:
        if not len(cepstra):
            return np.empty((0, self._coefficients))
        # The sums of c + 1/2 are S + n/2, so that floor((S + n/2) / n) is the mean, halves up.  It is exact: a quotient
        # a / b of integers that is none is at least 1 / b away from the next one, and its rounding moves it by less
        # as long as |a| + b < 2^53: here a = 2 S + n and b = 2 n, for n < 2^29 frames.
        sums = np.empty((len(cepstra) + 1, self._coefficients))
        sums[0] = self._sum
        np.add(cepstra, _HALF, sums[1:])
        np.add.accumulate(sums, 0, None, sums)
        self._sum = sums[-1].copy()
        begin = self._count + 1
        self._count += len(cepstra)
        means = sums[1:]
        means /= np.arange(begin, self._count + 1.0)[:, None]
        np.floor(means, means)
        if begin == 1:
            means[: settle - 1] = means[settle - 1]
        return np.subtract(cepstra, means, means)


class FrontEnd:
    """The model's input from samples: :meth:`reset`, :meth:`process`..., :meth:`finish` for each utterance.

    Args:
        parameters: With gains, as a model file carries them.
    """

    def __init__(self, parameters: FrontEndParameters) -> None:
        self.parameters = parameters
        self._gains = scale_of(parameters.gains)
        self._mfcc = Mfcc(parameters)
        self._mean = CepstralMean(parameters.coefficients, parameters.settle)

    def reset(self) -> None:
        """Begin an utterance."""
        self._mfcc.reset()
        self._mean.reset()

    def process(self, samples: npt.NDArray[np.int16]) -> Int8:
        """Take samples, shape ``(n,)``, int16; return features, shape ``(frames, coefficients)``, int8."""
        return quantize(self._mean.process(self._mfcc.process(samples)), self._gains)

    def finish(self) -> Int8:
        """End the utterance; return the features still held back."""
        return quantize(self._mean.finish(), self._gains)


def scale_of(gains: Sequence[int]) -> Float:
    """Return gains (int, Q20) as :func:`quantize` takes them: what an int8 step is to a unit, exact in float64."""
    return np.array(gains, np.float64) * 2.0**-GAIN_BITS


def quantize(normalized: Float, scale: Float) -> Int8:
    """Scale by the gains, round half up, saturate (SPEC.md, step 9).

    Args:
        normalized: Integers in Q12 held in float64, shape ``(frames, coefficients)``; overwritten.
        scale: What :func:`scale_of` returned, shape ``(coefficients,)``.
    """
    normalized *= scale
    round_half_up(normalized)
    np.minimum(normalized, _GREATEST, normalized)
    np.maximum(normalized, _LEAST, normalized)
    return normalized.astype(np.int8)
