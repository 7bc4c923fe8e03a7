"""The audio for the picture of the page: sentences of one speaker in several moods, one after another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge_ser.sources.recording import read_samples

RATE = 16_000

_CLIPS = ("16b01La", "16a07Nb", "16b03Ea", "16b10Td", "16a05Tb", "16b01Aa", "16a04Wc", "16a05Fc", "16b10Wb")
"""The sixth letter is the acted emotion: L bored, N neutral, E disgusted, T sad, A afraid, W angry, F happy."""

UTTERANCES = 10
"""Utterances that the model hears: one sentence has a pause."""

_PAUSE = 1.5
"""Pause between sentences, s."""


def joined(folder: Path) -> npt.NDArray[np.int16]:
    """Return the sentences with pauses between them, samples at ``RATE``."""
    pause = np.zeros(round(_PAUSE * RATE), np.int16)
    return np.concatenate([part for name in _CLIPS for part in (read_samples(folder / f"{name}.flac"), pause)])
