"""Synthetic noises as recordings that complement the noise folder: music and other sounds that it rarely contains."""

from __future__ import annotations

import hashlib
import io
import zlib
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from edge_ser.audio import SAMPLE_RATE
from training.augmentation import synthetic_noise
from training.corpora import Clip
from training.support import files

CORPUS: Final = "sounds"
"""Corpus of the synthetic clips; part of their speakers' names, which decide the noise split, so it stays."""

_SECONDS: Final = 10.0
_SEED: Final = 5


def recordings(folder: Path, count: int) -> list[Clip]:
    """Return recordings of each kind of synthetic noise; those that are not in the cache are synthesized.

    Args:
        folder: Folder of the cache; recordings made by another version of
            :mod:`training.augmentation.synthetic_noise` are not used.
        count: Number of recordings of each kind.
    """
    version = hashlib.sha256(Path(synthetic_noise.__file__).read_bytes()).hexdigest()[:16]
    clips = []
    for kind in synthetic_noise.KINDS:
        for number in range(count):
            path = folder / f"synthetic-noise-{version}" / f"{kind}-{number:02d}.flac"
            if not path.exists():
                rng = np.random.default_rng([_SEED, number, zlib.crc32(kind.encode())])
                samples = synthetic_noise.make(kind, _SECONDS, rng)
                soundfile.write(encoded := io.BytesIO(), samples, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
                files.write_bytes(path, encoded.getvalue())
            clips.append(Clip(path, CORPUS, f"{CORPUS}/{path.stem}", None))
    return clips
