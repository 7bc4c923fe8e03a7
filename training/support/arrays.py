"""The arrays of the training side: shape, dtype, unit and fixed-point format, each defined once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Waveform: TypeAlias = npt.NDArray[np.float64]
"""Shape ``(n,)``, 16 kHz, in int16 steps: a signal that is still being processed, so neither rounded nor clipped."""

ImpulseResponse: TypeAlias = npt.NDArray[np.float32]
"""Shape ``(n,)``, 16 kHz, energy 1; the direct path is the first sample."""

ImpulseResponses: TypeAlias = Sequence[ImpulseResponse]
"""Impulse responses of different lengths."""

LogMelBands: TypeAlias = npt.NDArray[np.int32]
"""Shape ``(frames, bands)``, Q16, log2 of the energy."""

Cepstra: TypeAlias = npt.NDArray[np.int32]
"""Shape ``(frames, coefficients)``, Q12, normalized by the running mean; the gains have not scaled them to int8 yet."""

SpeechFrames: TypeAlias = npt.NDArray[np.bool_]
"""Shape ``(frames,)``: which frames hold speech."""

Functionals: TypeAlias = npt.NDArray[np.float64]
"""Shape ``(clips, functionals)``; a row of NaN for a clip without any speech."""

Logits: TypeAlias = npt.NDArray[np.float64]
"""Shape ``(clips, labels)``; a row of NaN for a clip without any speech."""
