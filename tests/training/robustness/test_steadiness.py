"""Changes of the label are counted for a few people who speak in one mood."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge_ser.events import StatusEvent, utc_now
from tests.training.robustness.material import RATE, event
from training.corpora import Clip
from training.robustness import steadiness


@pytest.mark.parametrize(
    ("labels", "count"),
    [("", 0), ("a", 0), ("aaa", 0), ("ab", 1), ("aba", 2), ("aua", 0), ("aub", 1), ("uaubu", 1), ("auubbua", 2)],
)
def test_uncertain_labels_do_not_count_as_changes(labels: str, count: int) -> None:
    status = StatusEvent(utc_now(), "overflow", "", 0.0)
    events = [status, *(event("uncertain" if label == "u" else label) for label in labels), status]
    assert steadiness.flips(events) == count


def test_final_events_are_counted_by_themselves() -> None:
    events = [event("a"), event("b"), event("a", final=True), event("b"), event("a", final=True)]
    assert steadiness.flips(events) == 4
    assert steadiness.flips(events, lambda e: e.final) == 0


def test_two_women_and_two_men_are_chosen_corpora_in_turn() -> None:
    def clips(corpus: str, sex: str | None, count: int) -> list[Clip]:
        return [Clip(Path(f"{n}"), corpus, f"{corpus}/{sex}{n}", "neutral", sex) for n in range(count)]

    both = [*clips("a", "female", 3), *clips("b", "female", 1), *clips("a", "male", 1), *clips("b", None, 9)]
    assert steadiness.choose(both) == ["a/female0", "b/female0", "a/male0", "b/None0"]
    assert len(steadiness.choose(clips("b", None, 9))) == 4
    assert steadiness.choose([]) == []


def test_one_person_speaks_with_short_pauses_until_the_time_is_over() -> None:
    tone = np.full(RATE, 5_000, np.int16)
    stream = steadiness.one_person([tone, tone], 0.5, np.random.default_rng(1))
    assert len(stream) == 30 * RATE
    loud = np.flatnonzero(np.diff((stream > 2_500).astype(int)))
    pauses = np.diff(loud)[1::2] / RATE
    assert 18 <= len(pauses) <= 26
    assert 0.19 < pauses.min() < pauses.max() < 0.61
