"""A training keeps the weights that the settings select, and learns from its teachers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.training.fitting.trial import SCHEDULE, VALIDATION, Trial
from training.settings import SELECTIONS, TeacherSettings

pytest.importorskip("tensorflow", reason="needs the extra 'train'")


@pytest.mark.parametrize("select", SELECTIONS)
def test_the_selected_weights_are_kept(select: str, tmp_path: Path) -> None:
    trial = Trial(tmp_path, replace(SCHEDULE, select=select))
    scores = [0.5, 0.2, 0.9, 0.9, 0.3, 0.6]  # of each epoch; the first 0.9 is the best
    after_each: list[list[npt.NDArray[Any]]] = []
    for number in trial.training.run():
        after_each.append(trial.network.get_weights())
        trial.training.finish_epoch(scores[number - 1])
    assert [epoch.validation_uar for epoch in trial.history] == scores
    third = [np.mean(pair, axis=0) for pair in zip(*after_each[-2:], strict=True)]
    expected = {"last": after_each[-1], "best": after_each[2], "average": third}[select]
    for kept, right in zip(trial.network.get_weights(), expected, strict=True):
        np.testing.assert_allclose(kept, right, rtol=1e-5, atol=1e-7)


def test_an_epoch_that_is_not_finished_is_an_error(tmp_path: Path) -> None:
    epochs = Trial(tmp_path, replace(SCHEDULE, epochs=2)).training.run()
    next(epochs)
    with pytest.raises(RuntimeError, match="epoch 1 was not finished"):
        next(epochs)


def test_a_student_learns_from_its_teachers(tmp_path: Path) -> None:
    """They are always wrong here, so that it shows."""
    teacher = TeacherSettings(members=1, weight=1.0)
    trial = Trial(tmp_path, replace(SCHEDULE, mixup=0.0), teacher=teacher, taught=lambda label: (label + 1) % 3)
    trial.run()
    assert (trial.predicted() == (VALIDATION + 1) % 3).mean() > 0.9
