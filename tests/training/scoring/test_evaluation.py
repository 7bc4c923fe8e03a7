"""An evaluation has all sets of clips, and stands in JSON as it is."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.training.scoring.made_up_predictions import LABELS, made_up
from training.scoring.metrics import evaluate
from training.support import records


def test_an_evaluation_has_every_set_and_is_json() -> None:
    predictions = made_up()
    evaluation = evaluate(predictions, replace(predictions, logits=np.round(predictions.logits)))
    found = records.to_json(evaluation)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["labels"] == list(LABELS)
    assert list(found["overall"]) == ["float", "int8", "agreement", "int8_drop"]
    drop = found["overall"]["float"]["uar"] - found["overall"]["int8"]["uar"]
    assert found["overall"]["int8_drop"] == pytest.approx(drop, abs=2e-4)
    assert set(found["per_corpus"]) == {"crema-d", "emodb"}
    assert sum(part["int8"]["clips"] for part in found["per_corpus"].values()) == 400
    female, male, difference = (found["per_sex"][key] for key in ("female", "male", "difference_of_uar"))
    assert female["float"]["clips"] + male["float"]["clips"] == sum(sex is not None for sex in predictions.sexes)
    for model in ("float", "int8"):
        assert difference[model] == pytest.approx(female[model]["uar"] - male[model]["uar"], abs=2e-4)
        low, high = difference[f"{model}_interval"]
        assert low < difference[model] < high


def test_figures_have_four_decimal_places() -> None:
    scores = evaluate(made_up(), None).overall.forms["float"]
    assert scores.uar == round(scores.uar, 4)
    assert all(recall == round(recall, 4) for recall in scores.recalls.values())
    assert all(b.confidence == round(b.confidence, 4) for b in scores.reliability)


def test_one_form_one_corpus_and_unknown_sexes_leave_only_the_overall_figures() -> None:
    predictions = replace(made_up(), corpora=("emodb",) * 400, sexes=(None,) * 400)
    assert set(records.to_json(evaluate(predictions, None))) == {"labels", "overall"}
    assert set(records.to_json(evaluate(predictions, None))["overall"]) == {"float"}
    assert set(records.to_json(evaluate(None, predictions))["overall"]) == {"int8"}
    with pytest.raises(ValueError, match="no model"):
        evaluate(None, None)
