"""Features are computed once, again when anything that they depend on changes, and stored completely or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile

from edge_ser.errors import OutputFailed
from edge_ser.features import parameters
from tests.training import voices
from tests.training.limits import little_room
from training import corpora
from training.corpora import Clip, CorpusListing
from training.data import cache, corpus_features
from training.data.cache import Entry
from training.data.corpus_features import CorpusFeatures
from training.data.utterances import ClipFeatures, Utterance
from training.settings import AugmentSettings

GAIN = AugmentSettings(1, speed=0, tempo=0, pitch=0, room=0, noise=0, band=0, gain=1)
"""One augmented copy, which is made quickly."""

CLIPS = 4


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A data folder with a corpus of two speakers, and noises."""
    voices.corpus(tmp_path / "data" / "mine", speakers=2)
    for name in ("rain", "wind"):
        voices.record(tmp_path / "data" / "noise" / f"{name}.wav")
    return tmp_path / "data"


def made(data: Path, augmentation: AugmentSettings = GAIN, jobs: int = 1, noise: bool = True) -> Any:
    """Return the features of the corpora; they are cached beside the data folder."""
    found = {name: corpora.read(data, name) for name in ("mine", *(["noise"] if noise else []))}
    folder = data.parent / "cache"
    return corpus_features.compute(found, "noise" if noise else "", augmentation, folder, jobs)


def contents(features: dict[str, CorpusFeatures]) -> dict[str, list[bytes]]:
    return {
        name: [path.read_bytes() for entry in corpus.entries for path in sorted(entry.folder.iterdir())]
        for name, corpus in features.items()
    }


# Hits and misses -----------------------------------------------------------------------------------------------------


def test_features_are_computed_once(mine: Path, work: list[Any]) -> None:
    first = made(mine)
    assert len(work) == 2 * (CLIPS + 2)
    assert contents(made(mine)) == contents(first)
    assert len(work) == 2 * (CLIPS + 2)
    assert all(len(list(first["mine"].utterances(copy))) == CLIPS for copy in (0, 1))


def test_moving_the_data_folder_keeps_the_cache(mine: Path, work: list[Any]) -> None:
    first = contents(made(mine))
    done = len(work)
    moved = mine.rename(mine.parent / "elsewhere")
    features = made(moved)
    assert len(work) == done
    assert contents(features) == first
    assert all(utterance.clip.path.is_relative_to(moved) for utterance in features["mine"].utterances())


def test_another_front_end_recomputes_everything(mine: Path, work: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    made(mine)
    monkeypatch.setattr(parameters, "VERSION", parameters.VERSION + 1)
    made(mine)
    assert len(work) == 2 * 2 * (CLIPS + 2)


def test_a_change_of_code_recomputes_everything(mine: Path, work: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    made(mine)
    module = mine.parent / "gate.py"
    module.write_text("# another gate\n")
    monkeypatch.setattr(cache, "_CODE", (*cache._CODE[:-1], SimpleNamespace(__file__=str(module))))
    made(mine)
    assert len(work) == 2 * 2 * (CLIPS + 2)


def test_a_changed_recording_recomputes_its_corpus(mine: Path, work: list[Any]) -> None:
    before = made(mine)
    done = len(work)
    voices.record(mine / "mine" / "sad" / "s1_0.wav", "another")
    after = made(mine)
    assert len(work) == done + 2 * CLIPS
    assert {clip.path.parent.name for _, clip, *_ in work[done:]} == {"angry", "sad"}
    pairs = zip(before["mine"].utterances(), after["mine"].utterances(), strict=True)
    same = [np.array_equal(a.cepstra, b.cepstra) for a, b in pairs]
    assert same == [True, True, True, False]


def test_another_augmentation_recomputes_only_the_copies(mine: Path, work: list[Any]) -> None:
    made(mine)
    done = len(work)
    made(mine, replace(GAIN, band=1))
    assert {function.keywords["spec"].copy for function, *_ in work[done:]} == {1}
    assert len(work) == done + CLIPS + 2


def test_more_copies_are_added_to_the_cached_ones(mine: Path, work: list[Any]) -> None:
    made(mine)
    done = len(work)
    made(mine, replace(GAIN, copies=3))
    assert [function.keywords["spec"].copy for function, *_ in work[done:]] == [*[2] * 4, *[3] * 4, 2, 2, 3, 3]


def test_other_noises_recompute_only_the_copies(mine: Path, work: list[Any]) -> None:
    made(mine)
    done = len(work)
    voices.record(mine / "noise" / "rain.wav", "another")
    voices.record(mine / "noise" / "wind.wav", "another still")
    made(mine)
    of_voices = [function for function, clip, _ in work[done:] if clip.label]
    assert {function.keywords["spec"].copy for function in of_voices} == {1}
    assert len(work) == done + CLIPS + 2 * 2


def test_voices_and_noises_have_separate_entries(mine: Path, work: list[Any], tmp_path: Path) -> None:
    found = corpora.read(mine, "mine")
    voiced = corpus_features.compute({"mine": found}, "", AugmentSettings(0), tmp_path / "cache", 1)
    without = CorpusListing([replace(clip, label=None) for clip in found.clips], [])
    silent = corpus_features.compute({"mine": without}, "", AugmentSettings(0), tmp_path / "cache", 1)
    assert len(work) == 2 * CLIPS
    assert all(utterance.speech.any() for utterance in voiced["mine"].utterances())
    assert not any(utterance.speech.any() for utterance in silent["mine"].utterances())
    relabelled = CorpusListing([replace(clip, label="fear") for clip in found.clips], [])
    corpus_features.compute({"mine": relabelled}, "", AugmentSettings(0), tmp_path / "cache", 1)
    assert len(work) == 2 * CLIPS, "the emotion of a voice does not matter"


def test_features_do_not_depend_on_the_number_of_processes(mine: Path) -> None:
    first = contents(made(mine, AugmentSettings(0), jobs=1, noise=False))
    shutil.rmtree(mine.parent / "cache")
    assert contents(made(mine, AugmentSettings(0), jobs=2, noise=False)) == first


# Unreadable recordings -----------------------------------------------------------------------------------------------


def test_failures_are_cached(mine: Path, work: list[Any]) -> None:
    angry = mine / "mine" / "angry" / "s0_0.wav"
    angry.write_bytes(angry.read_bytes()[:3_000])
    (mine / "mine" / "sad" / "s0_0.wav").write_text("no sound")
    soundfile.write(mine / "mine" / "sad" / "s1_0.wav", np.zeros(16_000), 16_000)
    for _ in range(2):
        features = made(mine)["mine"]
        failures = {path.relative_to(mine / "mine").as_posix(): why for path, why in features.failures().items()}
        assert sorted(failures) == ["angry/s0_0.wav", "sad/s0_0.wav"]
        assert failures["angry/s0_0.wav"].startswith("cut off")
        assert [utterance.clip.path.name for utterance in features.utterances()] == ["s1_0.wav"], (
            "silence has no utterance"
        )
    assert len(work) == 2 * (CLIPS + 2)


# Complete or not at all ----------------------------------------------------------------------------------------------


TALES = [Clip(Path(f"{number}.wav"), "tales", "tales/anna", "anger") for number in range(4)]


def utterance(number: int, frames: int) -> Utterance:
    rng = np.random.default_rng(frames)
    return Utterance(TALES[number], rng.integers(-9, 9, (frames, 40)).astype(np.int32), rng.random(frames) > 0.5)


def one_utterance(frames: int) -> ClipFeatures:
    return ClipFeatures([utterance(0, frames)])


def test_written_values_are_read_back(tmp_path: Path) -> None:
    entry = Entry(tmp_path / "cache" / "entry")
    two, one = [utterance(1, 3), utterance(1, 7)], [utterance(3, 5)]
    entry.write([ClipFeatures([]), ClipFeatures(two), ClipFeatures([], "broken"), ClipFeatures(one)])
    assert entry.complete
    for written, read in zip([*two, *one], entry.read(TALES), strict=True):
        assert read.clip is written.clip
        np.testing.assert_array_equal(read.cepstra, written.cepstra)
        np.testing.assert_array_equal(read.speech, written.speech)
        assert (read.cepstra.dtype, read.speech.dtype) == (np.int32, np.bool_)
    assert entry.failures() == {2: "broken"}


def test_a_corpus_without_any_speech_is_cached(tmp_path: Path) -> None:
    entry = Entry(tmp_path / "entry")
    entry.write([ClipFeatures([])] * 3)
    assert entry.read(TALES[:3]) == []


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError(5, "Input/output error")])
@pytest.mark.parametrize("after", range(4))
def test_an_interrupted_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: BaseException, after: int
) -> None:
    entry = Entry(tmp_path / "entry")
    save, saved = np.save, []

    def interrupted(path: Path, array: Any) -> None:
        assert not entry.complete
        if len(saved) == after:
            raise stop
        saved.append(path)
        save(path, array)

    monkeypatch.setattr(np, "save", interrupted)
    with pytest.raises(OutputFailed if isinstance(stop, OSError) else stop):  # type: ignore[arg-type]
        entry.write([one_utterance(5)])
    assert not entry.complete
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    entry.write([one_utterance(5)])
    assert entry.complete


def test_an_interrupted_analysis_leaves_nothing(tmp_path: Path) -> None:
    def interrupted() -> Iterator[ClipFeatures]:
        yield one_utterance(5)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Entry(tmp_path / "entry").write(interrupted())
    assert list(tmp_path.iterdir()) == []


def test_the_rest_of_a_killed_process_is_never_read(mine: Path, work: list[Any]) -> None:
    entry = made(mine, AugmentSettings(0))["mine"].entries[0]
    done = len(work)
    half = entry.folder.with_name(f".123-{entry.folder.name}")
    entry.folder.rename(half)
    (half / "speech.npy").unlink()
    assert made(mine, AugmentSettings(0))["mine"].entries[0].complete
    assert len(work) == done + CLIPS


def test_a_full_disk_leaves_nothing_and_is_reported(tmp_path: Path) -> None:
    entry = Entry(tmp_path / "entry")
    with little_room(50_000), pytest.raises(OutputFailed, match=r"cannot write .*/entry: the disk is full; free"):
        entry.write([one_utterance(1_000)])
    assert list(tmp_path.iterdir()) == []


def test_another_process_may_finish_first(tmp_path: Path) -> None:
    entry = Entry(tmp_path / "entry")

    def meanwhile() -> Iterator[ClipFeatures]:
        Entry(tmp_path / "entry").write([one_utterance(5)])
        yield one_utterance(5)

    entry.write(meanwhile())
    assert [path.name for path in tmp_path.iterdir()] == ["entry"]
    assert [utterance.clip for utterance in entry.read(TALES)] == [TALES[0]]
