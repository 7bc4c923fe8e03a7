"""Comparing a result with an earlier one: by what ratio each figure changed, and whether chance explains it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge_ser.bench import result
from edge_ser.bench.figures import Measurement, Round
from edge_ser.bench.result import BenchmarkResult
from edge_ser.bench.statistics import ratio, ratio_interval
from edge_ser.errors import NotAResult, SlowerThanBefore

if TYPE_CHECKING:
    from edge_ser.bench.audio import Sound

FIGURES: Final[dict[str, tuple[str, Callable[[Round], float | None]]]] = {
    "label latency, undisturbed, p50": ("ms", lambda one: one.undisturbed.p50),
    "label latency, undisturbed, p99": ("ms", lambda one: one.undisturbed.p99),
    "CPU time per second of audio": ("ms", lambda one: one.processor_speech),
    "CPU time per second of a quiet room": ("ms", lambda one: one.processor_quiet),
    "start-up until listening": ("ms", lambda one: one.start_up.listening),
    "peak memory": ("MB", lambda one: one.peak),
}
"""The figures that are compared, all better when lower: name, unit, and how to get it from a round."""

_FEW_ROUNDS: Final = 5
"""With fewer rounds the interval is much too narrow."""


@dataclass(frozen=True)
class ComparedFigure:
    """One figure of two results.

    Attributes:
        configuration: Name of the configuration.
        figure: One of :data:`FIGURES`.
        unit: Its unit.
        old: Lowest value over the rounds of the earlier result.
        new: Lowest value over the rounds of the new result.
        ratio: New to old.
        low: Lower end of the ratio's 95 % confidence interval.
        high: Upper end.
        slower: Whether the whole interval exceeds the limit.
    """

    configuration: str
    figure: str
    unit: str
    old: float
    new: float
    ratio: float
    low: float
    high: float
    slower: bool


@dataclass(frozen=True)
class Comparison:
    """A result compared with an earlier one.

    Attributes:
        file: File of the earlier result.
        limit: Ratio above which a figure counts as a regression.
        rows: The figures.
        warnings: Why the comparison may mislead, one sentence each.
    """

    file: str
    limit: float
    rows: tuple[ComparedFigure, ...]
    warnings: tuple[str, ...]

    def require_no_regression(self) -> None:
        """Raise an error if a figure got worse.

        Raises:
            SlowerThanBefore: the message names the figures.
        """
        worse = [
            f"{row.figure} of {row.configuration}: {row.ratio:.2f} times the old one ({row.low:.2f} to {row.high:.2f})"
            for row in self.rows
            if row.slower
        ]
        if worse:
            raise SlowerThanBefore(f"regression against {self.file}, limit {self.limit:g}: {'; '.join(worse)}")


@dataclass(frozen=True)
class Baseline:
    """An earlier result, to compare new ones with.

    Attributes:
        file: Its file, for messages.
        result: What it holds.
        limit: Ratio above which a figure counts as a regression.
    """

    file: Path
    result: BenchmarkResult
    limit: float

    @classmethod
    def read(cls, file: Path, limit: float) -> Baseline:
        """Read a saved result.

        Raises:
            NotAResult: the file holds none, or one of another version of the schema.
        """
        return cls(file, result.read(file), limit)

    def require_same_audio(self, sound: Sound) -> None:
        """Raise an error if the earlier benchmark heard other audio.

        Raises:
            NotAResult: it did; the message says which.
        """
        audio = self.result.audio
        if sound.sha256 != audio.sha256:
            raise NotAResult(
                f"{self.file} was measured with other audio ({audio.seconds:g} s of {audio.name} at {audio.rate} Hz);"
                " use the same audio with --input, --seconds and --rate, or measure the old version again"
            )

    def compare(self, new: BenchmarkResult) -> Comparison:
        """Compare a new result of the same audio.

        Raises:
            NotAResult: the two have no configuration in common.
        """
        pairs = _pairs(new, self.result)
        if not pairs:
            names = "; ".join(one.configuration.name for one in self.result.measurements)
            raise NotAResult(f"{self.file} has none of these configurations, only: {names}")
        rows = [row for one, other in pairs for row in _rows(one, other, self.limit)]
        return Comparison(str(self.file), self.limit, tuple(rows), tuple(_warnings(new, self.result, pairs)))


def _pairs(new: BenchmarkResult, old: BenchmarkResult) -> list[tuple[Measurement, Measurement]]:
    """Return the measurements of the same configuration; if each result has only one, return these two."""
    by_name = {one.configuration.name: one for one in old.measurements}
    pairs = [(one, by_name[one.configuration.name]) for one in new.measurements if one.configuration.name in by_name]
    if not pairs and len(new.measurements) == len(old.measurements) == 1:
        return [(new.measurements[0], old.measurements[0])]
    return pairs


def _rows(new: Measurement, old: Measurement, limit: float) -> list[ComparedFigure]:
    rows = []
    for figure, (unit, value_of) in FIGURES.items():
        after = [value for value in map(value_of, new.rounds) if value is not None]
        before = [value for value in map(value_of, old.rounds) if value is not None]
        if after and before:
            low, high = ratio_interval(after, before)
            lowest_before, lowest_after = min(before), min(after)
            change = ratio(lowest_after, lowest_before)
            name = new.configuration.name
            rows.append(
                ComparedFigure(name, figure, unit, lowest_before, lowest_after, change, low, high, slower=low > limit)
            )
    return rows


def _warnings(new: BenchmarkResult, old: BenchmarkResult, pairs: list[tuple[Measurement, Measurement]]) -> list[str]:
    warnings = []
    here, there = new.environment, old.environment
    for what, is_, was in (
        ("machine", here.board, there.board),
        ("processor", here.processor, there.processor),
        ("architecture", here.architecture, there.architecture),
        ("kernel", here.kernel, there.kernel),
        ("governor", here.governor, there.governor),
        ("Python", here.python, there.python),
        ("numpy", here.numpy, there.numpy),
    ):
        if is_ != was:
            warnings.append(f"different {what}: now {is_}, before {was}")
    for one, other in pairs:
        now, before = one.configuration, other.configuration
        if now.name != before.name:
            warnings.append(f"different configuration: now {now.name}, before {before.name}")
        elif now.interpreter_version != before.interpreter_version:
            warnings.append(
                f"different version of {now.interpreter}: now {now.interpreter_version},"
                f" before {before.interpreter_version}"
            )
        if now.network_sha256 != before.network_sha256:
            warnings.append(
                f"different model: now sha256 {now.network_sha256[:12]}, before {before.network_sha256[:12]}"
            )
        if one.labels != other.labels:
            warnings.append(f"different labels from {now.name}")
    if min(len(one.rounds) for pair in pairs for one in pair) < _FEW_ROUNDS:
        warnings.append("too few rounds to tell a change from chance; use more with --rounds")
    compared = [one for one, _ in pairs]
    warnings += [
        f"not in the earlier result: {one.configuration.name}" for one in new.measurements if one not in compared
    ]
    warnings += [f"the earlier result has the warning: {warning}" for warning in old.warnings]
    return warnings
