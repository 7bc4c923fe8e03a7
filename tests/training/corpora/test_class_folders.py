"""A folder with a folder for each class is a corpus."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.training import made_up
from training.corpora import read, skips, warnings


def test_class_folders(tmp_path: Path) -> None:
    folder = made_up.tree(tmp_path / "mine", ["angry/anna/1.wav", "Happy/bob_1.wav", "sad/carl-2-x.wav", "neu/4.wav"])
    made_up.tree(folder, ["angrey/anna/1.wav", "qqq/1.wav", "5.wav"])
    (folder / "angry/anna/again").mkdir()
    shutil.copy(folder / "angry/anna/1.wav", folder / "angry/anna/again/1.wav")
    found = read(tmp_path, "mine")
    assert [(clip.corpus, clip.speaker, clip.label) for clip in found.clips] == [
        ("mine", "mine/bob", "happiness"),
        ("mine", "mine/anna", "anger"),
        ("mine", "mine/all", "neutral"),
        ("mine", "mine/carl", "sadness"),
    ]
    assert set(skips(found)) == {
        "outside the class folders",
        "unsupported class folder 'angrey' (nearest: angry)",
        "unsupported class folder 'qqq'",
        "duplicate of another file",
    }
    assert len(warnings(found, "mine")) == 3
