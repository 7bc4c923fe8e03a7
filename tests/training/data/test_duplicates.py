"""Duplicates of a recording are found, other speakers of the same sentence are not, and sharers form groups."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from scipy.signal import resample_poly

from edge_ser.features.log_mel import LogMel
from edge_ser.features.mfcc import Mfcc
from edge_ser.features.parameters import FrontEndParameters
from edge_ser.sources.recording import read_samples
from training.data.duplicates import groups, near_duplicates

Int16 = npt.NDArray[np.int16]
FRONT_END = FrontEndParameters()


def cepstra_of(samples: Int16) -> npt.NDArray[np.int32]:
    return normalized(LogMel(FRONT_END).process(samples))


def normalized(log_mel: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    mfcc = Mfcc(FRONT_END)
    return np.concatenate((mfcc.process(log_mel), mfcc.finish())).astype(np.int32)


def int16(samples: npt.NDArray[np.float64]) -> Int16:
    return np.clip(np.round(samples), -32_768, 32_767).astype(np.int16)


def encoded(samples: Int16) -> Int16:
    file = io.BytesIO()
    soundfile.write(file, samples, 16_000, format="OGG", subtype="VORBIS")
    file.seek(0)
    return np.asarray(soundfile.read(file, dtype="int16")[0])


def noisy(samples: Int16) -> Int16:
    noise = np.random.default_rng(1).standard_normal(len(samples))
    return int16(samples + noise * samples.astype(float).std() * 10 ** (-35 / 20))


DUPLICATES: dict[str, Callable[[Int16], Int16]] = {
    "encoded as Ogg Vorbis": encoded,
    "resampled to 8 kHz": lambda x: int16(resample_poly(resample_poly(x.astype(float), 1, 2), 2, 1)),
    "resampled to 11,025 Hz": lambda x: int16(resample_poly(resample_poly(x.astype(float), 441, 640), 640, 441)),
    "at -20 dB": lambda x: int16(x * 0.1),
    "with noise": noisy,
    "with silence around": lambda x: np.pad(x, 3_200),
    "trimmed": lambda x: x[3_200:-3_200],
}


@cache
def clips(data: Path) -> list[Path]:
    """Two sentences of CREMA-D by all its speakers, and one of EmoDB."""
    some = [*(data / "crema-d").glob("*_IEO_*.flac"), *(data / "crema-d").glob("*_DFA_NEU_*.flac")]
    some += (data / "emodb").glob("??a01*.flac")
    return random.Random(1).sample(sorted(some), 240)


@cache
def originals(data: Path) -> list[npt.NDArray[np.int32]]:
    return [cepstra_of(read_samples(path)) for path in clips(data)]


@pytest.mark.parametrize("kind", DUPLICATES)
def test_foundare_found(data: Path, kind: str) -> None:
    # Trimmed duplicates of shorter ones have too little speech to be compared.
    duplicated = [index for index, cepstra in enumerate(originals(data)) if len(cepstra) > 125][::10]
    assert len(duplicated) > 12
    duplicates = [cepstra_of(DUPLICATES[kind](read_samples(clips(data)[index]))) for index in duplicated]
    pairs = near_duplicates([*originals(data), *duplicates])
    assert [pair for pair in pairs if pair[1] >= 240] == [(index, 240 + n) for n, index in enumerate(duplicated)]


def test_different_speakers_of_a_sentence_are_not_duplicates(data: Path) -> None:
    def speaker(path: Path) -> str:
        return path.name[: 4 if path.parent.name == "crema-d" else 2]

    pairs = [(clips(data)[a], clips(data)[b]) for a, b in near_duplicates(originals(data))]
    assert len({speaker(path) for path in clips(data)}) > 60
    assert [(a.name, b.name) for a, b in pairs if speaker(a) != speaker(b)] == []


def test_a_duplicate_in_crema_d_is_found(data: Path) -> None:
    names = ("1017_IWL_ANG_XX", "1018_IWL_ANG_XX", "1017_IWL_FEA_XX")
    cepstra = [cepstra_of(read_samples(data / "crema-d" / f"{name}.flac")) for name in names]
    assert near_duplicates(cepstra) == [(0, 2)]


def made_up(seed: int, frames: int = 150) -> npt.NDArray[np.int32]:
    return np.random.default_rng(seed).normal(0, 4_096, (frames, 40)).astype(np.int32)


def test_foundin_different_blocks_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.data.duplicates._BLOCK", 4)
    cepstra = [made_up(seed) for seed in range(9)]
    cepstra[8] = cepstra[1]
    cepstra[6] = cepstra[5]
    assert sorted(near_duplicates(cepstra)) == [(1, 8), (5, 6)]


def test_the_start_of_a_recording_does_not_matter() -> None:
    spoken = (made_up(1) << 4) + (50 << 16)
    quiet = np.full((20, 40), 30 << 16, np.int32)
    assert near_duplicates([normalized(spoken), normalized(np.concatenate((quiet, spoken)))]) == [(0, 1)]


def test_silence_and_too_little_speech_are_in_no_pair() -> None:
    silence, short = np.zeros((100, 40), np.int32), made_up(1, 20)
    assert near_duplicates([silence, silence, short, short, short[:1], short[:1], short[:0]]) == []
    assert near_duplicates([]) == []


def test_speakers_who_share_recordings_are_one_group() -> None:
    speakers = ["b", "a", "c", "d", "e", "a"]
    assert groups(speakers, []) == {name: name for name in "abcde"}
    assert groups(speakers, [(1, 5)]) == {name: name for name in "abcde"}
    assert groups(speakers, [(2, 3), (4, 5), (0, 3)]) == {"a": "a", "b": "b", "c": "b", "d": "b", "e": "a"}
    assert groups(speakers, [(2, 3), (4, 5), (0, 3), (2, 4)]) == dict.fromkeys("abcde", "b")
