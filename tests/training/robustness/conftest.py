"""Recordings for the tests of robustness."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.training import voices
from tests.training.robustness.material import RATE


@pytest.fixture
def place(tmp_path: Path, work: list[Any]) -> Path:
    """A data folder with four speakers, each with a recording of both labels, and eight noises."""
    voices.corpus(tmp_path / "data" / "mine", speakers=4, labels=("angry", "neutral"))
    (tmp_path / "data" / "noise").mkdir()
    for number in range(8):
        hiss = np.random.default_rng(number).normal(0, 2_000, RATE).astype(np.int16)
        soundfile.write(tmp_path / "data" / "noise" / f"esc10_rain_1-{number}-A.wav", hiss, RATE)
    return tmp_path
