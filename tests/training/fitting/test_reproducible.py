"""A training depends only on its seed: not on the process, and not on how often it was interrupted."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.training.fitting.trial import EPOCHS, SCHEDULE, Stop, Trial
from training.settings import SELECTIONS
from training.support import records

pytest.importorskip("tensorflow", reason="needs the extra 'train'")

STOPS: dict[str, list[dict[str, int]]] = {
    "average": [{"stop_after": 2}, {"stop_within": 5}, {"stop_after": EPOCHS}],
    "best": [{"stop_after": 3}],
    "last": [{"stop_within": 3}],
}
"""After which epoch, or within which, a training is stopped, again and again; the last time when all are done."""


def trial_in_this_process(stops: dict[str, list[dict[str, int]]], folder: str) -> None:
    """Train with each selection and print hashes; called in a separate process."""
    from training.fitting import fit

    fit.set_up()
    results = {}
    for select, of_select in stops.items():
        schedule, begun = replace(SCHEDULE, select=select), []
        for initial, stop in enumerate([*of_select, {}], 1):  # each time with other initial weights
            trial = Trial(Path(folder) / select, schedule, initial=initial)
            try:
                digest = trial.run(**stop)
            except Stop:
                digest = ""
            begun.append(trial.begun)
        results[select] = {"hash": digest, "history": records.to_json(trial.history), "begun": begun}
    print(json.dumps(results))


def in_a_process(stops: dict[str, list[dict[str, int]]], folder: Path) -> dict[str, Any]:
    module = "tests.training.fitting.test_reproducible"
    code = f"from {module} import trial_in_this_process as t; t({stops!r}, {str(folder)!r})"
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=280, cwd=root)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return in_a_process({select: [] for select in SELECTIONS}, tmp_path_factory.mktemp("whole"))


def test_the_same_seed_gives_the_same_weights_in_another_process(whole: dict[str, Any], tmp_path: Path) -> None:
    assert in_a_process({"average": []}, tmp_path)["average"] == whole["average"]
    assert len({result["hash"] for result in whole.values()}) == len(SELECTIONS), "every selection keeps other weights"


def test_an_interrupted_training_comes_to_the_same_weights(whole: dict[str, Any], tmp_path: Path) -> None:
    resumed = in_a_process(STOPS, tmp_path)
    assert {select: result["begun"] for select, result in resumed.items()} == {
        "average": [0, 2, 4, EPOCHS],
        "best": [0, 3],
        "last": [0, 2],
    }
    for select in SELECTIONS:
        assert resumed[select]["hash"] == whole[select]["hash"], select
        assert resumed[select]["history"] == whole[select]["history"]


def test_the_history_shows_that_a_network_learns(whole: dict[str, Any]) -> None:
    history = whole["last"]["history"]
    assert [row["epoch"] for row in history] == list(range(1, EPOCHS + 1))
    assert history[-1]["loss"] < history[0]["loss"]
    assert history[-1]["validation_uar"] > 0.9
