"""How many live streams one core sustains: it takes a block of each in turn, within the period of a block."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from edge_ser.bench.figures import Latency, Streams
from edge_ser.bench.listener import SteppedListener
from edge_ser.bench.statistics import percentile

_WARM_UP: Final = 5
"""Turns before those that are measured."""

_TURNS: Final = 60
"""Turns that are measured: 6 s of each stream."""

_TRIES: Final = 7
"""Numbers of streams to try.  One that fits takes about 6 s, one that does not is abandoned early, twice, so the whole
search takes about a minute."""

_CLOSE: Final = 1.02
"""The search ends when the number that does not fit is within this ratio of the one that does."""

_MARGIN: Final = 0.95
"""Fraction of the number that would fit by the median to try next, because the slowest turns have to fit too."""

_APART: Final = 37
"""Offset between the starts of two streams, blocks, so that they do not all do the same thing at once."""


class _Ensemble:
    """Listeners that hear the same audio, each from a different offset."""

    def __init__(self, make: Callable[[], SteppedListener], blocks: Sequence[bytes]) -> None:
        self._make, self._blocks = make, blocks
        self._listeners: list[SteppedListener] = []
        self._turn = 0

    def play(self, count: int, period: int) -> list[int]:
        """Return the times of the turns with a number of streams, ns; fewer turns once they clearly do not fit."""
        while len(self._listeners) < count:
            self._listeners.append(self._make())
        taken: list[int] = []
        over = 0
        for number in range(_WARM_UP + _TURNS):
            took = self._play_turn(count)
            if number >= _WARM_UP:
                taken.append(took)
                over += took > period
                if over > 2:  # the 99th percentile exceeds the period then, whatever follows
                    break
        return taken

    def _play_turn(self, count: int) -> int:
        blocks, turn = self._blocks, self._turn
        self._turn += 1
        begin = time.perf_counter_ns()
        for number, listener in enumerate(self._listeners[:count]):
            listener.hear(blocks[(turn + number * _APART) % len(blocks)])
        return time.perf_counter_ns() - begin


def measure(make: Callable[[], SteppedListener], blocks: Sequence[bytes], count: int | None, period: int) -> Streams:
    """Run a number of streams, or find how many one core sustains.

    Args:
        make: Makes a listener.
        blocks: What a microphone delivers, block by block.
        count: Number of streams; ``None`` to search for the most that fit.
        period: Period of a block, ns.
    """
    ensemble = _Ensemble(make, blocks)
    if count is not None:
        return _streams(count, ensemble.play(count, period), period, automatic=False)
    one = ensemble.play(1, period)
    return search(lambda count: ensemble.play(count, period), one, period)


def search(play: Callable[[int], list[int]], one: list[int], period: int) -> Streams:
    """Find how many streams fit.

    Args:
        play: Returns the times of the turns with a number of streams, ns.
        one: The times with one stream, ns.
        period: Time that a turn may take, ns.
    """
    best = _streams(1, one, period, automatic=True)
    if not best.in_time:
        return best
    too_many: int | None = None
    guess = max(2, int(period / (sum(one) / len(one))))
    for _ in range(_TRIES):
        turns = play(guess)
        found = _streams(guess, turns, period, automatic=True)
        if not found.in_time:  # perhaps only a disturbance
            turns = play(guess)
            found = _streams(guess, turns, period, automatic=True)
        # As many as would fit if each kept taking this long; more of them take longer, because they share the caches.
        fitting = int(guess * period / percentile(turns, 50) * _MARGIN)
        if found.in_time:
            best = found
        else:
            too_many = guess
        if too_many is None:
            guess = max(fitting, guess + 1)
        elif best.count == 1:
            guess = max(2, min(fitting, guess * 3 // 4))
        else:
            guess = (best.count + too_many) // 2
        if too_many is not None and (too_many <= best.count * _CLOSE or not best.count < guess < too_many):
            break
    return best


def _streams(count: int, turns: list[int], period: int, automatic: bool) -> Streams:
    in_time = percentile(turns, 99) <= period
    return Streams(count, automatic, Latency.of(turns[0], turns[1:] or turns), period / 1e6, in_time)
