"""A manifest is read completely, or refused with the line that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.errors import InvalidSetting, NoRecordings
from tests.training.corpora.listings import manifest, reasons
from training.corpora import read, skips
from training.corpora.labels import LABELS, label_of


def test_manifest_with_all_columns(tmp_path: Path) -> None:
    path = manifest(
        tmp_path / "mine",
        "\ufeffPath, label ,speaker,language,split,sex",
        "a.wav,angry,1,DE,train,female",
        '"sub/c.wav",Happiness,"2, the second",,test,',
        "",
        f"{tmp_path}/mine/b.wav,sad,1,en,,male",
        "d.wav,sad,3,en,validation,male",
    )
    found = read(tmp_path, "mine")
    assert [(clip.path.name, clip.speaker, clip.label, clip.sex, clip.language, clip.part) for clip in found.clips] == [
        ("a.wav", "mine/1", "anger", "female", "de", "train"),
        ("c.wav", "mine/2, the second", "happiness", None, "", "test"),
        ("b.wav", "mine/1", "sadness", "male", "en", None),
    ]
    assert reasons(found) == {"manifest.csv:6": "file not found"}
    assert read(tmp_path, str(path)) == found
    assert read(tmp_path, "mine/manifest.csv") == found


def test_manifest_skips_unknown_labels_and_repeated_lines(tmp_path: Path) -> None:
    lines = ["a.wav,angry,1", "./a.wav,anger,1", "b.wav,melancholic,2", "none.wav,sad,2"]
    path = manifest(tmp_path, "path,label,speaker", *lines, name="study.csv")
    found = read(tmp_path, str(path))
    assert [clip.speaker for clip in found.clips] == ["study/1"]
    assert skips(found) == {
        "file not found": 1,
        "unsupported label 'melancholic'": 1,
        "same path as an earlier line": 1,
    }


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["path,label", "a.wav,sad"], "1: the column speaker is missing"),
        (["path,lable,speaker", "a.wav,sad,1"], "1: unknown column 'lable' (did you mean label?)"),
        (["path,label,speaker,label", "a.wav,sad,1,sad"], "1: the column label appears twice"),
        ([], "1: the column path is missing"),
        (["path,label,speaker", "a.wav,sad,1", "b.wav,sad"], "3: 2 fields; 3 are needed"),
        (["path,label,speaker", "a.wav,sad,1,x"], "2: 4 fields; 3 are needed"),
        (["path,label,speaker", "a.wav,sad, "], "2: speaker is empty"),
        (["path,label,speaker", "a.wav,,1"], "2: label is empty"),
        (["path,label,speaker,split", "a.wav,sad,1,dev"], "2: split = dev: use train, validation, test"),
        (["path,label,speaker,sex", "a.wav,sad,1,w"], "2: sex = w: use female, male"),
        (["path,label,speaker", "a.wav,sad,1", "sub/../a.wav,angry,1"], "3: sub/../a.wav is labelled angry, but sad"),
        (["path,label,speaker", '"a.wav,sad,1'], "2: invalid CSV"),
    ],
)
def test_an_invalid_manifest_is_refused_with_file_and_line(tmp_path: Path, lines: list[str], message: str) -> None:
    path = manifest(tmp_path / "mine", *lines)
    with pytest.raises(InvalidSetting) as caught:
        read(tmp_path, "mine")
    assert str(caught.value).startswith(f"{path}:{message}")
    assert "\n" not in str(caught.value)


def test_a_missing_manifest_or_one_that_is_not_text(tmp_path: Path) -> None:
    with pytest.raises(NoRecordings, match="no such manifest in the current folder or in"):
        read(tmp_path, "none.csv")
    (tmp_path / "bad.csv").write_bytes(b"path,label,speaker\n\xff\xfe,sad,1\n")
    with pytest.raises(InvalidSetting, match=r"bad\.csv:\d: not UTF-8 text"):
        read(tmp_path, str(tmp_path / "bad.csv"))


FIELD = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8)


@given(rows=st.lists(st.tuples(st.sampled_from(["a", "b"]), FIELD | st.sampled_from(["sad", "angry"]), FIELD)))
def test_no_row_of_a_manifest_is_lost(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    quoted = [",".join('"' + field.replace('"', '""') + '"' for field in (f"{row[0]}.wav", *row[1:])) for row in rows]
    path = manifest(folder, "path,label,speaker", *quoted)
    try:
        found = read(folder, str(path))
    except InvalidSetting as error:
        assert "give each path one label" in str(error)
    except NoRecordings:
        assert not any(label_of(label) for _, label, _ in rows)
    else:
        assert len(found.clips) + len(found.skipped) == len(rows)
        assert all(clip.label in LABELS for clip in found.clips)
