"""Simulated reverberation: a bank of room impulse responses, the same in every process.

The early reflections are the image sources of a box-shaped room (Allen and Berkley 1979), computed by pyroomacoustics.
Their number grows with the cube of the length of the response.  So, from the time of the first image that is missing,
exponentially decaying noise replaces them, which is a statistical model of late reverberation (Polack 1988).
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from edge_ser.audio import SAMPLE_RATE
from training.support import files
from training.support.arrays import ImpulseResponse, Waveform

_Point: TypeAlias = npt.NDArray[np.float64]
"""A place or a size in a room: shape ``(3,)``, m."""

TRAINING_COUNT: Final = 200
"""Impulse responses for training: computed within 2 s, 6 MB."""
TRAINING_SEED: Final = 1
"""Seed of the impulse responses for training."""
HELD_OUT_SEED: Final = 2
"""Seed of the impulse responses for tests of robustness; no model has been trained on them."""

SIZE: Final = ((2.5, 9.0), (2.5, 7.0), (2.3, 3.5))
"""Range of length, width and height, m: from a box room to an office."""
RT60: Final = (0.15, 0.8)
"""Range of the time in which the energy falls by 60 dB, s: from curtains and carpets to bare walls."""

_DISTANCE: Final = (0.2, 4.0)  # m, from mouth to microphone
_MOUTH: Final = (1.0, 1.9)  # m, height of the mouth, sitting or standing
_FROM_WALLS: Final = 0.3  # m, least distance of mouth and microphone from each wall
_SOUND: Final = 343.0  # m/s, in dry air at 20 degrees Celsius
_STEP: Final = _SOUND / SAMPLE_RATE  # m, the distance that sound travels in a sample
_ORDER: Final = 20  # most reflections of an image source: takes 7 ms per room, complete for 70 ms or more
_MATCHED: Final = SAMPLE_RATE // 50  # samples at the end of the early part whose power the late part continues: 20 ms


def bank(count: int, seed: int) -> list[ImpulseResponse]:
    """Simulate the impulse responses of random rooms.

    Args:
        count: Number of responses.
        seed: Seed of sizes, walls and positions.  A longer bank with the same seed begins with the shorter one.

    Returns:
        Responses at 16 kHz, each as long as its reverberation time.  The direct path is the first sample, so that a
        voice is not delayed.  The total energy is 1, not that of the direct path, so that a room roughly keeps the
        level of a voice and does not drive it beyond full scale.
    """
    return [_room(np.random.default_rng([seed, index])) for index in range(count)]


def load(cache: Path, count: int, seed: int) -> list[ImpulseResponse]:
    """Return the same as :func:`bank`, from the cache if it is stored there.

    Args:
        cache: Folder of the cache; impulse responses made by another version of this module are not used.
        count: Number of responses.
        seed: Seed of sizes, walls and positions.
    """
    source = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]
    path = cache / f"reverb-{source}-{count}-{seed}.npz"
    if not path.exists():
        responses = bank(count, seed)
        lengths = [len(response) for response in responses]
        files.write_arrays(path, lengths=lengths, samples=np.concatenate(responses))
    with np.load(path) as stored:
        return list(np.split(stored["samples"], np.cumsum(stored["lengths"])[:-1]))


def _room(rng: np.random.Generator) -> ImpulseResponse:
    size = np.array([rng.uniform(low, high) for low, high in SIZE])
    rt60 = rng.uniform(*RT60)
    mouth, microphone = _positions(size, rng)
    early = _early(size, rt60, mouth, microphone)[: int(rt60 * SAMPLE_RATE)]
    # The power continues from the middle of the stretch on which it is measured.
    n = np.arange(_MATCHED // 2, _MATCHED // 2 + int(rt60 * SAMPLE_RATE) - len(early))
    power = (early[-_MATCHED:] ** 2).mean() * 10.0 ** (-6 * n / (rt60 * SAMPLE_RATE))
    response = np.concatenate((early, rng.standard_normal(len(n)) * np.sqrt(power)))
    return np.asarray(response / np.sqrt((response**2).sum()), np.float32)


def _positions(size: _Point, rng: np.random.Generator) -> tuple[_Point, _Point]:
    """Draw the positions of mouth and microphone."""
    while True:
        mouth = rng.uniform(_FROM_WALLS, size - _FROM_WALLS)
        mouth[2] = rng.uniform(*_MOUTH)
        direction = rng.standard_normal(3)
        # At a whole number of samples, the direct path is one sample, not a sinc that rings before the start.
        distance = round(rng.uniform(*_DISTANCE) / _STEP) * _STEP
        microphone = mouth + direction * distance / np.sqrt((direction**2).sum())
        if np.all((microphone > _FROM_WALLS) & (microphone < size - _FROM_WALLS)):
            return mouth, microphone


def _early(size: _Point, rt60: float, mouth: _Point, microphone: _Point) -> Waveform:
    """Return the response from the direct path to the arrival of the first image of a higher order."""
    import pyroomacoustics as pra  # here, because only the simulation of a bank needs it

    pra.constants.set("c", _SOUND)
    pra.constants.set("num_threads", 1)  # sums in the same order on every machine
    # At most 1, or it raises an error: the largest room with the shortest time needs 0.995.
    absorption, _ = pra.inverse_sabine(rt60, size)
    room = pra.ShoeBox(size, fs=SAMPLE_RATE, materials=pra.Material(absorption), max_order=_ORDER)
    room.add_source(mouth)
    room.add_microphone(microphone)
    room.compute_rir()
    # A path of length d has at most d * |1 / size| + 3 reflections: most if it runs along a diagonal of 1 / size.
    complete = int((_ORDER - 2) / np.sqrt((size**-2.0).sum()) / _STEP)
    direct = round(float(np.sqrt(((mouth - microphone) ** 2).sum())) / _STEP)
    start = pra.constants.get("frac_delay_length") // 2  # pyroomacoustics delays everything by half its sinc
    return np.asarray(room.rir[0][0][start + direct : start + complete], np.float64)
