"""Cuts recordings into utterances and computes their features as the device does: speech gate, integer front end."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache as cache_of_process
from pathlib import Path
from typing import Final

import numpy as np

from edge_ser.audio import Samples
from edge_ser.errors import EdgeSerError
from edge_ser.features.fixed_point import LOG2_FRACTION_BITS
from edge_ser.features.log_mel import LogMel
from edge_ser.features.mfcc import Mfcc
from edge_ser.features.parameters import FrontEndParameters
from edge_ser.recognition import gate
from edge_ser.sources.recording import read_samples
from training.augmentation import reverb
from training.augmentation.voice import augment, pad_with_room_noise
from training.corpora import Clip
from training.settings import AugmentSettings
from training.support.arrays import Cepstra, ImpulseResponses, LogMelBands, SpeechFrames

FRONT_END: Final = FrontEndParameters()
"""The front end of every training run; a run adds the gains computed from its training speakers."""

_SHORTEST: Final = 0.6  # s; a shorter utterance of a longer clip too rarely carries the clip's emotion
_SPEECH_RANGE: Final = 10.0  # log2 units, 30 dB: frames further below the loud ones count as pauses


@dataclass(frozen=True)
class Utterance:
    """An utterance with its features.

    Attributes:
        clip: The recording that it is part of.
        cepstra: Shape ``(frames, coefficients)``, int32, Q12: normalized, not yet scaled to int8 by the gains.
        speech: Shape ``(frames,)``, bool: which frames hold speech.
    """

    clip: Clip
    cepstra: Cepstra
    speech: SpeechFrames


@dataclass(frozen=True)
class ClipFeatures:
    """The features of one recording.

    Attributes:
        utterances: Empty if the gate found no speech.
        failure: Why the recording cannot be read; empty if it can.
    """

    utterances: list[Utterance]
    failure: str = ""


@dataclass(frozen=True)
class CopySpec:
    """How one copy of a corpus is made; it is sent to every worker process.

    Attributes:
        copy: Number of the copy; 0 is the recordings themselves, without augmentation.
        settings: Probabilities of the changes; copy 0 does not use them.
        noises: Recordings to mix in, all from the training part of the split.
        impulse_responses: Folder that caches the simulated impulse responses.
    """

    copy: int
    settings: AugmentSettings
    noises: tuple[Path, ...]
    impulse_responses: Path


def extract(clip: Clip, digest: str, spec: CopySpec) -> ClipFeatures:
    """Read a recording, augment it, and compute the features of its utterances.

    Args:
        clip: The recording.
        digest: Hash of the recording's content.  It seeds the augmentation, which thus does not depend on other clips.
        spec: Which copy to make.
    """
    try:
        samples = read_samples(clip.path)
    except EdgeSerError as error:
        return ClipFeatures([], str(error).removeprefix(f"{clip.path}: "))
    rng = np.random.default_rng([spec.copy, *digest.encode()])
    if spec.copy:
        responses = _responses(spec.impulse_responses) if spec.settings.room else []
        noise = _noise_of(spec.noises[rng.integers(len(spec.noises))]) if spec.noises else None
        samples = augment(samples, spec.settings, noise, responses, rng)
    return ClipFeatures(extract_utterances(pad_with_room_noise(samples, rng), clip))


def extract_utterances(samples: Samples, clip: Clip) -> list[Utterance]:
    """Cut audio into utterances with the speech gate and compute their features.

    Args:
        samples: Shape ``(n,)``, int16, 16 kHz: the recording, augmented or not.
        clip: The recording that they come from; in one without a label, a noise, no frame counts as speech.
    """
    segments = [part.samples for part in gate.cut(samples)]
    longest = max(map(len, segments), default=0)
    stream = _log_mel()
    result = []
    for segment in segments:
        if len(segment) < longest and len(segment) < _SHORTEST * FRONT_END.rate:
            continue
        stream.reset()
        bands = stream.process(segment)
        if not len(bands):
            continue
        mfcc = Mfcc(FRONT_END)
        cepstra = np.concatenate((mfcc.process(bands), mfcc.finish())).astype(np.int32)
        speech = np.zeros(len(bands), np.bool_) if clip.label is None else _speech_frames(bands)
        result.append(Utterance(clip, cepstra, speech))
    return result


def _speech_frames(bands: LogMelBands) -> SpeechFrames:
    energy = bands.mean(axis=1) / 2.0**LOG2_FRACTION_BITS
    return np.asarray(energy > np.percentile(energy, 95) - _SPEECH_RANGE)


@cache_of_process
def _log_mel() -> LogMel:
    return LogMel(FRONT_END)


@cache_of_process
def _noise_of(path: Path) -> Samples:
    return read_samples(path)


@cache_of_process
def _responses(folder: Path) -> ImpulseResponses:
    return reverb.load(folder, reverb.TRAINING_COUNT, reverb.TRAINING_SEED)
