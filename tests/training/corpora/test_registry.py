"""The registry of corpora: facts, labels, files that are skipped, and the real recordings."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.training import made_up
from tests.training.corpora.listings import facts, reasons
from training.corpora import CORPORA, folder_of, read, skips, warnings
from training.corpora.labels import LABELS


def test_every_corpus_has_known_labels_and_all_facts() -> None:
    for name, corpus in CORPORA.items():
        assert name == corpus.name
        assert set(corpus.labels.values()) <= set(LABELS)
        assert all((corpus.title, corpus.licence, corpus.get, corpus.left_out, corpus.citation))
    assert [name for name, corpus in CORPORA.items() if corpus.ships] == ["crema-d", "emodb", "noise"]


def test_no_two_corpora_have_the_same_name() -> None:
    names = [
        "".join(filter(str.isalnum, word.lower()))
        for corpus in CORPORA.values()
        for word in {corpus.name, *corpus.aliases}
    ]
    assert max(Counter(names).values()) == 1


def test_every_corpus_is_read_with_all_its_labels(tmp_path: Path) -> None:
    made_up.everything(tmp_path)
    for name, corpus in CORPORA.items():
        found = read(tmp_path, name)
        assert {clip.corpus for clip in found.clips} == {name}
        assert all(clip.speaker.startswith(f"{name}/") for clip in found.clips)
        assert {clip.label for clip in found.clips} - {None} == set(corpus.labels.values()) - (
            {"disgust", "fear"} if name == "iemocap" else set()
        )
        assert {clip.language for clip in found.clips} <= {*corpus.languages, ""}


@pytest.mark.parametrize("suffix", [".wav", ".WAV", ".flac", ".ogg", ".Flac"])
@pytest.mark.parametrize("name", CORPORA)
def test_any_suffix_and_any_depth(tmp_path: Path, name: str, suffix: str) -> None:
    made_up.everything(tmp_path)
    before = facts(read(tmp_path, name))
    folder = folder_of(tmp_path, name)
    assert folder
    for path in list(folder.rglob("*.*")):
        if path.suffix in (".wav", ".ogg"):
            path.rename(path.with_suffix(suffix))
    shutil.move(folder, tmp_path / "moved")
    folder.mkdir()
    shutil.move(tmp_path / "moved", folder / "archive")
    after = facts(read(tmp_path, name))
    assert after.keys() == before.keys()
    assert name == "noise" or after == before


def test_the_order_depends_only_on_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("one", "elsewhere/two"):
        made_up.everything(tmp_path / place)

    def names(place: str) -> list[str]:
        clips = [clip for name in CORPORA for clip in read(tmp_path / place, name).clips]
        return [clip.path.relative_to(tmp_path / place).as_posix() for clip in clips]

    first = names("one")
    walk = os.walk

    def backwards(*args: object, **kwargs: object):
        for parent, folders, files in walk(*args, **kwargs):
            folders.reverse()
            yield parent, folders, files[::-1]

    monkeypatch.setattr(os, "walk", backwards)
    assert names("elsewhere/two") == first


def test_other_files_are_ignored_and_unusable_ones_reported(tmp_path: Path) -> None:
    folder = made_up.tree(tmp_path / "emodb", ["wav/03a01Wa.wav", "wav/hello.wav", "wav/07a01Wa.wav"])
    made_up.text(folder / "erkennung.txt", "x")
    made_up.recording(folder / "__MACOSX/wav/._03a01Wa.wav")
    (folder / "wav/03a01Fa.wav").touch()
    made_up.text(folder / "wav/03a01Na.wav", "version https://git-lfs.github.com/spec/v1", "oid sha256:0", "size 9")
    found = read(tmp_path, "emodb")
    assert list(facts(found)) == ["03a01Wa"]
    assert reasons(found) == {
        "hello.wav": "unrecognized file name",
        "07a01Wa.wav": "unrecognized file name",
        "03a01Fa.wav": "empty file",
        "03a01Na.wav": "Git LFS pointer instead of the recording (run git lfs pull)",
    }
    assert skips(found)["unrecognized file name"] == 2
    assert warnings(found, "emodb") == [
        "emodb: found 1 of 535 clips; the corpus is incomplete",
        "emodb: skipped 2 files: unrecognized file name",
        "emodb: skipped 1 file: Git LFS pointer instead of the recording (run git lfs pull)",
        "emodb: skipped 1 file: empty file",
    ]


def test_folders_may_be_links(tmp_path: Path) -> None:
    made_up.tree(tmp_path / "disk/wav", ["03a01Wa.wav"])
    (tmp_path / "data/emodb").mkdir(parents=True)
    (tmp_path / "data/emodb/wav").symlink_to(tmp_path / "disk/wav")
    (tmp_path / "data/emodb/loop").symlink_to(tmp_path / "data/emodb")
    found = read(tmp_path / "data", "emodb")
    assert list(facts(found)) == ["03a01Wa"]
    assert not found.skipped


# Real recordings ------------------------------------------------------------------------------------------------------


def test_real_crema_d(data: Path) -> None:
    found = read(data, "crema-d")
    assert len(found.clips) == 4_895
    assert len({clip.speaker for clip in found.clips}) == 60
    assert {clip.label for clip in found.clips} == {"anger", "disgust", "fear", "happiness", "neutral", "sadness"}
    assert not found.skipped
    assert {clip.sex for clip in found.clips} == {"female", "male"}
    assert sum(bool(clip.votes) for clip in found.clips) == 4_894
    assert all(sum(share for _, share in clip.votes) == pytest.approx(1) for clip in found.clips if clip.votes)
    assert warnings(found, "crema-d") == ["crema-d: found 4895 of 7442 clips; the corpus is incomplete"]


def test_real_emodb(data: Path) -> None:
    found = read(data, "emodb")
    assert Counter(clip.label for clip in found.clips) == {
        "anger": 127,
        "boredom": 81,
        "disgust": 46,
        "fear": 69,
        "happiness": 71,
        "neutral": 79,
        "sadness": 62,
    }
    assert len({clip.speaker for clip in found.clips}) == 10
    assert len({clip.speaker for clip in found.clips if clip.sex == "female"}) == 5
    assert warnings(found, "emodb") == []


def test_real_noise(data: Path) -> None:
    found = read(data, "noise")
    assert len(found.clips) == 244
    assert {clip.label for clip in found.clips} == {None}
    takes = [clip.speaker for clip in found.clips if "esc10_baby_cry_1-22694" in clip.path.name]
    assert takes == ["noise/esc10_baby_cry_1-22694"] * 2
