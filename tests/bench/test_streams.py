"""The search for the number of streams that fit, on made-up machines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge_ser.bench.streams import search

PERIOD = 100_000_000


@given(st.integers(1, 2_000), st.floats(0.8, 1.25))
def test_search_finds_nearly_the_most_that_fit(capacity: int, first: float) -> None:
    """The time of a turn is proportional to the number of streams; the first measurement is off."""
    tried = []

    def play(count: int) -> list[int]:
        tried.append(count)
        return [PERIOD * count // capacity] * 60

    found = search(play, [int(PERIOD / capacity * first)] * 60, PERIOD)
    assert found.automatic
    assert found.count <= capacity
    assert found.count >= 0.95 * capacity - 1
    assert len(set(tried)) <= 7


def test_core_that_cannot_sustain_one_stream() -> None:
    def play(count: int) -> list[int]:
        raise AssertionError("there is nothing more to try")

    found = search(play, [2 * PERIOD] * 60, PERIOD)
    assert (found.count, found.in_time) == (1, False)


def test_occasionally_late_turns_do_not_fit() -> None:
    def play(count: int) -> list[int]:
        return [PERIOD // 2] * 57 + [2 * PERIOD] * 3 if count > 10 else [PERIOD // 2] * 60

    assert search(play, [PERIOD // 20] * 60, PERIOD).count == 10
