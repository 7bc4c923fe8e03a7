"""Predictions are saved and loaded, joined over folds, and narrowed to some labels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_ser.errors import EdgeSerError, InvalidSetting
from tests.training.scoring.made_up_predictions import LABELS, made_up
from training.scoring.predictions import NO_SPEECH, Predictions


def same(a: Predictions, b: Predictions) -> bool:
    texts = all(getattr(a, name) == getattr(b, name) for name in ("labels", "paths", "corpora", "speakers", "sexes"))
    return texts and np.array_equal(a.targets, b.targets) and np.array_equal(a.logits, b.logits, equal_nan=True)


def test_predictions_come_back_from_a_file(tmp_path: Path) -> None:
    predictions = made_up()
    predictions.save(tmp_path / "runs" / "predictions.npz")
    assert same(Predictions.load(tmp_path / "runs" / "predictions.npz"), predictions)
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["predictions.npz"]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "predictions.npz"
    made_up().save(path)
    path.write_bytes(path.read_bytes()[:500])
    for wrong in (path, tmp_path / "none.npz"):
        with pytest.raises(EdgeSerError, match=wrong.name):
            Predictions.load(wrong)
    np.savez(path, labels=np.array(["anger"]))
    with pytest.raises(EdgeSerError, match="evaluate it again"):
        Predictions.load(path)


def test_joined_folds_keep_everything() -> None:
    predictions = made_up()
    rows = np.arange(400)
    assert same(Predictions.join([predictions.where(rows < 150), predictions.where(rows >= 150)]), predictions)


def test_folds_that_share_a_clip_or_differ_in_labels_cannot_be_joined() -> None:
    predictions = made_up()
    with pytest.raises(ValueError, match="two folds"):
        Predictions.join([predictions, predictions])
    with pytest.raises(ValueError, match="different labels"):
        Predictions.join([predictions, made_up(seed=1).over(LABELS[:2])])


def test_fewer_labels_leave_out_clips_and_columns() -> None:
    predictions = made_up()
    few = predictions.over(("sadness", "anger"))
    kept = np.isin(predictions.targets, [0, 3])
    assert few.paths == predictions.where(kept).paths
    assert [few.labels[t] for t in few.targets] == [LABELS[t] for t in predictions.targets[kept]]
    assert np.array_equal(few.logits, predictions.logits[kept][:, [3, 0]], equal_nan=True)
    assert set(few.predicted) == {NO_SPEECH, 0, 1}
    with pytest.raises(InvalidSetting, match=r"does not know calm; it knows anger, fear"):
        predictions.over(("anger", "calm"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"speakers": ("a",)}, "different lengths"),
        ({"logits": np.zeros((400, 3))}, "shape"),
        ({"targets": np.full(400, 4)}, "not an index"),
        ({"logits": np.tile([0.0, 0.0, np.nan, 0.0], (400, 1))}, "neither finite"),
    ],
)
def test_predictions_that_do_not_fit_together_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(made_up(), **change)
