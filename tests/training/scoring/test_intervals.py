"""The intervals of the figures are those of a bootstrap over speakers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.training.scoring.made_up_predictions import made_up
from training.scoring.metrics import score, uar
from training.scoring.predictions import Predictions


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
    predictions = made_up(2_000, 30)
    names, rng = np.array(predictions.speakers), np.random.default_rng(1)
    rows = [np.flatnonzero(names == name) for name in np.unique(names)]
    draws = [np.concatenate([rows[i] for i in rng.integers(30, size=30)]) for _ in range(1_000)]
    expected = np.percentile(
        [uar(predictions.predicted[draw], predictions.targets[draw]) for draw in draws], [2.5, 97.5]
    )
    assert score(predictions).uar_interval == pytest.approx(expected, abs=0.004)


def test_speakers_who_differ_make_the_interval_wider_than_clips_alone() -> None:
    good, bad = made_up(1_000, 10, 1, skill=3.0), made_up(1_000, 10, 2, skill=0.0)
    both = Predictions.join([good, replace(bad, speakers=tuple(f"bad {name}" for name in bad.speakers))])
    alone = score(replace(both, speakers=both.paths))
    whole = score(both)
    assert np.diff(whole.uar_interval) > 2 * np.diff(alone.uar_interval)


def test_with_one_speaker_the_interval_is_over_clips() -> None:
    predictions = made_up(speakers=1)
    scores = score(predictions)
    assert (scores.speakers, scores.interval_over) == (1, "clips")
    each = score(replace(predictions, speakers=predictions.paths))  # drawing clips, the other way
    assert scores.uar_interval == pytest.approx(each.uar_interval, abs=0.01)


def test_a_label_that_a_draw_lacks_is_left_out_of_its_mean() -> None:
    speakers = ("a",) * 4 + ("b",) * 4
    targets = np.array([0, 0, 1, 1, 2, 2, 3, 3])
    predictions = replace(made_up(8), speakers=speakers, targets=targets, logits=np.eye(4)[targets])
    assert score(predictions).uar_interval == (1.0, 1.0)
