"""Simulated rooms between mouth and microphone: a bank of impulse responses, the same ones in every process.

The early reflections are the image sources of a box-shaped room (Allen and Berkley 1979), made by pyroomacoustics.  A
response needs as many of them as the cube of its length, so from where the first one would be missing, noise that
decays exponentially stands for the rest; late reverberation is no more than that to a statistician (Polack 1988).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from edge_ser.audio import SAMPLE_RATE
from training.support import files

Float = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]
Rooms = Sequence[Float32]

TRAINING_COUNT: Final = 200
"""Rooms that a model is trained in: made within 2 s, 6 MB."""
TRAINING_SEED: Final = 1
"""Of these rooms."""
HELD_OUT_SEED: Final = 2
"""Of the rooms that its robustness is tested in; it has heard none of them."""

SIZE: Final = ((2.5, 9.0), (2.5, 7.0), (2.3, 3.5))
"""Shortest and longest length, width and height, m: from a box room to an office."""
RT60: Final = (0.15, 0.8)
"""Shortest and longest time in which the energy falls by 60 dB, s: from curtains and carpets to bare walls."""

_DISTANCE: Final = (0.2, 4.0)  # m, from mouth to microphone
_MOUTH: Final = (1.0, 1.9)  # m, height of the mouth of somebody who sits or stands
_FROM_WALLS: Final = 0.3  # m; nearer to a wall stands neither
_SOUND: Final = 343.0  # m/s, in dry air at 20 degrees Celsius
_STEP: Final = _SOUND / SAMPLE_RATE  # m, the way of sound in a sample
_ORDER: Final = 20  # walls on the way of an image at most: takes 7 ms a room, complete for 70 ms or more
_MATCHED: Final = SAMPLE_RATE // 50  # samples at the end of the early part whose power the late part continues: 20 ms


def bank(count: int, seed: int) -> list[Float32]:
    """Make impulse responses.

    Args:
        count: How many.
        seed: Of sizes, walls and places.  A longer bank of the same seed begins with the shorter one.

    Returns:
        Responses at 16 kHz, each as long as its reverberation time.  The direct path is the first sample, so that a
        voice is not delayed.  It is the total energy that is 1, not that of the direct path: so a room leaves the level
        of a voice about as it is, and does not drive it beyond full scale.
    """
    return [_room(np.random.default_rng([seed, index])) for index in range(count)]


def load(cache: Path, count: int, seed: int) -> list[Float32]:
    """Return :func:`bank` of the same arguments, from the cache where it is there.

    Args:
        cache: Folder of the cache; rooms that another version of this module made are never used.
        count: How many.
        seed: Of sizes, walls and places.
    """
    source = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]
    path = cache / f"rooms-{source}-{count}-{seed}.npz"
    if not path.exists():
        made = bank(count, seed)
        files.write_arrays(path, lengths=[len(response) for response in made], samples=np.concatenate(made))
    with np.load(path) as stored:
        return list(np.split(stored["samples"], np.cumsum(stored["lengths"])[:-1]))


def _room(rng: np.random.Generator) -> Float32:
    size = np.array([rng.uniform(low, high) for low, high in SIZE])
    rt60 = rng.uniform(*RT60)
    mouth, microphone = _places(size, rng)
    early = _early(size, rt60, mouth, microphone)[: int(rt60 * SAMPLE_RATE)]
    # Power continues from the middle of the stretch that it is measured on.
    n = np.arange(_MATCHED // 2, _MATCHED // 2 + int(rt60 * SAMPLE_RATE) - len(early))
    power = (early[-_MATCHED:] ** 2).mean() * 10.0 ** (-6 * n / (rt60 * SAMPLE_RATE))
    response = np.concatenate((early, rng.standard_normal(len(n)) * np.sqrt(power)))
    return np.asarray(response / np.sqrt((response**2).sum()), np.float32)


def _places(size: Float, rng: np.random.Generator) -> tuple[Float, Float]:
    """Draw the places of mouth and microphone, m, each of shape ``(3,)``."""
    while True:
        mouth = rng.uniform(_FROM_WALLS, size - _FROM_WALLS)
        mouth[2] = rng.uniform(*_MOUTH)
        direction = rng.standard_normal(3)
        # Whole samples away: the direct path is then one sample, not a sinc that would ring ahead of the start.
        distance = round(rng.uniform(*_DISTANCE) / _STEP) * _STEP
        microphone = mouth + direction * distance / np.sqrt((direction**2).sum())
        if np.all((microphone > _FROM_WALLS) & (microphone < size - _FROM_WALLS)):
            return mouth, microphone


def _early(size: Float, rt60: float, mouth: Float, microphone: Float) -> Float:
    """Return the response from the direct path up to where the first image of a higher order would arrive."""
    import pyroomacoustics as pra  # here, so that only making a bank needs it

    pra.constants.set("c", _SOUND)
    pra.constants.set("num_threads", 1)  # sums in one order, whatever the machine
    # Never beyond 1, which it would refuse: the largest room with the shortest time takes 0.995.
    absorption, _ = pra.inverse_sabine(rt60, size)
    room = pra.ShoeBox(size, fs=SAMPLE_RATE, materials=pra.Material(absorption), max_order=_ORDER)
    room.add_source(mouth)
    room.add_microphone(microphone)
    room.compute_rir()
    # A path of length d meets at most d * |1 / size| + 3 walls: most if it runs along a diagonal of 1 / size.
    complete = int((_ORDER - 2) / np.sqrt((size**-2.0).sum()) / _STEP)
    direct = round(float(np.sqrt(((mouth - microphone) ** 2).sum())) / _STEP)
    start = pra.constants.get("frac_delay_length") // 2  # pyroomacoustics delays all by half of its sinc
    return np.asarray(room.rir[0][0][start + direct : start + complete], np.float64)
