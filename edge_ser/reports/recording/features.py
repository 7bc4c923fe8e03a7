"""The features of a recording as the model receives them, by utterance, and classical descriptors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from edge_ser.audio import Samples
from edge_ser.features.front_end import FrontEnd
from edge_ser.features.parameters import WINDOW, FrontEndParameters
from edge_ser.recognition.gate import cut
from edge_ser.reports import plotting

Float: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True)
class UtteranceFeatures:
    """An utterance that the speech gate found in a recording.

    Attributes:
        start: Position of its first sample.
        samples: Shape ``(n,)``, int16, 16 kHz.
        features: Input of the model, shape ``(frames, coefficients)``, int8.
        descriptors: Classical descriptors by name, each of shape ``(frames,)``, float64, NaN where undefined.
    """

    start: int
    samples: Samples
    features: npt.NDArray[np.int8]
    descriptors: dict[str, Float]


def utterances(samples: Samples, parameters: FrontEndParameters, descriptors: bool = False) -> list[UtteranceFeatures]:
    """Return the utterances of a recording with the features that the model would receive.

    Args:
        samples: Shape ``(n,)``, int16, 16 kHz.
        parameters: Parameters of the model's front end, with gains.
        descriptors: Whether to compute the classical descriptors too.

    Raises:
        EdgeSerError: the libraries for the descriptors are not installed.
    """
    front_end = FrontEnd(parameters)
    found: list[UtteranceFeatures] = []
    for part in cut(samples):
        front_end.reset()
        features = np.concatenate((front_end.process(part.samples), front_end.finish()))
        more = describe(part.samples, len(features), parameters) if descriptors else {}
        found.append(UtteranceFeatures(part.start, part.samples, features, more))
    return found


def describe(samples: Samples, frames: int, parameters: FrontEndParameters) -> dict[str, Float]:
    """Return the classical descriptors of the front end's frames: spectral ones from librosa, the others from Praat.

    Args:
        samples: One utterance, shape ``(n,)``, int16.
        frames: Number of its frames.
        parameters: Rate and hop of the frames.

    Raises:
        EdgeSerError: librosa or parselmouth is not installed.
    """
    librosa, parselmouth = (
        plotting.require("librosa", "--descriptors"),
        plotting.require("parselmouth", "--descriptors"),
    )
    x = samples / 32_768.0
    grid: dict[str, Any] = {"hop_length": parameters.hop_samples, "center": False}
    if not frames:
        return {}
    magnitude = np.abs(librosa.stft(x, n_fft=WINDOW, **grid))
    change = np.diff(magnitude, axis=1, prepend=magnitude[:, :1])
    feature, rate = librosa.feature, parameters.rate
    found = {
        "energy_db": 20.0 * np.log10(feature.rms(y=x, frame_length=WINDOW, **grid)[0] + 1e-6),
        "zero_crossings": feature.zero_crossing_rate(x, frame_length=WINDOW, **grid)[0],
        "centroid_hz": feature.spectral_centroid(S=magnitude, sr=rate)[0],
        "rolloff_hz": feature.spectral_rolloff(S=magnitude, sr=rate)[0],
        "flux": np.sqrt(np.sum(change**2, axis=0)),
    }
    sound = parselmouth.Sound(x, rate)
    times = (np.arange(frames) * parameters.hop_samples + WINDOW / 2) / rate
    try:
        pitch = sound.to_pitch(time_step=parameters.hop_samples / rate)
        found["f0_hz"] = np.array([pitch.get_value_at_time(t) for t in times])
        formants = sound.to_formant_burg(time_step=parameters.hop_samples / rate)
        for number in (1, 2, 3):
            found[f"f{number}_hz"] = np.array([formants.get_value_at_time(number, t) for t in times])
    except parselmouth.PraatError:  # shorter than Praat's windows
        found |= {name: np.full(frames, np.nan) for name in ("f0_hz", "f1_hz", "f2_hz", "f3_hz")}
    return {name: np.asarray(values, np.float64)[:frames] for name, values in found.items()}
