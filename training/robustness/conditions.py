"""What happens to voices in real life, and is done to recordings here: noise, levels, rooms, cheap microphones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache as cache_of_process
from pathlib import Path
from typing import Final

import numpy as np
from scipy.signal import fftconvolve

from edge_ser.audio import SAMPLE_RATE, Samples
from edge_ser.sources.recording import read_samples
from training.augmentation import reverb
from training.augmentation.voice import add_noise, band, pad_with_room_noise, to_int16
from training.corpora import Clip
from training.data.utterances import ClipFeatures, extract_utterances
from training.support.arrays import ImpulseResponses, Waveform

ROOMS: Final = 50  # held-out ones: computed within a second
_BAND: Final = (200.0, 4_000.0)  # Hz, of the cheap microphone
_FRAME: Final = SAMPLE_RATE // 50  # samples, 20 ms: the voice's power is measured over the frames that hold speech
_SPEAKS: Final = 10.0**-2  # of the power of the loud frames, 20 dB below them: from there on a frame holds speech


@dataclass(frozen=True)
class Condition:
    """What happens between a mouth and the model.

    Attributes:
        name: For tables and files.
        snr: Level of the voice above a noise, dB; the noise lasts from the first sample to the last, and ``None`` is
            none.
        gain: Of the microphone, dB, for everything it picks up; what is beyond full scale is clipped.
        room: Whether the voice sounds in a room.
        cheap: Whether the microphone is a cheap one, with a narrow band.
    """

    name: str
    snr: float | None = None
    gain: float = 0.0
    room: bool = False
    cheap: bool = False


CLEAN: Final = Condition("clean")
CONDITIONS: Final = (
    CLEAN,
    Condition("noise 10 dB", snr=10.0),
    *(Condition(f"gain {gain:+g} dB", gain=gain) for gain in (-24.0, -12.0, 6.0, 12.0)),
    Condition("room", room=True),
    Condition("room, cheap microphone", room=True, cheap=True),
)


@dataclass(frozen=True)
class AcousticScene:
    """What the conditions use; every worker process gets it.

    Attributes:
        noises: Recordings that no training uses.
        impulse_responses: Folder that caches the simulated impulse responses.
    """

    noises: tuple[Path, ...]
    impulse_responses: Path


def extract_in(clip: Clip, digest: str, condition: Condition, scene: AcousticScene) -> ClipFeatures:
    """Read a clip, apply a condition to it, and compute the features of its utterances.

    Args:
        clip: The recording.
        digest: Hash of its content, the seed of all random numbers.
        condition: What happens.
        scene: Noises and rooms.
    """
    responses = _responses(scene.impulse_responses) if condition.room else []
    rng = np.random.default_rng([1, *digest.encode()])
    noise = _noise_of(scene.noises[int(rng.integers(len(scene.noises)))])
    return ClipFeatures(extract_utterances(change(read_samples(clip.path), digest, condition, noise, responses), clip))


def change(samples: Samples, digest: str, condition: Condition, noise: Samples, responses: ImpulseResponses) -> Samples:
    """Return what the microphone picks up: the voice in its room, with half a second of the room around it.

    Args:
        samples: The voice, shape ``(n,)``, int16, 16 kHz.
        digest: Hash of the recording's content, the seed of all random numbers: every condition has the quiet room of
            the clean voice in :func:`training.data.utterances.extract`, and both conditions with a room have the same
            one.
        condition: What happens.
        noise: Added if the condition has noise, shape ``(k,)``, int16.
        responses: Impulse responses of rooms, if the condition has a room.
    """
    rng = np.random.default_rng([2, *digest.encode()])
    voice = samples.astype(np.float64)
    if condition.room:
        voice = fftconvolve(voice, responses[int(rng.integers(len(responses)))])
    heard = pad_with_room_noise(to_int16(voice), np.random.default_rng([0, *digest.encode()])).astype(np.float64)
    if condition.snr is not None:
        heard = add_noise(heard, noise, condition.snr, speech_power(voice), rng)
    if condition.cheap:
        heard = band(heard, *_BAND)
    return to_int16(heard * 10.0 ** (condition.gain / 20))


def speech_power(voice: Waveform) -> float:
    """Return the mean square of a voice over the frames of 20 ms that are within 20 dB of the loud ones.

    Args:
        voice: Shape ``(n,)``, float64; an incomplete last frame is left out.
    """
    frames = voice[: len(voice) // _FRAME * _FRAME].reshape(-1, _FRAME)
    power = (frames**2).mean(axis=1) if len(frames) else np.array([(voice**2).mean()])
    return float(power[power >= np.percentile(power, 95) * _SPEAKS].mean())


@cache_of_process
def _noise_of(path: Path) -> Samples:
    return read_samples(path)


@cache_of_process
def _responses(folder: Path) -> ImpulseResponses:
    return reverb.load(folder, ROOMS, reverb.HELD_OUT_SEED)
