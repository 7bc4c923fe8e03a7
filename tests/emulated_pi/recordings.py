"""Real recordings at known positions of a stream, with low noise between them (README.md)."""

from __future__ import annotations

import os
import random
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from edge_ser.sources.folders import find_recordings  # noqa: E402
from edge_ser.sources.recording import read_samples  # noqa: E402

RATE = 16_000
GRID = 320  # samples; the speech gate's block of 20 ms, so that a clip has the same alignment each time
NOISE = 4  # standard deviation, LSB: a quiet room
LEAD, PAUSE, END = 2.0, 1.5, 1.5  # s
SPOKEN = [  # clips without a pause that would split them
    "emodb/03a07Nc.flac",
    "crema-d/1015_TIE_SAD_XX.flac",
    "emodb/14a02Ab.flac",
    "crema-d/1045_IEO_HAP_MD.flac",
    "emodb/10a04Wb.flac",
    "emodb/15a02Ea.flac",
]


@dataclass(frozen=True)
class Clip:
    """A recording of one sentence: its name, and its samples at 16 kHz, a whole number of the gate's blocks."""

    name: str
    samples: np.ndarray


def data() -> Path:
    """Return the folder of corpora."""
    folder = os.environ.get("EDGE_SER_DATA")
    if not folder:
        sys.exit("say where the recordings are: EDGE_SER_DATA=FOLDER, with crema-d and emodb in it")
    return Path(folder)


def clip(path: Path) -> Clip:
    """Read a recording."""
    samples = read_samples(path)
    return Clip(path.stem, np.pad(samples, (0, -samples.size % GRID)))


def some(count: int, seed: int) -> list[Clip]:
    """Draw recordings of both corpora, reproducibly for each seed."""
    paths = find_recordings([data() / "crema-d", data() / "emodb"])
    return [clip(path) for path in random.Random(seed).sample(paths, count)]


def noise(rng: np.random.Generator, seconds: float) -> np.ndarray:
    """Return the sound of a quiet room."""
    return rng.normal(0, NOISE, round(seconds * RATE / GRID) * GRID).round().astype(np.int16)


def spoken() -> np.ndarray:
    """Return six sentences with pauses, 16 kHz."""
    rng = np.random.default_rng(11)
    parts = [noise(rng, LEAD)]
    for name in SPOKEN:
        parts += [clip(data() / name).samples, noise(rng, PAUSE)]
    return np.concatenate([*parts, noise(rng, END)])
