"""Robustness is measured on strangers, with noises and rooms of no training, and always the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from edge_ser.errors import EdgeSerError
from edge_ser.model.bundle import Bundle
from tests.training.robustness.material import dataset_of, model
from training.augmentation import reverb
from training.data.protocols import noise_split
from training.robustness import conditions
from training.robustness.conditions import CONDITIONS
from training.robustness.measure import Features, measure
from training.robustness.results import Robustness
from training.support import records

Int16 = npt.NDArray[np.int16]


def measured(place: Path, bundle: Bundle) -> Robustness:
    return measure(bundle, dataset_of(place), Features(place / "cache", 1), ["conditions"])


def test_training_speakers_of_the_model_are_left_out(place: Path, work: list[Any]) -> None:
    dataset = dataset_of(place)
    work.clear()
    found = measure(model("mine/s0", "mine/s2"), dataset, Features(place / "cache", 1), ["conditions"])
    assert {clip.speaker for _, clip, _ in work} == {"mine/s1", "mine/s3"} == set(found.data.speakers)
    assert len(work) == 4 * (len(CONDITIONS) - 1)
    assert found.data.speakers_it_learned_from == ("mine/s0", "mine/s2")


def test_a_model_trained_on_all_speakers_is_refused(place: Path) -> None:
    with pytest.raises(EdgeSerError, match="was trained on all speakers"):
        measured(place, model(*(f"mine/s{n}" for n in range(4))))


def test_a_model_without_names_of_training_speakers_gives_a_warning(place: Path) -> None:
    assert any("does not name its training speakers" in line for line in measured(place, model()).data.warnings)


def test_no_training_noise_and_no_training_room_is_used(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, read, real = [], [], conditions.read_samples
    responses = reverb.bank(2, reverb.HELD_OUT_SEED)

    def bank(folder: Path, count: int, seed: int) -> list[npt.NDArray[np.float32]]:
        asked.append(seed)
        return responses

    def noted(path: Path) -> Int16:
        read.append(path)
        return real(path)

    conditions._noise_of.cache_clear()
    conditions._responses.cache_clear()
    monkeypatch.setattr(reverb, "load", bank)
    monkeypatch.setattr(conditions, "read_samples", noted)
    measured(place, model("mine/s0"))
    conditions._responses.cache_clear()
    assert set(asked) == {reverb.HELD_OUT_SEED}
    test = {clip.path for clip in noise_split(dataset_of(place).noise).test}
    assert {path for path in read if "noise" in path.parts} <= test
    assert any(path in test for path in read)


def test_without_noises_nothing_is_measured(place: Path) -> None:
    for path in (place / "data" / "noise").iterdir():
        path.unlink()
    (place / "data" / "noise").rmdir()
    with pytest.raises(EdgeSerError, match="no noises to test with"):
        measured(place, model("mine/s0"))


def test_figures_are_the_same_with_stored_features(place: Path, work: list[Any]) -> None:
    first = measured(place, model("mine/s0"))
    made = len(work)
    assert measured(place, model("mine/s0")) == first
    assert len(work) == made, "the second time the features are stored"
    again = dataset_of(place)
    assert measure(model("mine/s0"), again, Features(place / "other", 1), ["conditions"]) == first
    assert first.conditions is not None
    assert list(first.conditions) == [condition.name for condition in CONDITIONS]
    for result in first.conditions.values():
        assert result.difference == pytest.approx(100 * (result.uar - first.conditions["clean"].uar))
        assert set(result.per_corpus) == {"mine"}
    assert set(records.to_json(first)["conditions"]["clean"]) == {"uar", "difference", "no_speech", "per_corpus"}
