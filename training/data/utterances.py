"""What the device would hear in a recording: cut by the speech gate, through the integer front end."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache as cache_of_process
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from edge_ser.errors import EdgeSerError
from edge_ser.features.fixed_point import LOG2_FRACTION_BITS
from edge_ser.features.log_mel import LogMel
from edge_ser.features.mfcc import Mfcc
from edge_ser.features.parameters import FrontEndParameters
from edge_ser.recognition import gate
from edge_ser.sources.recording import read_samples
from training.augmentation import reverb
from training.augmentation.voice import augment, in_a_room
from training.corpora import Clip
from training.settings import AugmentSettings

Int16 = npt.NDArray[np.int16]

FRONT_END: Final = FrontEndParameters()
"""The front end of all trainings; a run adds the gains of its training speakers."""

_SHORTEST: Final = 0.6  # s; shorter utterances of a clip carry its label too rarely to learn from
_SPEECH_RANGE: Final = 10.0  # log2 units, 30 dB: frames further below the loud ones count as pauses


@dataclass(frozen=True)
class Features:
    """One utterance.

    Attributes:
        cepstra: Normalized, not yet scaled to int8: shape ``(frames, coefficients)``, int32, Q12.
        speech: Which frames hold speech, shape ``(frames,)``, bool.
    """

    cepstra: npt.NDArray[np.int32]
    speech: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Analysis:
    """What was found in a clip.

    Attributes:
        utterances: Empty where the gate heard no speech.
        failure: Why the clip cannot be read; empty where it can.
    """

    utterances: list[Features]
    failure: str = ""


@dataclass(frozen=True)
class Recipe:
    """How a variant of a corpus is made; it goes to every worker process.

    Attributes:
        variant: 0 for the recordings themselves, in a quiet room (:func:`training.augmentation.voice.in_a_room`).
        settings: What may happen to the others.
        noises: Recordings that are mixed in; they must come from the training part of the split.
        rooms: Folder where the impulse responses are kept.
    """

    variant: int
    settings: AugmentSettings
    noises: tuple[Path, ...]
    rooms: Path


def analyze(clip: Clip, digest: str, recipe: Recipe) -> Analysis:
    """Read a clip and make the features of its utterances.

    Args:
        clip: The recording.
        digest: Hash of its content, which seeds its augmentation, so that this does not depend on the other clips.
        recipe: What is done to it.
    """
    try:
        samples = read_samples(clip.path)
    except EdgeSerError as error:
        return Analysis([], str(error).removeprefix(f"{clip.path}: "))
    rng = np.random.default_rng([recipe.variant, *digest.encode()])
    if recipe.variant:
        responses = _responses(recipe.rooms) if recipe.settings.room else []
        noise = _noise_of(recipe.noises[rng.integers(len(recipe.noises))]) if recipe.noises else None
        samples = augment(samples, recipe.settings, noise, responses, rng)
    return Analysis(cut_and_analyze(in_a_room(samples, rng), clip.label is not None))


def cut_and_analyze(samples: Int16, is_voice: bool) -> list[Features]:
    """Cut a stream into utterances and make their features.

    Args:
        samples: Shape ``(n,)``, int16, 16 kHz.
        is_voice: Whether somebody speaks in it; else no frame counts as speech.
    """
    segments = [part.samples for part in gate.cut(samples)]
    longest = max(map(len, segments), default=0)
    stream = _log_mel()
    result = []
    for segment in segments:
        if len(segment) < longest and len(segment) < _SHORTEST * FRONT_END.rate:
            continue
        stream.reset()
        log_mel = stream.process(segment)
        if not len(log_mel):
            continue
        mfcc = Mfcc(FRONT_END)
        cepstra = np.concatenate((mfcc.process(log_mel), mfcc.finish())).astype(np.int32)
        result.append(Features(cepstra, _speech_frames(log_mel) if is_voice else np.zeros(len(log_mel), np.bool_)))
    return result


def _speech_frames(log_mel: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    energy = log_mel.mean(axis=1) / 2.0**LOG2_FRACTION_BITS
    return np.asarray(energy > np.percentile(energy, 95) - _SPEECH_RANGE)


@cache_of_process
def _log_mel() -> LogMel:
    return LogMel(FRONT_END)


@cache_of_process
def _noise_of(path: Path) -> Int16:
    return read_samples(path)


@cache_of_process
def _responses(folder: Path) -> list[npt.NDArray[np.float32]]:
    return reverb.load(folder, reverb.TRAINING_COUNT, reverb.TRAINING_SEED)
