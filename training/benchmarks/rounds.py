"""Timing things against each other in turns, so that whatever else the machine does hits all alike.

What counts is the processor's time for a second of audio.  Ratios are taken within a round, where both sides ran within
seconds of each other, and told as their median with the least and the greatest.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Work:
    """Something that is timed.

    Attributes:
        name: What it is called in tables.
        seconds: Of audio that one run works through.
        run: Does it, from the start each time.
    """

    name: str
    seconds: float
    run: Callable[[], object]


@dataclass(frozen=True)
class Spread:
    """What several rounds gave.

    Attributes:
        median: Of all rounds.
        least: Of all rounds.
        greatest: Of all rounds.
    """

    median: float
    least: float
    greatest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Sum up one value a round."""
        return cls(statistics.median(values), min(values), max(values))


def in_turns(works: Sequence[Work], rounds: int, done: Callable[[], object]) -> dict[str, list[float]]:
    """Run everything once uncounted, then in turns, every other round in reverse.

    Args:
        works: What is timed.
        rounds: How many times each counts.
        done: Is called after each run, for a progress bar: ``len(works) * (rounds + 1)`` times.

    Returns:
        By name, the processor's time for a second of audio, s, of all threads of this process, a value a round.
    """
    costs: dict[str, list[float]] = {work.name: [] for work in works}
    for number in range(rounds + 1):
        for work in works if number % 2 else reversed(works):
            begin = time.process_time()
            work.run()
            if number:  # the first round imports, compiles and fills caches
                costs[work.name].append((time.process_time() - begin) / work.seconds)
            done()
    return costs


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Return how much of another's time ours takes, compared round by round."""
    return Spread.of([a / b for a, b in zip(ours, theirs, strict=True)])
