"""A report in words: sentences state the figures, and durations are rounded for people."""

from __future__ import annotations

import pytest

from edge_ser.reports.history.wording import duration, sentences, tables
from tests.reports.periods import at, figures_of

pytestmark = pytest.mark.usefixtures("berlin")


def test_sentences_state_the_figures() -> None:
    some = [
        at("2026-11-20T12:00", "neutral", 60),
        at("2026-11-20T12:10", "anger", 30),
        at("2026-11-21T08:00", "fear", 6),
    ]
    some += [at("2026-11-21T08:01", "uncertain", 4)]
    text = " ".join(sentences(figures_of(*some, since="2026-11-20T10:00", until="2026-11-21T10:00")))
    for words in (
        "From Fri 2026-11-20 11:00 CET to Sat 2026-11-21 11:00 CET, local time.",
        "4 utterances on 2 days, 2 min of speech.",
        "neutral 60%, anger 30%, fear 6%",
        "For 4% the model was uncertain.",
        "between 13:00 and 14:00: 2 min",
        "most speech was Fri 2026-11-20",
        "many are wrong",
    ):
        assert words in text


def test_sentences_without_speech() -> None:
    made = figures_of()
    assert "Nobody spoke, or nothing was recorded." in sentences(made)
    assert tables(made) == []


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.4, "59 s"), (59.6, "1 min"), (3_599, "1 h 00 min"), (11_100, "3 h 05 min")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
