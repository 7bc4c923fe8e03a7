"""Utterances as the device would see them: cut by the speech gate, through the integer front end."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache as cache_of_process
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from edge_ser.features import mfcc, parameters
from edge_ser.features.front_end import CepstralMean
from edge_ser.features.mfcc import Mfcc
from edge_ser.features.parameters import FrontEndParameters
from edge_ser.settings import GateSettings
from edge_ser.sources import recording, resample
from edge_ser.sources.recording import read_samples
from edge_ser.speech import gate
from training import augment
from training.corpora import Clip

Int16 = npt.NDArray[np.int16]

_SHORTEST: Final = 0.6  # s; shorter utterances of a clip carry its label too rarely to learn from
_SPEECH_RANGE: Final = 10.0  # log2 units, 30 dB: frames further below the loud ones count as pauses


@dataclass(frozen=True)
class Utterance:
    """One utterance of a clip.

    Attributes:
        clip: Where it comes from.
        cepstra: Normalized, not yet scaled to int8: shape ``(frames, coefficients)``, int32, Q12.
        speech: Which frames hold speech, shape ``(frames,)``, bool.
    """

    clip: Clip
    cepstra: npt.NDArray[np.int32]
    speech: npt.NDArray[np.bool_]


def utterances(
    clips: Sequence[Clip], front_end: FrontEndParameters, cache: Path, noises: Sequence[Clip] = (), variants: int = 0
) -> list[list[Utterance]]:
    """Return the utterances of clips, from the cache where they are there.

    Args:
        clips: What to read.
        front_end: Front end; its gains do not matter here.
        cache: Folder of the cache; entries of another front end, gate or augmentation are never used.
        noises: What variants are mixed with; training clips only.
        variants: Augmented copies.

    Returns:
        The utterances of the recordings in a quiet room (:func:`training.augment.in_a_room`), then those of each
        augmented copy.
    """
    modules = (gate.__file__, augment.__file__, recording.__file__, resample.__file__, __file__)
    sources = b"".join(Path(name).read_bytes() for name in modules)
    files = [(str(clip.path), clip.path.stat().st_size) for clip in (*clips, *noises)]
    made_of = (parameters.VERSION, front_end, GateSettings(), variants, files)
    key = hashlib.sha256(sources + repr(made_of).encode()).hexdigest()[:24]
    path = cache / f"{key}.npz"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        load = partial(_utterances_of, front_end=front_end, noises=noises, variants=variants)
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            found = list(tqdm(pool.map(load, range(len(clips)), clips, chunksize=16), "features", len(clips)))
        _store(path, found)
    return _stored(path, clips, variants)


def _store(path: Path, found: Iterable[list[list[Utterance]]]) -> None:
    rows = [(i, v, u) for i, of_clip in enumerate(found) for v, made in enumerate(of_clip) for u in made]
    temporary = path.with_suffix(".tmp.npz")  # renamed when whole, so that a killed run leaves nothing half-written
    np.savez(
        temporary,
        clip=np.array([i for i, _, _ in rows]),
        variant=np.array([v for _, v, _ in rows]),
        frames=np.array([len(u.cepstra) for _, _, u in rows]),
        cepstra=np.concatenate([u.cepstra for _, _, u in rows]),
        speech=np.concatenate([u.speech for _, _, u in rows]),
    )
    temporary.replace(path)


def _stored(path: Path, clips: Sequence[Clip], variants: int) -> list[list[Utterance]]:
    result: list[list[Utterance]] = [[] for _ in range(variants + 1)]
    with np.load(path) as stored:
        ends = np.cumsum(stored["frames"])[:-1]
        cepstra, speech = np.split(stored["cepstra"], ends), np.split(stored["speech"], ends)
        for clip, variant, c, s in zip(stored["clip"], stored["variant"], cepstra, speech, strict=True):
            result[variant].append(Utterance(clips[clip], c, s))
    return result


def _utterances_of(
    index: int, clip: Clip, front_end: FrontEndParameters, noises: Sequence[Clip], variants: int
) -> list[list[Utterance]]:
    recorded = read_samples(clip.path)
    result = []
    for variant in range(variants + 1):
        rng = np.random.default_rng([variant, index])
        samples = recorded
        if variant:
            samples = augment.augment(samples, _noise_of(noises[rng.integers(len(noises))].path), rng)
        result.append(_cut_and_analyze(augment.in_a_room(samples, rng), clip, front_end))
    return result


def _cut_and_analyze(samples: Int16, clip: Clip, front_end: FrontEndParameters) -> list[Utterance]:
    segments = [part.samples for part in gate.cut(samples)]
    longest = max(map(len, segments), default=0)
    mfcc_of = _mfcc(front_end)
    result = []
    for segment in segments:
        if len(segment) < longest and len(segment) < _SHORTEST * front_end.rate:
            continue
        mfcc_of.reset()
        raw = mfcc_of.process(segment)
        if not len(raw):
            continue
        mean = CepstralMean(front_end.coefficients, front_end.settle)
        cepstra = np.concatenate((mean.process(raw), mean.finish())).astype(np.int32)
        result.append(Utterance(clip, cepstra, _speech_frames(raw, clip, front_end)))
    return result


@cache_of_process
def _mfcc(front_end: FrontEndParameters) -> Mfcc:
    return Mfcc(front_end)


@cache_of_process
def _noise_of(path: Path) -> Int16:
    return read_samples(path)


def _speech_frames(raw: npt.NDArray[np.int32], clip: Clip, front_end: FrontEndParameters) -> npt.NDArray[np.bool_]:
    if clip.label is None:
        return np.zeros(len(raw), np.bool_)
    # c0 is the mean log2 energy times the root of the number of bands
    energy = raw[:, 0] / (2.0**mfcc.CEPSTRA_FRACTION_BITS * np.sqrt(front_end.bands))
    return np.asarray(energy > np.percentile(energy, 95) - _SPEECH_RANGE)
