"""Duplicate recordings are used once, and never divided by a split."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.training import voices
from tests.training.data.loading import left_out, loaded
from training.data import duplicates, protocols
from training.settings import ProtocolSettings

pytestmark = pytest.mark.usefixtures("work")


def test_foundof_one_speaker_are_used_once(mine: Path) -> None:
    for take in (1, 2):
        samples = voices.babble("angry/s2_0", 2.0)
        soundfile.write(mine / "angry" / f"s2_{take}.wav", (samples * 0.8**take).astype(np.int16), voices.RATE)
    voices.record(mine / "angry" / "s2_0.wav", "angry/s2_0", 2.0)
    dataset = loaded(mine.parent)
    assert left_out(dataset) == dict.fromkeys(["angry/s2_1.wav", "angry/s2_2.wav"], "duplicate of another recording")
    assert len(dataset.skipped) == 2, "each is counted only once"
    assert len(dataset.evaluated) == 12
    assert dataset.groups == {f"mine/s{n}": f"mine/s{n}" for n in range(6)}


def test_foundwith_different_labels_are_not_used(mine: Path) -> None:
    shutil.copy(mine / "angry" / "s2_0.wav", mine / "sad" / "s2_1.wav")
    dataset = loaded(mine.parent)
    assert left_out(dataset) == dict.fromkeys(
        ["angry/s2_0.wav", "sad/s2_1.wav"], "duplicate of a recording with a different label"
    )
    assert len(dataset.evaluated) == 11


@pytest.mark.parametrize("protocol", ["holdout", "kfold", "loso"])
def test_speakers_who_share_a_recording_stay_together(mine: Path, protocol: str) -> None:
    samples = voices.babble("shared", 2.0)
    voices.record(mine / "angry" / "s1_1.wav", "shared", 2.0)
    soundfile.write(mine / "angry" / "s4_1.flac", (samples[1_000:] * 0.3).astype(np.int16), voices.RATE)
    reported: list[str] = []
    dataset = loaded(mine.parent, reported=reported)
    assert len(dataset.evaluated) == 14
    assert dataset.groups == {f"mine/s{n}": f"mine/s{n if n != 4 else 1}" for n in range(6)}
    assert reported == dataset.warnings
    assert reported == [
        "1 duplicate recording under the names of different speakers, for example s1_1.wav and s4_1.flac; "
        "every split keeps these speakers together"
    ]
    for seed in range(5):
        settings = ProtocolSettings(name=protocol, folds=4, seed=seed)
        for split in protocols.splits(dataset.evaluated, [], dataset.groups, settings):
            for part in (split.train, split.validation, split.test):
                assert {clip.speaker for clip in part} & {"mine/s1", "mine/s4"} in (set(), {"mine/s1", "mine/s4"})


def test_speakers_of_different_corpora_are_linked(mine: Path) -> None:
    voices.corpus(mine.parent / "yours")
    for folder, name in (("mine", "s0_7.wav"), ("yours", "s5_7.wav")):
        voices.record(mine.parent / folder / "sad" / name, "shared", 2.0)
    dataset = loaded(mine.parent, learn_from=["yours"])
    assert dataset.groups["yours/s5"] == dataset.groups["mine/s0"] == "mine/s0"


DUPLICATES = {
    ("1020_IEO_ANG_LO", "1020_IEO_ANG_MD"),
    ("1028_IEO_HAP_LO", "1028_IEO_HAP_MD"),
    ("1045_ITH_DIS_XX", "1045_IWL_DIS_XX"),
    ("1056_MTI_ANG_XX", "1056_TAI_ANG_XX"),
}
"""Recordings that CREMA-D contains twice with the same label."""


def test_foundin_crema_d_are_skipped(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "crema-d"
    folder.mkdir(parents=True)
    for actor in (1017, 1020, 1028, 1045, 1056):
        for path in (data / "crema-d").glob(f"{actor}_*"):
            (folder / path.name).symlink_to(path)
    dataset = loaded(folder.parent, "crema-d")
    reasons = {skip.path.stem: skip.reason for skip in dataset.skipped}
    both = "duplicate of a recording with a different label"
    assert {name for name, reason in reasons.items() if reason == both} == {"1017_IWL_ANG_XX", "1017_IWL_FEA_XX"}
    found = {name for name, reason in reasons.items() if reason == "duplicate of another recording"}
    assert len(found) == len(DUPLICATES) and all(len(found & {*pair}) == 1 for pair in DUPLICATES)
    assert len(reasons) == 6
    assert dataset.groups == {speaker: speaker for speaker in {clip.speaker for clip in dataset.evaluated}}
    used = dataset.utterances(dataset.evaluated)
    assert len(used) > 390
    assert duplicates.near_duplicates([u.cepstra for u in used]) == [], "no duplicate is left"
