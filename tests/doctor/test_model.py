"""Checks of the interpreter and the model."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_ser.doctor import model
from edge_ser.doctor.result import State, guarded
from edge_ser.settings import ModelSettings
from tests.doctor.simulated_pi import put


def test_the_shipped_model_runs() -> None:
    assert model.check_interpreter(ModelSettings()).state is State.OK
    finding = model.check_model(ModelSettings())
    assert finding.state in (State.OK, State.WARNING), finding  # a busy machine may be slow
    assert "the shipped model: hears '" in finding.found


def test_damaged_model_is_reported(tmp_path: Path) -> None:
    file = put(tmp_path, "bad.tflite", "no model")
    finding = guarded(lambda: model.check_model(ModelSettings(str(file))), 60, "get another")
    assert finding.state is State.FAILED
    assert str(file) in finding.found


@pytest.mark.parametrize(
    ("labels", "work", "state"),
    [
        (["joy"], 0.01, State.OK),
        (["joy"], 0.6, State.WARNING),
        (["joy"], 1.2, State.FAILED),
        ([], 0.01, State.FAILED),
    ],
)
def test_ratings_of_a_model(labels: list[str], work: float, state: State) -> None:
    finding = model.rate_model("mine", labels, work)
    assert finding.state is state
    assert (finding.fix is None) == (state is State.OK)
