"""Our own voice is not heard: blocks keep their length and place, and hold zeros while we speak and a little longer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.audio import Block, Notice
from edge_ser.sources.silenced import ECHO_SECONDS, silenced

NOTICE = Notice("listening", "listening to x")


def heard(speaking: list[bool], seconds_a_block: float = 0.1) -> list[Block]:
    """Return what is left of blocks of ones, one for each look at whether we speak."""
    clock = [0.0]

    def blocks() -> Iterator[Block]:
        for number in range(len(speaking)):
            clock[0] = number * seconds_a_block
            yield Block(np.ones(1_600, np.int16), lost=number, notice=NOTICE)

    looks = iter(speaking)
    return list(silenced(blocks(), lambda: next(looks), lambda: clock[0]))


def is_silent(block: Block) -> bool:
    return not block.samples.any()


def test_nothing_changes_while_nobody_speaks() -> None:
    assert not any(map(is_silent, heard([False] * 20)))


def test_silence_lasts_for_the_echo_after_the_last_word() -> None:
    silent = list(map(is_silent, heard([False, True, True, *[False] * 6])))
    # Speaking at 0.1 and 0.2 s; seen to be over at 0.3 s, which is when the echo begins.
    assert silent == [False, True, True, True, True, True, False, False, False]


def test_a_word_that_ends_between_two_late_blocks_is_not_heard_either() -> None:
    silent = list(map(is_silent, heard([True, False, False], seconds_a_block=5.0)))
    assert silent == [True, True, False]


@given(st.lists(st.booleans(), max_size=60))
def test_length_losses_and_notices_stay_and_no_block_near_a_word_has_sound(speaking: list[bool]) -> None:
    blocks = heard(speaking)
    assert [(len(block.samples), block.lost, block.notice) for block in blocks] == [
        (1_600, number, NOTICE) for number in range(len(speaking))
    ]
    reach = round(ECHO_SECONDS / 0.1)
    for number, block in enumerate(blocks):
        if any(speaking[max(0, number - reach) : number + 1]):
            assert is_silent(block)
        if not any(speaking[max(0, number - reach - 1) : number + 1]):
            assert block.samples.all()
