"""Timing things against each other in turns, so that other load on the machine affects all of them alike.

Processor time for a second of audio counts.  Ratios are taken within a round, where both sides ran within seconds of
each other, and reported as their median with the least and the greatest.
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
        name: Its name in tables.
        seconds: Length of the audio that one run processes, s.
        run: Runs it, from the beginning each time.
    """

    name: str
    seconds: float
    run: Callable[[], object]


@dataclass(frozen=True)
class Spread:
    """A figure over several rounds, in the unit of the figure.

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
        """Summarize one value per round."""
        return cls(statistics.median(values), min(values), max(values))


def in_turns(works: Sequence[Work], rounds: int, done: Callable[[], object]) -> dict[str, list[float]]:
    """Run everything once without counting it, then in turns, every other round in reverse order.

    Args:
        works: What is timed.
        rounds: How many rounds count.
        done: Called after each run, for a progress bar: ``len(works) * (rounds + 1)`` times.

    Returns:
        By name, processor time of all threads of this process for a second of audio, s, one value per round.
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
    """Return our time as a share of theirs, compared round by round."""
    return Spread.of([a / b for a, b in zip(ours, theirs, strict=True)])
