"""The program's speech is silenced: blocks keep their length and position, but are zero during and after a word."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.audio import Block, Notice
from edge_ser.sources.silenced import ECHO_SECONDS, silenced

NOTICE = Notice("listening", "listening to x")


def heard(speaking: list[bool], seconds_a_block: float = 0.1) -> list[Block]:
    """Return the result for blocks of ones, one block for each answer to whether the program speaks."""
    clock = [0.0]

    def blocks() -> Iterator[Block]:
        for number in range(len(speaking)):
            clock[0] = number * seconds_a_block
            yield Block(np.ones(1_600, np.int16), lost=number, notice=NOTICE)

    looks = iter(speaking)
    return list(silenced(blocks(), lambda: next(looks), lambda: clock[0]))


def is_silent(block: Block) -> bool:
    return not block.samples.any()


def test_blocks_pass_unchanged_without_speech() -> None:
    assert not any(map(is_silent, heard([False] * 20)))


def test_silence_covers_the_echo_of_the_last_word() -> None:
    silent = list(map(is_silent, heard([False, True, True, *[False] * 6])))
    # It speaks at 0.1 and 0.2 s; the end is noticed at 0.3 s, when the echo starts.
    assert silent == [False, True, True, True, True, True, False, False, False]


def test_a_word_that_ends_between_late_blocks_is_silenced() -> None:
    silent = list(map(is_silent, heard([True, False, False], seconds_a_block=5.0)))
    assert silent == [True, True, False]


@given(st.lists(st.booleans(), max_size=60))
def test_length_losses_and_notices_are_kept(speaking: list[bool]) -> None:
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
