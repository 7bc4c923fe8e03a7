"""How a finished model stands what happens to voices in real life: noise, distance, level, rooms, cheap microphones.

All is said of people whom the model never heard, with noises of the test part and in rooms that no training has used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from functools import cache as cache_of_process
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.signal import fftconvolve

from edge_ser.audio import SAMPLE_RATE
from edge_ser.errors import EdgeSerError
from edge_ser.model.bundle import Bundle
from edge_ser.model.interpreter import choose_interpreter
from edge_ser.sources.recording import read_samples
from training.augmentation import reverb
from training.augmentation.voice import add_noise, band, pad_with_room_noise, to_int16
from training.corpora import Clip
from training.data import cache, corpus_features
from training.data.dataset import Dataset
from training.data.protocols import noise_split
from training.data.utterances import ClipFeatures, extract_utterances
from training.experiment.evaluate import unheard
from training.experiment.fold import BACKEND
from training.robustness import non_speech, steadiness
from training.scoring import metrics, predict
from training.scoring.predictions import NO_SPEECH, Outputs
from training.support import progress
from training.support.arrays import ImpulseResponses

Int16 = npt.NDArray[np.int16]

PARTS: Final = ("conditions", "non-speech", "steady")

_ROOMS: Final = 50  # held-out ones: made within a second
_BAND: Final = (200.0, 4_000.0)  # Hz, of the cheap microphone
_FRAME: Final = SAMPLE_RATE // 50  # samples, 20 ms: the voice's power is measured over the frames that hold speech
_SPEAKS: Final = 10.0**-2  # of the power of the loud frames, 20 dB below them: from where a frame holds speech


@dataclass(frozen=True)
class Condition:
    """What happens between a mouth and the model.

    Attributes:
        name: For tables and files.
        snr: A noise from the first sample to the last, so many dB below the voice where it speaks; ``None`` for none.
        gain: Of the microphone, dB, for all that it hears; what is beyond full scale is clipped.
        room: Whether the voice sounds in a room.
        cheap: Whether the microphone is a cheap one, of a narrow band.
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
class Surroundings:
    """What the conditions are made with; it goes to every worker process.

    Attributes:
        noises: Recordings that no training has heard.
        rooms: Folder where the impulse responses are kept.
    """

    noises: tuple[Path, ...]
    rooms: Path


def measure(bundle: Bundle, dataset: Dataset, folder: Path, jobs: int, parts: Sequence[str] = PARTS) -> dict[str, Any]:
    """Return how a finished model stands real life.

    Args:
        bundle: The model; its card names those that it learned from.
        dataset: The recordings, their labels narrowed to those that the model knows, and noises.
        folder: Folder of the cache.
        jobs: Processes that make features.
        parts: Which of :data:`PARTS`.

    Raises:
        EdgeSerError: the model learned from all of these speakers, or there is no noise to test with.
    """
    clips, left_out, warnings = unheard(bundle, dataset)
    noises = tuple(clip.path for clip in noise_split(dataset.noise).test)
    if not noises:
        raise EdgeSerError(
            f"no noises to test with: of {len(dataset.noise)} recordings in the folder noise none is of the test part; "
            "put the noise corpus there (python -m training corpora)"
        )
    backend = choose_interpreter(BACKEND)
    measures: dict[str, Callable[[], dict[str, Any]]] = {
        "conditions": lambda: _conditions(
            bundle, dataset, clips, Surroundings(noises, folder / "impulse-responses"), folder, jobs
        ),
        "non-speech": lambda: non_speech.measure(noises, bundle, backend),
        "steady": lambda: steadiness.measure(clips, dataset.labels, bundle, backend),
    }
    return {
        "model_sha256": bundle.sha256,
        "corpora": sorted({clip.corpus for clip in clips}),
        "labels": list(dataset.labels),
        "data": {
            "fingerprint": dataset.fingerprint,
            "clips": len(clips),
            "speakers": sorted({clip.speaker for clip in clips}),
            "noises": len(noises),
            "skipped": dataset.reasons,
            "warnings": warnings,
            "speakers_it_learned_from": left_out,
        },
        **{part.replace("-", "_"): measures[part]() for part in PARTS if part in parts},
    }


def _conditions(
    bundle: Bundle, dataset: Dataset, clips: Sequence[Clip], surroundings: Surroundings, folder: Path, jobs: int
) -> dict[str, Any]:
    steps = predict.model_steps(bundle, choose_interpreter(BACKEND))
    entries = _features(clips, surroundings, folder, jobs)
    result: dict[str, Any] = {}
    for condition in progress.bar(CONDITIONS, "conditions", len(CONDITIONS), "condition"):
        utterances = dataset.utterances(clips) if condition == CLEAN else entries[condition].read(clips)
        gains, temperature = bundle.front_end.gains, bundle.decision.temperature
        said = predict.outputs(clips, utterances, gains, bundle.labels, steps, temperature).over(dataset.labels)
        result[condition.name] = _figures(said, result.get(CLEAN.name))
    return result


def _figures(said: Outputs, clean: dict[str, Any] | None) -> dict[str, Any]:
    """Return the UAR over all clips and of each corpus, 0 to 1, and how far it is from that of clean voices, points."""
    corpora = np.array(said.corpora, np.str_)
    figures: dict[str, Any] = _uar(said, clean)
    figures["per_corpus"] = {
        str(name): _uar(said.where(corpora == name), clean and clean["per_corpus"][name]) for name in np.unique(corpora)
    }
    return figures


def _uar(said: Outputs, clean: dict[str, Any] | None) -> dict[str, Any]:
    uar = round(metrics.uar(said.said, said.targets), 4)
    difference = 0.0 if clean is None else round(100 * (uar - clean["uar"]), 2)
    return {"uar": uar, "difference": difference, "no_speech": int((said.said == NO_SPEECH).sum())}


def _features(
    clips: Sequence[Clip], surroundings: Surroundings, folder: Path, jobs: int
) -> dict[Condition, cache.Entry]:
    """Make what is missing of the features of all conditions but the first, for any model with the same speakers."""
    digests = corpus_features.digests(clips)
    code = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    noises = [cache.digest(path) for path in surroundings.noises]
    entries = {
        condition: cache.entry(folder, f"robustness-{place}", 0, digests, (astuple(condition), noises, code))
        for place, condition in enumerate(CONDITIONS)
        if condition != CLEAN
    }
    if not all(entry.complete for entry in entries.values()):
        reverb.load(surroundings.rooms, _ROOMS, reverb.HELD_OUT_SEED)  # made once, not in each process
    for condition, entry in entries.items():
        work = partial(hear, condition=condition, surroundings=surroundings)
        corpus_features.fill(entry, work, clips, digests, f"features: {condition.name}", jobs)
    return entries


def hear(clip: Clip, digest: str, condition: Condition, surroundings: Surroundings) -> ClipFeatures:
    """Read a clip, let a condition happen to it and make the features of its utterances.

    Args:
        clip: The recording.
        digest: Hash of its content, which seeds all chance.
        condition: What happens.
        surroundings: What it is made with.
    """
    responses = _responses(surroundings.rooms) if condition.room else []
    rng = np.random.default_rng([1, *digest.encode()])
    noise = _noise_of(surroundings.noises[int(rng.integers(len(surroundings.noises)))])
    return ClipFeatures(extract_utterances(change(read_samples(clip.path), digest, condition, noise, responses), clip))


def change(samples: Int16, digest: str, condition: Condition, noise: Int16, responses: ImpulseResponses) -> Int16:
    """Return what the microphone hands on: the voice in its room, half a second of which is heard around it.

    Args:
        samples: The voice, shape ``(n,)``, int16, 16 kHz.
        digest: Hash of the recording's content.  It seeds all chance, so that each condition has the same quiet room
            as the clean voice has in :func:`training.data.utterances.extract`, and both conditions with a room the
            same one.
        condition: What happens.
        noise: Mixed in where the condition says so, shape ``(k,)``, int16.
        responses: Of rooms, for conditions with one.
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


def speech_power(voice: npt.NDArray[np.float64]) -> float:
    """Return the mean square of a voice where it speaks: over the frames of 20 ms that are within 20 dB of loud ones.

    Args:
        voice: Shape ``(n,)``; a rest shorter than a frame is left out.
    """
    frames = voice[: len(voice) // _FRAME * _FRAME].reshape(-1, _FRAME)
    power = (frames**2).mean(axis=1) if len(frames) else np.array([(voice**2).mean()])
    return float(power[power >= np.percentile(power, 95) * _SPEAKS].mean())


@cache_of_process
def _noise_of(path: Path) -> Int16:
    return read_samples(path)


@cache_of_process
def _responses(folder: Path) -> ImpulseResponses:
    return reverb.load(folder, _ROOMS, reverb.HELD_OUT_SEED)
