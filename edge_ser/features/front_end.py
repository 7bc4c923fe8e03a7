"""The whole front end: samples of one utterance in, int8 model input out (SPEC.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from edge_ser.features.fixed_point import Float, round_half_up
from edge_ser.features.log_mel import LogMel
from edge_ser.features.mfcc import Mfcc
from edge_ser.features.parameters import GAIN_BITS, FrontEndParameters

Int8 = npt.NDArray[np.int8]

# As arrays, which a numpy call takes faster than numbers.
_LEAST: Final = np.array(-128.0)
_GREATEST: Final = np.array(127.0)


class FrontEnd:
    """The model's input from samples: :meth:`reset`, :meth:`process`..., :meth:`finish` for each utterance.

    Args:
        parameters: With gains, as a model file carries them.
    """

    def __init__(self, parameters: FrontEndParameters) -> None:
        self.parameters = parameters
        self._gains = scale_of(parameters.gains)
        self._log_mel = LogMel(parameters)
        self._mfcc = Mfcc(parameters)

    def reset(self) -> None:
        """Begin an utterance."""
        self._log_mel.reset()
        self._mfcc.reset()

    def process(self, samples: npt.NDArray[np.int16]) -> Int8:
        """Take samples, shape ``(n,)``, int16; return features, shape ``(frames, coefficients)``, int8."""
        return quantize(self._mfcc.process(self._log_mel.process(samples)), self._gains)

    def finish(self) -> Int8:
        """End the utterance; return the features still held back."""
        return quantize(self._mfcc.finish(), self._gains)


def scale_of(gains: Sequence[int]) -> Float:
    """Return gains (int, Q20) as :func:`quantize` takes them: what an int8 step is to a unit, exact in float64."""
    return np.array(gains, np.float64) * 2.0**-GAIN_BITS


def quantize(normalized: Float, scale: Float) -> Int8:
    """Scale by the gains, round half up, saturate (SPEC.md, step 10).

    Args:
        normalized: Integers in Q12 held in float64, shape ``(frames, coefficients)``; overwritten.
        scale: What :func:`scale_of` returned, shape ``(coefficients,)``.
    """
    normalized *= scale
    round_half_up(normalized)
    np.minimum(normalized, _GREATEST, normalized)
    np.maximum(normalized, _LEAST, normalized)
    return normalized.astype(np.int8)
