"""The results of the comparison with peers, as in its JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from training.benchmarks.environment import Environment
from training.benchmarks.rounds import Spread, ratio


@dataclass(frozen=True)
class Audio:
    """The audio that all peers processed.

    Attributes:
        seconds: Length of the speech, s.
        clips: How many clips it consists of.
        in_utterances: Share of it in which edge-ser detects speech, 0 to 1.
        quiet_seconds: Length of the quiet room, s.
    """

    seconds: float
    clips: int
    in_utterances: float
    quiet_seconds: float


@dataclass(frozen=True)
class Row:
    """One thing that is timed.

    Attributes:
        name: Its name in tables.
        cpu_ms_a_second: Processor time for a second of audio, ms.
        base_takes: Time of the base as a share of this one's, round by round.
    """

    name: str
    cpu_ms_a_second: Spread
    base_takes: Spread


@dataclass(frozen=True)
class Section:
    """Costs that are compared.

    Attributes:
        title: What is timed.
        base: Name of the row that the others are compared with.
        rows: What is compared.
    """

    title: str
    base: str
    rows: tuple[Row, ...]

    @classmethod
    def of(cls, title: str, base: str, costs: Mapping[str, Sequence[float]]) -> Section:
        """Summarize costs: by name, processor time for a second of audio, s, one value per round."""
        rows = (
            Row(name, Spread.of([1000 * value for value in values]), ratio(costs[base], values))
            for name, values in costs.items()
        )
        return cls(title, base, tuple(rows))


@dataclass(frozen=True)
class Bar:
    """A figure and what was promised.

    Attributes:
        name: What it is.
        value: The figure.
        bar: What it has to reach.
        reach: What would be better still.
        more: Whether more is better.
        missed: Whether the figure is on the wrong side of the bar.
    """

    name: str
    value: float
    bar: int | float
    reach: int | float
    more: bool = False
    missed: bool = field(init=False)

    def __post_init__(self) -> None:
        missed = self.value < self.bar if self.more else self.value > self.bar
        object.__setattr__(self, "missed", missed)


@dataclass(frozen=True)
class PeersResult:
    """Everything that one run of the comparison measured.

    Attributes:
        command: How it was started.
        environment: Where it was measured.
        rounds: How many rounds counted.
        audio: What all peers processed.
        sections: Costs that are compared.
        bars: What was promised.
        left_out: A note for each peer that is not installed.
    """

    command: str
    environment: Environment
    rounds: int
    audio: Audio
    sections: tuple[Section, ...]
    bars: tuple[Bar, ...]
    left_out: tuple[str, ...]
