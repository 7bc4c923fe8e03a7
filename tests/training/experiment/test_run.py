"""A run keeps its settings and its recordings."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from edge_ser.errors import EdgeSerError, InvalidSetting
from training.corpora import Clip, Skipped
from training.data.dataset import Dataset
from training.experiment import run
from training.settings import DataSettings, NetworkSettings, RunSettings, TrainingSettings
from training.support import records


def test_a_run_continues_only_with_its_own_settings(tmp_path: Path) -> None:
    settings = RunSettings(training=TrainingSettings(epochs=3))
    assert run.begin(tmp_path / "run", settings) == run.begin(tmp_path / "run", settings)
    assert run.reopen(tmp_path / "run").settings == settings
    (tmp_path / "run" / "record.json").touch()
    other = replace(settings, seed=2, training=TrainingSettings(epochs=4))
    with pytest.raises(InvalidSetting) as error:
        run.begin(tmp_path / "run", other)
    assert "holds a run with other settings (seed: 1, now 2; training.epochs: 3, now 4); choose another --run" in str(
        error.value
    )
    assert run.reopen(tmp_path / "run").settings == settings


def test_settings_of_an_unused_run_can_be_corrected(tmp_path: Path) -> None:
    run.begin(tmp_path, RunSettings(data=DataSettings(classes="anger,sadnes")))
    run.begin(tmp_path, RunSettings())
    assert run.reopen(tmp_path).settings == RunSettings()


def test_a_missing_run_cannot_be_reopened(tmp_path: Path) -> None:
    with pytest.raises(EdgeSerError, match=r"holds no run; start one: python -m training train --run"):
        run.reopen(tmp_path)


def test_an_unknown_family_begins_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=r"network\.family = cnnlstm \(did you mean cnn_lstm\?\): "):
        run.begin(tmp_path / "run", RunSettings(network=NetworkSettings("cnnlstm")))
    assert not (tmp_path / "run").exists()


def recordings(fingerprint: str) -> Dataset:
    clips = [Clip(Path(f"{s}-{n}"), "a", f"a/{s}", ("anger", "fear")[n]) for s in range(5) for n in range(2)]
    left_out = [Skipped(Path(name), reason) for name, reason in (("1", "broken"), ("2", "empty"), ("3", "broken"))]
    return Dataset(("anger", "fear"), clips, [], [], {}, left_out, fingerprint, ["a warning"], [])


def test_a_run_refuses_recordings_that_have_changed(tmp_path: Path) -> None:
    begun = run.begin(tmp_path / "run", RunSettings())
    dataset = recordings("one")
    record = run.record(begun, dataset, begun.folds(dataset))
    assert records.to_json(record.data) == {
        "fingerprint": "one",
        "clips": 10,
        "noises": 0,
        "skipped": {"broken": 2, "empty": 1},
        "warnings": ["a warning"],
    }
    speakers = record.speakers["holdout"]
    assert sorted([*speakers.train, *speakers.validation, *speakers.test]) == [f"a/{s}" for s in range(5)]
    assert run.record(begun, dataset, begun.folds(dataset)) == record
    message = r"was begun with other recordings \(10 clips, now 10\); choose another --run"
    with pytest.raises(EdgeSerError, match=message):
        run.record(begun, recordings("two"), [])
    assert json.loads((tmp_path / "run" / "record.json").read_text()) == records.to_json(record)
