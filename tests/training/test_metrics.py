"""Figures agree with scikit-learn, and what nobody heard is never right."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_ser.errors import EdgeSerError, InvalidSetting, NoRecordings
from training.scoring.metrics import NO_SPEECH, Outputs, agreement, evaluation, score, softmax, uar

LABELS = ("anger", "fear", "neutral", "sadness")


def made_up(clips: int = 400, speakers: int = 20, seed: int = 0, skill: float = 1.0, silent: float = 0.05) -> Outputs:
    rng = np.random.default_rng(seed)
    targets = rng.integers(len(LABELS), size=clips)
    logits = rng.normal(size=(clips, len(LABELS)))
    logits[np.arange(clips), targets] += skill
    logits[rng.random(clips) < silent] = np.nan
    who = rng.integers(speakers, size=clips)
    return Outputs(
        labels=LABELS,
        paths=tuple(f"{seed}/{i}.wav" for i in range(clips)),
        corpora=tuple("emodb" if w % 4 == 0 else "crema-d" for w in who),
        speakers=tuple(f"speaker {w}" for w in who),
        sexes=tuple(("female", "male", None)[w % 3] for w in who),
        targets=targets,
        logits=logits,
    )


def same(a: Outputs, b: Outputs) -> bool:
    texts = all(getattr(a, name) == getattr(b, name) for name in ("labels", "paths", "corpora", "speakers", "sexes"))
    return texts and np.array_equal(a.targets, b.targets) and np.array_equal(a.logits, b.logits, equal_nan=True)


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.floats(0, 1))
@settings(deadline=None, max_examples=60)
def test_figures_agree_with_scikit_learn(seed: int, clips: int, silent: float) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    outputs = made_up(clips, 5, seed, silent=silent)
    scores, truth, said = score(outputs), outputs.targets, outputs.said
    present = np.unique(truth)
    recalls = metrics.recall_score(truth, said, labels=present, average=None, zero_division=0)
    assert scores.uar == pytest.approx(recalls.mean()) == uar(said, truth)
    assert list(scores.recalls.values()) == pytest.approx(list(recalls))
    assert scores.accuracy == pytest.approx(metrics.accuracy_score(truth, said))
    f1 = metrics.f1_score(truth, said, labels=present, average="macro", zero_division=0)
    assert scores.macro_f1 == pytest.approx(f1)
    spoken = np.unique(said[said != NO_SPEECH])
    precisions = metrics.precision_score(truth, said, labels=spoken, average=None) if len(spoken) else []
    assert list(scores.precisions.values()) == pytest.approx(list(precisions))
    matrix = metrics.confusion_matrix(truth, said, labels=[*range(len(LABELS)), NO_SPEECH])[: len(LABELS)]
    assert scores.confusion == tuple(map(tuple, matrix.tolist()))


def test_uar_and_macro_f1_agree_with_scikit_learn_where_all_labels_occur_and_speech_is_heard() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    outputs = made_up(silent=0.0)
    scores = score(outputs)
    assert scores.uar == pytest.approx(metrics.balanced_accuracy_score(outputs.targets, outputs.said))
    assert scores.macro_f1 == pytest.approx(metrics.f1_score(outputs.targets, outputs.said, average="macro"))


def test_a_clip_without_speech_heard_is_wrong_in_every_figure() -> None:
    heard = made_up(skill=50.0, silent=0.0)
    perfect = score(heard)
    assert (perfect.uar, perfect.accuracy, perfect.macro_f1, perfect.no_speech) == (1.0, 1.0, 1.0, 0)
    logits = heard.logits.copy()
    logits[:300] = np.nan
    scores = score(replace(heard, logits=logits))
    assert (scores.clips, scores.no_speech, scores.accuracy) == (400, 300, 0.25)
    assert scores.uar < 0.5
    assert scores.macro_f1 < 0.5
    assert sum(row[-1] for row in scores.confusion) == 300
    assert sum(map(sum, scores.confusion)) == 400
    assert scores.surest_half_accuracy == 0.5, "the 100 that are heard come first, then 100 without speech"
    assert scores.ece == pytest.approx(0.0), "only what was heard has a confidence"


def test_nothing_heard_at_all_can_be_scored() -> None:
    scores = score(made_up(silent=1.0))
    assert (scores.uar, scores.macro_f1, scores.ece, scores.precisions, scores.reliability) == (0.0, 0.0, None, {}, ())


@pytest.mark.parametrize("seed", range(5))
def test_intervals_contain_the_figure_and_shrink_with_more_speakers(seed: int) -> None:
    widths = []
    for speakers in (10, 160):
        scores = score(made_up(20 * speakers, speakers, seed))
        assert scores.interval_over == "speakers"
        for name in ("uar", "accuracy", "macro_f1"):
            low, high = getattr(scores, f"{name}_interval")
            assert 0.0 <= low < getattr(scores, name) < high <= 1.0
        widths.append(scores.uar_interval[1] - scores.uar_interval[0])
    assert widths[1] < widths[0] / 2


def test_an_interval_is_that_of_a_plain_bootstrap() -> None:
    outputs = made_up(2_000, 30)
    names, rng = np.array(outputs.speakers), np.random.default_rng(1)
    rows = [np.flatnonzero(names == name) for name in np.unique(names)]
    draws = [np.concatenate([rows[i] for i in rng.integers(30, size=30)]) for _ in range(1_000)]
    expected = np.percentile([uar(outputs.said[draw], outputs.targets[draw]) for draw in draws], [2.5, 97.5])
    assert score(outputs).uar_interval == pytest.approx(expected, abs=0.004)


def test_speakers_who_differ_make_the_interval_wider_than_clips_alone() -> None:
    good, bad = made_up(1_000, 10, 1, skill=3.0), made_up(1_000, 10, 2, skill=0.0)
    both = Outputs.join([good, replace(bad, speakers=tuple(f"bad {name}" for name in bad.speakers))])
    alone = score(replace(both, speakers=both.paths))
    whole = score(both)
    assert np.diff(whole.uar_interval) > 2 * np.diff(alone.uar_interval)


def test_with_one_speaker_the_interval_is_over_clips() -> None:
    outputs = made_up(speakers=1)
    scores = score(outputs)
    assert (scores.speakers, scores.interval_over) == (1, "clips")
    each = score(replace(outputs, speakers=outputs.paths))  # drawing clips, the other way
    assert scores.uar_interval == pytest.approx(each.uar_interval, abs=0.01)


def test_a_label_that_a_draw_lacks_is_left_out_of_its_mean() -> None:
    speakers = ("a",) * 4 + ("b",) * 4
    targets = np.array([0, 0, 1, 1, 2, 2, 3, 3])
    outputs = replace(made_up(8), speakers=speakers, targets=targets, logits=np.eye(4)[targets])
    assert score(outputs).uar_interval == (1.0, 1.0)


def test_scores_are_the_same_each_time_and_quick() -> None:
    outputs = made_up(5_000, 60)
    before = time.perf_counter()
    first = score(outputs)
    assert time.perf_counter() - before < 1.0
    assert first == score(outputs)


def test_a_calibrated_model_has_no_calibration_error_and_an_overconfident_one_a_large_one() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.5, (20_000, 4))
    targets = (softmax(logits).cumsum(axis=1) > rng.random((20_000, 1))).argmax(axis=1)
    calibrated = replace(made_up(20_000), targets=targets, logits=logits)
    overconfident = replace(calibrated, logits=10 * logits)
    right, wrong = score(calibrated), score(overconfident)
    assert right.ece is not None
    assert wrong.ece is not None
    assert right.ece < 0.015
    assert wrong.ece > 0.25
    assert wrong.accuracy == right.accuracy
    assert sum(b.clips for b in right.reliability) == 20_000
    assert all(abs(b.confidence - b.accuracy) < 0.05 for b in right.reliability if b.clips > 500)
    assert right.surest_half_accuracy > right.accuracy + 0.1


def test_calibration_error_of_three_clips_by_hand() -> None:
    probabilities = [[0.85, 0.05, 0.05, 0.05], [0.85, 0.05, 0.05, 0.05], [0.1, 0.7, 0.1, 0.1]]
    outputs = replace(made_up(3), targets=np.zeros(3, np.int64), logits=np.log(probabilities))
    assert score(outputs).ece == pytest.approx((2 * 0.15 + 0.7) / 3)


def test_outputs_come_back_from_a_file(tmp_path: Path) -> None:
    outputs = made_up()
    outputs.save(tmp_path / "runs" / "outputs.npz")
    assert same(Outputs.load(tmp_path / "runs" / "outputs.npz"), outputs)
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["outputs.npz"]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "outputs.npz"
    made_up().save(path)
    path.write_bytes(path.read_bytes()[:500])
    for wrong in (path, tmp_path / "none.npz"):
        with pytest.raises(EdgeSerError, match=wrong.name):
            Outputs.load(wrong)
    np.savez(path, labels=np.array(["anger"]))
    with pytest.raises(EdgeSerError, match="evaluate it again"):
        Outputs.load(path)


def test_joined_folds_keep_everything() -> None:
    outputs = made_up()
    rows = np.arange(400)
    assert same(Outputs.join([outputs.where(rows < 150), outputs.where(rows >= 150)]), outputs)


def test_folds_that_judge_one_clip_twice_or_other_labels_cannot_be_joined() -> None:
    outputs = made_up()
    with pytest.raises(ValueError, match="two folds"):
        Outputs.join([outputs, outputs])
    with pytest.raises(ValueError, match="different labels"):
        Outputs.join([outputs, made_up(seed=1).over(LABELS[:2])])


def test_fewer_labels_leave_out_clips_and_choices() -> None:
    outputs = made_up()
    few = outputs.over(("sadness", "anger"))
    kept = np.isin(outputs.targets, [0, 3])
    assert few.paths == outputs.where(kept).paths
    assert [few.labels[t] for t in few.targets] == [LABELS[t] for t in outputs.targets[kept]]
    assert np.array_equal(few.logits, outputs.logits[kept][:, [3, 0]], equal_nan=True)
    assert set(few.said) == {NO_SPEECH, 0, 1}
    with pytest.raises(InvalidSetting, match=r"does not know calm; it knows anger, fear"):
        outputs.over(("anger", "calm"))


def test_no_clip_cannot_be_scored() -> None:
    with pytest.raises(NoRecordings, match="no clip to judge has one of the labels anger, fear"):
        score(made_up().where(np.zeros(400, np.bool_)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"speakers": ("a",)}, "different lengths"),
        ({"logits": np.zeros((400, 3))}, "shape"),
        ({"targets": np.full(400, 4)}, "no index"),
        ({"logits": np.tile([0.0, 0.0, np.nan, 0.0], (400, 1))}, "neither finite"),
    ],
)
def test_outputs_that_do_not_fit_together_cannot_be_made(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(made_up(), **change)


def test_agreement_counts_clips_and_silence() -> None:
    outputs = made_up()
    assert agreement(outputs, outputs) == 1.0
    logits = outputs.logits.copy()
    logits[:100] = np.where(np.isnan(logits[:100]), 0.0, np.nan)
    assert agreement(outputs, replace(outputs, logits=logits)) == 0.75
    with pytest.raises(ValueError, match="different clips"):
        agreement(outputs, made_up(seed=1))


def test_an_evaluation_has_every_set_and_is_json() -> None:
    outputs = made_up()
    found = evaluation(outputs, replace(outputs, logits=np.round(outputs.logits)))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["labels"] == list(LABELS)
    assert set(found["overall"]) == {"float", "int8", "agreement", "int8_drop"}
    drop = found["overall"]["float"]["uar"] - found["overall"]["int8"]["uar"]
    assert found["overall"]["int8_drop"] == pytest.approx(drop, abs=2e-4)
    assert set(found["per_corpus"]) == {"crema-d", "emodb"}
    assert sum(part["int8"]["clips"] for part in found["per_corpus"].values()) == 400
    female, male, difference = (found["per_sex"][key] for key in ("female", "male", "difference_of_uar"))
    assert female["float"]["clips"] + male["float"]["clips"] == sum(sex is not None for sex in outputs.sexes)
    for model in ("float", "int8"):
        assert difference[model] == pytest.approx(female[model]["uar"] - male[model]["uar"], abs=2e-4)
        low, high = difference[f"{model}_interval"]
        assert low < difference[model] < high


def test_an_evaluation_of_one_model_one_corpus_and_unknown_sexes_is_only_overall() -> None:
    outputs = replace(made_up(), corpora=("emodb",) * 400, sexes=(None,) * 400)
    assert set(evaluation(outputs, None)) == {"labels", "overall"}
    assert set(evaluation(outputs, None)["overall"]) == {"float"}
    assert set(evaluation(None, outputs)["overall"]) == {"int8"}
    with pytest.raises(ValueError, match="no model"):
        evaluation(None, None)
