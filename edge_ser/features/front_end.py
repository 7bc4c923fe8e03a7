"""The whole front end: samples of one utterance in, int8 model input out (SPEC.md, steps 1 to 9)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edge_ser.features.mfcc import Mfcc
from edge_ser.features.parameters import GAIN_BITS, FrontEndParameters

Int8 = npt.NDArray[np.int8]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]


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
        self._sum: Int64 = np.zeros(self._coefficients, np.int64)
        self._count = 0
        self._waiting: list[Int32] = []

    def process(self, cepstra: Int32) -> Int64:
        """Take frames, shape ``(n, coefficients)``, Q12; return normalized ones, as many as can be said by now."""
        if self._count < self._settle:
            self._waiting.append(cepstra)
            self._count += len(cepstra)
            if self._count < self._settle:
                return np.empty((0, self._coefficients), np.int64)
            cepstra = np.concatenate(self._waiting)
            self._waiting = []
            self._count = 0
        return self._normalize(cepstra, self._settle)

    def finish(self) -> Int64:
        """Return the frames of an utterance that was too short to settle."""
        if not self._waiting:
            return np.empty((0, self._coefficients), np.int64)
        cepstra = np.concatenate(self._waiting)
        self._waiting = []
        self._count = 0
        return self._normalize(cepstra, len(cepstra))

    def _normalize(self, cepstra: Int32, settle: int) -> Int64:
        first = settle - 1 if self._count == 0 else 0  # index of the first frame that has a mean of its own
        if not len(cepstra):
            return np.empty((0, self._coefficients), np.int64)
        sums: Int64 = np.add.accumulate(cepstra, axis=0, dtype=np.int64)
        sums += self._sum
        self._sum = sums[-1].copy()
        counts = np.arange(self._count + 1, self._count + len(cepstra) + 1)[:, None]
        self._count += len(cepstra)
        sums += counts >> 1
        sums //= counts  # now the means, rounded half up
        if first:
            sums[:first] = sums[first]
        return np.subtract(cepstra, sums, sums)


class FrontEnd:
    """The model's input from samples: :meth:`reset`, :meth:`process`..., :meth:`finish` for each utterance.

    Args:
        parameters: With gains, as a model file carries them.
    """

    def __init__(self, parameters: FrontEndParameters) -> None:
        self.parameters = parameters
        self._gains = np.array(parameters.gains, np.int64)
        self._mfcc = Mfcc(parameters)
        self._mean = CepstralMean(parameters.coefficients, parameters.settle)

    def reset(self) -> None:
        """Begin an utterance."""
        self._mfcc.reset()
        self._mean.reset()

    def process(self, samples: npt.NDArray[np.int16]) -> Int8:
        """Take samples, shape ``(n,)``, int16; return features, shape ``(frames, coefficients)``, int8."""
        return self._quantize(self._mean.process(self._mfcc.process(samples)))

    def finish(self) -> Int8:
        """End the utterance; return the features still held back."""
        return self._quantize(self._mean.finish())

    def _quantize(self, normalized: Int64) -> Int8:
        """Scale by the gains, round half up, saturate (SPEC.md, step 9); overwrites what it is given."""
        normalized *= self._gains
        normalized += 1 << GAIN_BITS - 1
        normalized >>= GAIN_BITS
        np.minimum(normalized, 127, normalized)
        np.maximum(normalized, -128, normalized)
        return normalized.astype(np.int8)
