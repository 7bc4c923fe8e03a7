"""Two results side by side: how many times the old figure the new one is, and whether that can be chance.  Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge_ser.bench.figures import Measurement, Round
from edge_ser.bench.result import Result
from edge_ser.bench.statistics import ratio, ratio_interval
from edge_ser.errors import NotAResult, SlowerThanBefore

if TYPE_CHECKING:
    from edge_ser.bench.audio import Sound

FIGURES: Final[dict[str, tuple[str, Callable[[Round], float | None]]]] = {
    "a label, undisturbed, p50": ("ms", lambda one: one.undisturbed.p50),
    "a label, undisturbed, p99": ("ms", lambda one: one.undisturbed.p99),
    "processor time a second of audio": ("ms", lambda one: one.processor_speech),
    "processor time a second of a quiet room": ("ms", lambda one: one.processor_quiet),
    "start to listening": ("ms", lambda one: one.start_up.listening),
    "peak memory": ("MB", lambda one: one.peak),
}
"""The figures that are compared, less of each being better: name, unit, and where a round has it."""


_FEW: Final = 5
"""With fewer rounds an interval is much too narrow."""


@dataclass(frozen=True)
class Row:
    """A figure of two results.

    Attributes:
        configuration: Its name.
        figure: One of :data:`FIGURES`.
        unit: Its unit.
        old: The lowest of the rounds of the older result.
        new: The same of the newer one.
        ratio: New to old.
        low: Lower end of the ratio's 95 % confidence interval.
        high: Upper end.
        slower: Whether the whole interval is beyond the limit.
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
    """A result against an older one.

    Attributes:
        file: The older one's.
        limit: Ratio beyond which a figure counts as worse.
        rows: The figures.
        warnings: Why the comparison may mislead, a sentence each.
    """

    file: str
    limit: float
    rows: tuple[Row, ...]
    warnings: tuple[str, ...]

    def require_not_slower(self) -> None:
        """Raise an error if a figure is worse.

        Raises:
            SlowerThanBefore: the message names the figures.
        """
        slower = [
            f"{row.figure} of {row.configuration}: {row.ratio:.2f} times the old ({row.low:.2f} to {row.high:.2f})"
            for row in self.rows
            if row.slower
        ]
        if slower:
            raise SlowerThanBefore(f"worse than {self.file}, beyond the limit of {self.limit:g}: {'; '.join(slower)}")


def require_same_audio(sound: Sound, old: Result, file: Path) -> None:
    """Raise an error if an older result heard something else.

    Raises:
        NotAResult: it did; the message says what.
    """
    if sound.sha256 != old.audio.sha256:
        raise NotAResult(
            f"{file} heard other audio ({old.audio.seconds:g} s of {old.audio.name} at {old.audio.rate} Hz); measure "
            "the same with --input, --seconds and --rate, or measure the old one anew"
        )


def compare(new: Result, old: Result, file: Path, limit: float) -> Comparison:
    """Compare two results that heard the same.

    Args:
        new: The newer one.
        old: The older one.
        file: Its file, for messages.
        limit: Ratio beyond which a figure counts as worse.

    Raises:
        NotAResult: they have no configuration in common.
    """
    pairs = _pairs(new, old)
    if not pairs:
        raise NotAResult(
            f"{file} measured none of these: it has {'; '.join(one.configuration.name for one in old.measurements)}"
        )
    rows = [row for one, other in pairs for row in _rows(one, other, limit)]
    return Comparison(str(file), limit, tuple(rows), tuple(_warnings(new, old, pairs)))


def _pairs(new: Result, old: Result) -> list[tuple[Measurement, Measurement]]:
    """Return what measured the same; if both measured one thing only, these two."""
    by_name = {one.configuration.name: one for one in old.measurements}
    pairs = [(one, by_name[one.configuration.name]) for one in new.measurements if one.configuration.name in by_name]
    if not pairs and len(new.measurements) == len(old.measurements) == 1:
        return [(new.measurements[0], old.measurements[0])]
    return pairs


def _rows(new: Measurement, old: Measurement, limit: float) -> list[Row]:
    rows = []
    for figure, (unit, of) in FIGURES.items():
        now = [value for value in map(of, new.rounds) if value is not None]
        before = [value for value in map(of, old.rounds) if value is not None]
        if now and before:
            low, high = ratio_interval(now, before)
            was, is_ = min(before), min(now)
            name = new.configuration.name
            rows.append(Row(name, figure, unit, was, is_, ratio(is_, was), low, high, slower=low > limit))
    return rows


def _warnings(new: Result, old: Result, pairs: list[tuple[Measurement, Measurement]]) -> list[str]:
    found = []
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
            found.append(f"another {what}: {is_}, it was {was}")
    for one, other in pairs:
        now, before = one.configuration, other.configuration
        if now.name != before.name:
            found.append(f"another configuration: {now.name}, it was {before.name}")
        elif now.interpreter_version != before.interpreter_version:
            found.append(
                f"another version of {now.interpreter}: {now.interpreter_version}, it was {before.interpreter_version}"
            )
        if now.network_sha256 != before.network_sha256:
            found.append(f"another model: sha256 {now.network_sha256[:12]}, it was {before.network_sha256[:12]}")
        if one.labels != other.labels:
            found.append(f"other labels were heard by {now.name}")
    if min(len(one.rounds) for pair in pairs for one in pair) < _FEW:
        found.append("so few rounds tell little of what is chance; take more by --rounds")
    compared = [one for one, _ in pairs]
    found += [f"not in the older result: {one.configuration.name}" for one in new.measurements if one not in compared]
    found += [f"the older result says: {warning}" for warning in old.warnings]
    return found
