"""How many streams fit, on machines that are made up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge_ser.bench.streams import search

PERIOD = 100_000_000


@given(st.integers(1, 2_000), st.floats(0.8, 1.25))
def test_the_number_found_fits_and_little_more_does(capacity: int, first: float) -> None:
    """Turns take as long as streams there are; a single stream gives a wrong idea of it."""
    tried = []

    def play(count: int) -> list[int]:
        tried.append(count)
        return [PERIOD * count // capacity] * 60

    found = search(play, [int(PERIOD / capacity * first)] * 60, PERIOD)
    assert found.automatic
    assert found.count <= capacity
    assert found.count >= 0.95 * capacity - 1
    assert len(set(tried)) <= 7


def test_a_core_that_does_not_carry_one() -> None:
    def play(count: int) -> list[int]:
        raise AssertionError("nothing more to try")

    found = search(play, [2 * PERIOD] * 60, PERIOD)
    assert (found.count, found.in_time) == (1, False)


def test_a_turn_that_is_late_once_in_a_while_does_not_fit() -> None:
    def play(count: int) -> list[int]:
        return [PERIOD // 2] * 57 + [2 * PERIOD] * 3 if count > 10 else [PERIOD // 2] * 60

    assert search(play, [PERIOD // 20] * 60, PERIOD).count == 10
