"""The complete front end: the samples of an utterance in, the model's int8 input out (SPEC.md)."""

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

# Arrays, which numpy functions take faster than Python numbers.
_LEAST: Final = np.array(-128.0)
_GREATEST: Final = np.array(127.0)


class FrontEnd:
    """Computes the model's input; call :meth:`reset`, :meth:`process`..., :meth:`finish` for each utterance.

    Args:
        parameters: Those of a model file, gains included.
    """

    def __init__(self, parameters: FrontEndParameters) -> None:
        self.parameters = parameters
        self._gains = scale_of(parameters.gains)
        self._log_mel = LogMel(parameters)
        self._mfcc = Mfcc(parameters)

    def reset(self) -> None:
        """Start an utterance."""
        self._log_mel.reset()
        self._mfcc.reset()

    def process(self, samples: npt.NDArray[np.int16]) -> Int8:
        """Process the next samples.

        Args:
            samples: Shape ``(n,)``, int16 (Q15), 16 kHz, n >= 0.

        Returns:
            The features they complete, shape ``(frames, coefficients)``, int8.
        """
        return quantize(self._mfcc.process(self._log_mel.process(samples)), self._gains)

    def finish(self) -> Int8:
        """End the utterance and return the features still held back, shape ``(frames, coefficients)``, int8."""
        return quantize(self._mfcc.finish(), self._gains)


def scale_of(gains: Sequence[int]) -> Float:
    """Convert gains (Q20) to the scale of :func:`quantize`: shape ``(coefficients,)``, int8 steps per unit, float64."""
    return np.array(gains, np.float64) * 2.0**-GAIN_BITS


def quantize(normalized: Float, scale: Float) -> Int8:
    """Scale by the gains, round half up and saturate (SPEC.md, step 10).

    Args:
        normalized: Integers in Q12 held in float64, shape ``(frames, coefficients)``; overwritten.
        scale: The result of :func:`scale_of`, shape ``(coefficients,)``, float64.

    Returns:
        Features, shape ``(frames, coefficients)``, int8.
    """
    normalized *= scale
    round_half_up(normalized)
    np.minimum(normalized, _GREATEST, normalized)
    np.maximum(normalized, _LEAST, normalized)
    return normalized.astype(np.int8)
