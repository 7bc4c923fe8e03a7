"""The arithmetic of the counts: the cost of marks, shares, limits and tables."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from counts import (
    CALLS,
    INSIDE,
    LEAVING,
    OUTSIDE,
    WITHOUT,
    Bar,
    Mark,
    aligned,
    bars,
    by_group,
    complete,
    instructions,
    markdown,
    marks_of,
    tables,
)

NAMES = ["nothing", WITHOUT, INSIDE, OUTSIDE, "speech: the rest", "speech: model", "speech: MFCC"]


def counter(work: list[tuple[int, int]], before: int, behind: int, loop: int) -> list[Mark]:
    """Play the emulator: marks that cost, around a loop that does nothing, then (region, work) in turn with region 4.

    A region of -n ends n; work stands for what is done after that mark.
    """
    marks, total, opened = [], 0, [0]

    def step(region: int, instructions_: int) -> None:
        nonlocal total
        total += before
        leaving = region < 0
        opened.pop() if leaving else opened.append(region)
        marks.append(Mark(opened[-1], leaving, total))
        total += behind + instructions_

    step(1, CALLS * loop), step(-1, 0)
    step(3, 0)
    for _ in range(CALLS):
        step(2, 0), step(-2, loop)
    step(-3, 0)
    for region, done in work:
        step(region, done)
    return marks


@given(
    st.integers(0, 9_000),
    st.integers(0, 9_000),
    st.integers(0, 900),
    st.lists(st.integers(0, 10**6), min_size=4, max_size=4),
)
def test_the_cost_of_marks_is_subtracted(before: int, behind: int, loop: int, work: list[int]) -> None:
    first, second, third, fourth = work
    # Region 6 lies in 5, and 5 in 4, as the MFCC do in the front end and that in the pipeline.
    marks = counter([(4, first), (5, second), (6, third), (-6, 0), (-5, fourth), (-4, 0)], before, behind, loop)
    found = instructions(marks, NAMES)
    near = 2 * (before + behind)  # halves are not told apart; in the sum they are
    assert found["speech: MFCC"] == pytest.approx(third, abs=near)
    assert found["speech: model"] == pytest.approx(second, abs=near)
    whole = sum(count for name, count in found.items() if name.startswith("speech"))
    assert whole == pytest.approx(sum(work), abs=before + behind)


def test_the_counter_s_output_is_parsed() -> None:
    printed = f"INFO: a delegate\ninsns mark 3 1200\ninsns mark {2 | LEAVING} 1500\ninsns total 9999\n"
    assert marks_of(printed) == [Mark(3, False, 1200), Mark(2, True, 1500)]


def test_each_group_has_its_cost_per_second() -> None:
    counted = {"nothing": 5e9, "speech: gate": 20e6, "speech: whole path": 50e6, "peer: a": 8e6, "peer: b": 9e6}
    found = by_group(counted, {"speech: whole path": 10.0, "peer: a": 2.0, "peer: b": 3.0})
    assert found == {"speech": {"gate": 2.0, "whole path": 5.0}, "peer": {"a": 4.0, "b": 3.0}}


def test_the_start_of_listen_is_not_counted() -> None:
    groups = {
        "speech": {"gate": 1.0, "model": 2.0, "whole path": 3.5, "listen": 6.0},
        "quiet": {"gate": 1.0, "whole path": 1.0, "listen": 3.0},
        "listen": {"to a block": 200.0},
    }
    complete(groups, {"speech: listen": 10.1, "quiet: listen": 20.1, "listen: to a block": 0.1})
    assert "listen" not in groups
    assert groups["speech"]["sum of the stages"] == 3.0
    assert groups["speech"]["listen"] == pytest.approx((60.6 - 20) / 10)
    assert groups["quiet"]["listen"] == pytest.approx((60.3 - 20) / 20)


@pytest.mark.parametrize(
    ("found", "verdict"), [(9.9, "reached"), (10, "reached"), (10.1, "met"), (25, "met"), (25.1, "MISSED")]
)
def test_a_bar_has_a_verdict(found: float, verdict: str) -> None:
    assert Bar("it", found, 25, 10).verdict == verdict


GROUPS = {
    "speech": {"gate": 1.0, "whole path": 9.0, "listen": 26.0},
    "quiet": {"gate": 1.0, "whole path": 1.0, "listen": 2.0},
    "source": {"48 kHz to 16 kHz": 3.0},
    "model": {"default": 2.0, "default-float": 1.0},
    "peer": {"front end": 4.0, "light-sernet-float": 150.0, "light-sernet-dynamic": 100.0},
}


def test_the_cheapest_peer_counts() -> None:
    _, _, model, whole = bars(GROUPS)
    assert model.found == pytest.approx(2 / 100)
    assert model.text(model.found) == "1/50"
    assert whole.found == pytest.approx(26 / 104)


def test_missed_bars_stand_out_in_every_format() -> None:
    assert [bar.verdict for bar in bars(GROUPS)] == ["MISSED", "reached", "met", "met"]
    for form in aligned, markdown:
        text = "".join(map(form, tables(GROUPS)))
        assert text.count("MISSED") == 1
        assert "1/50" in text
    assert markdown([["", "a"], ["b", "1"]]) == "|  | a |\n| --- | --: |\n| b | 1 |\n"
