"""Options of the command line become settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge_ser.errors import EdgeSerError, InvalidSetting
from training.commands.options import FAMILY, SETTINGS, Chosen, run_of
from training.configuration import keys
from training.settings import RunSettings


def test_options_override_assignments_and_these_the_file(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text("seed = 5\n[training]\nepochs = 5\n[network]\nunits = 32\n[data]\ncorpora = ['savee']")
    assert Chosen(None, (), {}).settings() == RunSettings()
    chosen = Chosen(path, ("training.epochs=9", "training.mask=0", "seed=4"), {"seed": 0})
    settings = chosen.settings()
    assert (settings.seed, settings.network.units, settings.data.corpora) == (0, 32, ("savee",))
    assert (settings.training.epochs, settings.training.mask) == (9, 0)
    assert chosen.with_assignment("network.units", "64").settings().network.units == 64


@pytest.mark.parametrize("key", ["training.epochs", "protocol.folds"])
def test_zero_is_not_a_missing_option(key: str) -> None:
    with pytest.raises(InvalidSetting, match="= 0: allowed is"):
        Chosen(None, (), {key: 0}).settings()


def test_every_option_names_a_key() -> None:
    assert {setting.key for setting in (FAMILY, *SETTINGS)} <= set(keys())


def test_a_finished_model_takes_corpora_and_classes_only() -> None:
    assert Chosen(None, (), {"data.corpora": ("emovo",)}).corpora_for_model() == (("emovo",), "all")
    chosen = Chosen(None, (), {"data.corpora": ("emovo",), "data.classes": "4"})
    assert chosen.corpora_for_model() == (("emovo",), "4")
    with pytest.raises(EdgeSerError, match="name a corpus to evaluate it on with --corpus"):
        Chosen(None, (), {}).corpora_for_model()


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"config": Path("run.toml")}, "--config"),
        ({"assignments": ("seed=3",)}, "--set"),
        ({"values": {"training.epochs": 3, "data.corpora": ("emodb",)}}, "--epochs"),
        ({"values": {"data.learn_from": ("savee",), "data.corpora": ("emodb",)}}, "--learn-from"),
    ],
)
def test_an_option_of_a_training_is_refused_for_a_finished_model(given: dict[str, Any], option: str) -> None:
    chosen = Chosen(**{"config": None, "assignments": (), "values": {"data.corpora": ("emodb",)}, **given})
    with pytest.raises(EdgeSerError, match=f"--model names a finished model: {option} is only for a training"):
        chosen.corpora_for_model()


def test_a_run_is_reopened_without_options_and_begun_with_them(tmp_path: Path) -> None:
    begun = run_of(tmp_path / "run", Chosen(None, (), {"seed": 3}))
    assert begun.settings.seed == 3
    assert run_of(tmp_path / "run", Chosen(None, (), {})) == begun
