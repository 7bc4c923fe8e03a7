"""A dataset has all usable recordings; those that are left out are listed with the reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from edge_ser.errors import InvalidSetting, NoRecordings
from edge_ser.sources.recording import read_samples
from tests.training import voices
from tests.training.data.loading import PLAIN, left_out, loaded, names_of
from training.augmentation import synthetic_noise
from training.data import protocols, synthetic_clips
from training.experiment import fold
from training.experiment.fold import Fold
from training.settings import NetworkSettings, ProtocolSettings, RunSettings

pytestmark = pytest.mark.usefixtures("work")


def test_all_recordings_of_a_corpus_are_used(mine: Path) -> None:
    reported: list[str] = []
    dataset = loaded(mine.parent, reported=reported)
    assert dataset.labels == ("anger", "sadness")
    assert len(dataset.evaluated) == 12
    assert (dataset.training_only, dataset.noise, dataset.skipped, dataset.warnings, reported) == ([], [], [], [], [])
    assert dataset.groups == {f"mine/s{n}": f"mine/s{n}" for n in range(6)}


def test_utterances_are_those_of_the_requested_clips(mine: Path) -> None:
    soundfile.write(mine / "sad" / "s1_0.wav", np.zeros(16_000), 16_000)
    augmentation = replace(PLAIN, copies=1, speed=1, tempo=0, pitch=0, room=0, noise=0, band=0, gain=0)
    dataset = loaded(mine.parent, augmentation=augmentation)
    some = [clip for clip in dataset.evaluated if clip.speaker in ("mine/s1", "mine/s4")]
    for copy in (0, 1):
        utterances = dataset.utterances(some, copy)
        assert names_of([u.clip for u in utterances]) == ["angry/s1_0.wav", "angry/s4_0.wav", "sad/s4_0.wav"]
        assert all(u.cepstra.shape == (len(u.speech), 40) and u.speech.any() for u in utterances)
    lengths = [[len(u.cepstra) for u in dataset.utterances(some, copy)] for copy in (0, 1)]
    assert lengths[0] != lengths[1]
    assert dataset.utterances([]) == []


def test_each_corpus_has_its_use(mine: Path) -> None:
    voices.corpus(mine.parent / "yours", speakers=3, labels=("happy", "sad", "angry"))
    for name in ("rain", "wind"):
        voices.record(mine.parent / "noise" / f"{name}.wav")
    dataset = loaded(mine.parent, learn_from=["yours"], noise="noise")
    assert {clip.corpus for clip in dataset.evaluated} == {"mine"}
    assert [clip.corpus for clip in dataset.training_only] == ["yours"] * 6
    assert [clip.path.name for clip in dataset.noise] == ["rain.wav", "wind.wav"]
    assert set(left_out(dataset).values()) == {"happiness is not a class of this run"}


def test_a_missing_noise_folder_is_reported(mine: Path) -> None:
    reported: list[str] = []
    assert loaded(mine.parent, noise="noise", reported=reported).warnings == reported
    assert reported == ["no folder noise of recordings without speech: training without noise"]


def test_a_model_is_evaluated_on_labels_that_it_knows(mine: Path) -> None:
    voices.corpus(mine, labels=("bored",))
    assert loaded(mine.parent).labels == ("anger", "sadness", "boredom")
    dataset = loaded(mine.parent, known_labels=("sadness", "neutral", "anger"))
    assert dataset.labels == ("anger", "sadness")
    assert Counter(left_out(dataset).values()) == {"boredom is not a class of this run": 6}


def test_cross_uses_labels_that_can_be_learned(mine: Path) -> None:
    voices.corpus(mine, labels=("bored",))
    voices.corpus(mine.parent / "yours", labels=("sad", "angry", "happy"))
    assert loaded(mine.parent, learn_from=["yours"], cross=True).labels == ("anger", "sadness")
    with pytest.raises(InvalidSetting, match="boredom is not available; available: anger, sadness"):
        loaded(mine.parent, learn_from=["yours"], cross=True, classes="anger,bored")


def test_unusable_recordings_are_listed_and_counted(mine: Path) -> None:
    whole = (mine / "angry" / "s0_0.wav").read_bytes()
    (mine / "angry" / "s0_0.wav").write_bytes(whole[:5_000])
    (mine / "sad" / "s0_0.wav").write_bytes(b"")
    (mine / "sad" / "s1_0.wav").write_text("no sound")
    voices.corpus(mine, speakers=1, labels=("happy",))
    reported: list[str] = []
    dataset = loaded(mine.parent, classes="anger,sadness", reported=reported)
    reasons = left_out(dataset)
    assert reasons.pop("angry/s0_0.wav").startswith("cut off, its header promises 38400 bytes of sound")
    assert reasons.pop("sad/s1_0.wav").startswith("Format not recognised")
    assert reasons == {"sad/s0_0.wav": "empty file", "happy/s0_0.wav": "happiness is not a class of this run"}
    assert len(dataset.evaluated) == 12 - 3
    assert reported == dataset.warnings
    assert reported[0] == "mine: skipped 1 file: empty file"
    assert reported[1].startswith("mine: skipped 2 unreadable recordings, for example s0_0.wav: cut off, ")
    assert len(reported) == 2
    assert not {u.clip.path for u in dataset.utterances(dataset.evaluated)} & {skip.path for skip in dataset.skipped}


def test_an_unreadable_corpus_is_refused(mine: Path) -> None:
    for path in mine.rglob("*.wav"):
        path.write_text("no sound")
    with pytest.raises(NoRecordings, match=r"no recording of mine can be read; the first is s0_0\.wav: "):
        loaded(mine.parent)


def test_noises_alone_cannot_be_evaluated(mine: Path) -> None:
    voices.record(mine.parent / "noise" / "rain.wav")
    with pytest.raises(InvalidSetting, match="at least two labels are needed; available: none"):
        loaded(mine.parent, "noise")


def test_the_same_recordings_may_not_be_named_twice(mine: Path) -> None:
    voices.record(mine.parent / "noise" / "rain.wav")
    for one, other in (("mine", "mine"), ("noise", "NOISES")):
        with pytest.raises(InvalidSetting, match=f"data: the corpora {one} and {other} contain the same recordings"):
            loaded(mine.parent, one, other)


def test_a_broken_noise_does_not_mix_test_noises_into_training(mine: Path, work: list[Any]) -> None:
    noises = [voices.record(mine.parent / "noise" / f"{n}.wav") for n in range(20)]
    noises[3].write_text("no sound")
    augmentation = replace(PLAIN, copies=1, speed=0, tempo=0, pitch=0, room=0, noise=1, band=0, gain=0)
    dataset = loaded(mine.parent, noise="noise", augmentation=augmentation)
    assert len(dataset.noise) == 19
    split = protocols.noise_split(dataset.noise)
    mixed_in = {path for function, *_ in work for path in function.keywords["spec"].noises}
    assert mixed_in == {clip.path for clip in split.train}


@pytest.mark.parametrize("family", ["svm", "decision_tree"])
def test_training_without_any_speech_is_refused(mine: Path, family: str) -> None:
    for path in mine.rglob("*.wav"):
        soundfile.write(path, np.zeros(16_000), 16_000)
    dataset = loaded(mine.parent)
    assert len(dataset.evaluated) == 12
    (split,) = protocols.splits(dataset.evaluated, [], dataset.groups, ProtocolSettings())
    one = Fold(mine.parent / "fold", RunSettings(network=NetworkSettings(family)), dataset, split)
    with pytest.raises(NoRecordings, match="speech of 0 labels was detected in the training recordings, two or more"):
        fold.train(one, lambda network, done: None)
    assert not one.is_trained


def test_the_fingerprint_covers_content_label_and_speaker(mine: Path) -> None:
    before = loaded(mine.parent).fingerprint
    assert loaded(mine.parent.rename(mine.parent.parent / "moved")).fingerprint == before
    mine.parent.parent.joinpath("moved").rename(mine.parent)

    def changed() -> str:
        dataset = loaded(mine.parent)
        assert len(dataset.evaluated) + len(dataset.skipped) >= 11
        return dataset.fingerprint

    seen = {before}
    (mine / "sad" / "s0_0.wav").rename(mine / "sad" / "s1_9.wav")  # another speaker
    seen.add(changed())
    (mine / "sad" / "s1_9.wav").rename(mine / "angry" / "s0_9.wav")  # another label
    seen.add(changed())
    (mine / "angry" / "s0_9.wav").rename(mine / "sad" / "s0_0.wav")
    assert changed() == before
    voices.record(mine / "sad" / "s0_0.wav", "another")
    seen.add(changed())
    (mine / "sad" / "s0_0.wav").unlink()
    seen.add(changed())
    assert len(seen) == 5


def test_synthetic_noises_complement_the_recorded_ones(mine: Path) -> None:
    voices.record(mine.parent / "noise" / "rain.wav")
    dataset = loaded(mine.parent, noise="noise", sounds=2)
    made = [clip for clip in dataset.noise if clip.corpus == synthetic_clips.CORPUS]
    assert len(made) == 2 * len(synthetic_noise.KINDS) == len(dataset.noise) - 1
    assert all(clip.label is None for clip in made)
    assert {len(read_samples(clip.path)) for clip in made} == {160_000}
    again = loaded(mine.parent, noise="noise", sounds=2)
    assert again.fingerprint == dataset.fingerprint


def test_without_recorded_noises_none_are_synthesized(mine: Path) -> None:
    assert loaded(mine.parent, sounds=2).noise == []
