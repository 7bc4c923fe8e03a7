"""Corpora are found by the names of their folders, or an error says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_ser.errors import InvalidSetting, NoRecordings
from tests.training import made_up
from tests.training.corpora.listings import manifest
from training.corpora import CORPORA, folder_of, others_in, read


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("CREMA-D", "crema-d"),
        ("cremad", "crema-d"),
        ("Crema", "crema-d"),
        ("Emo-DB", "emodb"),
        ("EMO_DB", "emodb"),
        ("RAVDESS", "ravdess"),
        ("audio_speech_actors_01-24", "ravdess"),
        ("nEMO", "nemo"),
        ("URDU-Dataset-master", "urdu"),
        ("Emotional Speech Dataset (ESD)", "esd"),
        ("IEMOCAP_full_release", "iemocap"),
        ("IEMOCAP_full_release_withoutVideos", "iemocap"),
    ],
)
def test_folder_by_alias(tmp_path: Path, folder: str, name: str) -> None:
    (tmp_path / folder).mkdir()
    assert folder_of(tmp_path, name) == tmp_path / folder
    assert [other for other in CORPORA if folder_of(tmp_path, other)] == [name]
    assert folder_of(tmp_path / folder, name) == tmp_path / folder


def test_the_exact_name_has_priority_and_files_do_not_count(tmp_path: Path) -> None:
    made_up.text(tmp_path / "emo-db", "a file")
    assert folder_of(tmp_path, "emodb") is None
    (tmp_path / "EMODB").mkdir()
    (tmp_path / "emodb").mkdir()
    assert folder_of(tmp_path, "emodb") == tmp_path / "emodb"
    assert folder_of(tmp_path / "missing", "emodb") is None


@pytest.mark.parametrize("name", CORPORA)
def test_the_error_about_a_missing_corpus_says_how_to_get_it(tmp_path: Path, name: str) -> None:
    with pytest.raises(NoRecordings) as caught:
        read(tmp_path, name)
    assert caught.value.exit_status == 26
    message = str(caught.value)
    assert message.startswith(f"no recordings of {name}: {tmp_path} has no folder {name}")
    assert CORPORA[name].get in message
    assert "\n" not in message
    (tmp_path / name).mkdir()
    with pytest.raises(NoRecordings, match=f"no recordings of {name} in .*contains no WAV, FLAC or Ogg file"):
        read(tmp_path, name)


@pytest.mark.parametrize(("wrong", "right"), [("cremma-d", "crema-d"), ("iemocp", "iemocap"), ("mime", "mine")])
def test_the_error_about_an_unknown_name_suggests_one(tmp_path: Path, wrong: str, right: str) -> None:
    made_up.tree(tmp_path / "mine", ["angry/a_1.wav"])
    with pytest.raises(InvalidSetting, match=f"unknown corpus '{wrong}' .did you mean {right}?.."):
        read(tmp_path, wrong)


def test_unregistered_corpora_are_found(tmp_path: Path) -> None:
    made_up.everything(tmp_path)
    made_up.tree(tmp_path / "mine", ["angry/a_1.wav"])
    made_up.tree(tmp_path / "music", ["jazz/a_1.wav"])
    manifest(tmp_path / "listed", "path,label,speaker", "a.wav,sad,1")
    made_up.text(tmp_path / "crema-d-actors.csv", "actor,age,sex")
    made_up.text(tmp_path / "study.csv", '"path","label","speaker"')
    assert others_in(tmp_path) == ["listed", "mine", "study.csv"]
    assert others_in(tmp_path / "ESD") == []
