"""Every committed result can be read into its dataclass and comes back as the same bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import training
from training.benchmarks.peers_result import PeersResult
from training.configuration import read, resolve
from training.experiment.results import Comparison, QuantizationResult, RunEvaluation, RunRecord, TrainingResult
from training.experiment.write_card import Finished, make_card, read_elsewhere
from training.robustness.results import Robustness
from training.support import records

RESULTS = Path(training.__path__[0]) / "results"

KINDS: dict[str, type] = {
    "compare-crema-d/comparison.json": Comparison,
    "compare-emodb/comparison.json": Comparison,
    "cross/emodb.json": RunEvaluation,
    "default/evaluation.json": RunEvaluation,
    "default/quantization.json": QuantizationResult,
    "default/record.json": RunRecord,
    "default/training.json": TrainingResult,
    "kfold.json": RunEvaluation,
    "loso.json": RunEvaluation,
    "peers.json": PeersResult,
}


@pytest.mark.parametrize("name", KINDS)
def test_a_result_comes_back_from_its_dataclass(name: str, tmp_path: Path) -> None:
    record = records.read(KINDS[name], RESULTS / name)
    records.write(tmp_path / "again.json", record)
    assert (tmp_path / "again.json").read_text() == (RESULTS / name).read_text()


def test_the_robustness_comes_back_from_its_dataclass() -> None:
    """The command prints it, with the name of the model in front."""
    text = (RESULTS / "robustness.json").read_text()
    found = json.loads(text)
    record = records.from_json(Robustness, found)
    again = {"model": found["model"], **records.to_json(record)}
    assert json.dumps(again, indent=2) + "\n" == text


def test_every_committed_result_is_tested() -> None:
    found = {path.relative_to(RESULTS).as_posix() for path in RESULTS.rglob("*.json")}
    assert found == {*KINDS, "robustness.json"}


def test_a_card_is_made_from_the_committed_results() -> None:
    folder = RESULTS / "default"
    finished = Finished(
        resolve(read(folder / "settings.toml")),
        records.read(RunRecord, folder / "record.json"),
        records.read(RunEvaluation, folder / "evaluation.json"),
        records.read(QuantizationResult, folder / "quantization.json"),
        [read_elsewhere(RESULTS / name) for name in ("cross/emodb.json", "kfold.json")],
    )
    card: dict[str, Any] = records.to_json(make_card(finished))
    assert json.loads(json.dumps(card, allow_nan=False)) == card
    int8 = finished.evaluation.figures.corpora["crema-d"].forms["int8"]
    assert card["figures_on_the_test_speakers"]["crema-d"]["uar_int8"] == int8.uar
    assert len(card["figures_elsewhere"]) == 2
    assert card["test_speakers"] == list(finished.record.speakers["holdout"].test)
    assert card["reproduce"]["weights_sha256"] == finished.evaluation.folds["holdout"].weights_sha256
