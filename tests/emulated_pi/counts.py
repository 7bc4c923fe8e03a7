"""Computes instructions per second of audio, and tables of them, from the marks that the emulator's counter prints.

It needs the standard library only, since the emulated Pi imports it too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

MARK = 0x51E5_0000  # identifies a mark to the counter; the number of the region is added
LEAVING = 0x8000  # added if an inner region ends and this one continues
CALLS = 1_000  # of an empty function, with and without marks, to measure the cost of a mark

PATHS = ("speech", "quiet")
STAGES = ("gate", "log-mel", "MFCC", "quantization", "model", "decision", "publish", "the rest")
INSIDE, OUTSIDE, WITHOUT = "marks: inside", "marks: outside", "marks: without"

Table = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Mark:
    """A mark printed by the counter.

    Attributes:
        region: Number of the region that starts or continues here.
        leaving: Whether an inner region ended here, so that this one continues.
        total: Instructions so far.
    """

    region: int
    leaving: bool
    total: int


@dataclass(frozen=True)
class Bar:
    """A limit: million instructions per second of audio, or a share.

    Attributes:
        what: Name of the cost.
        found: The measured value.
        bar: The limit.
        reach: A better value to aim for.
        share: Whether the three values are shares of 1.
    """

    what: str
    found: float
    bar: float
    reach: float
    share: bool = False

    @property
    def verdict(self) -> str:
        """``reached``, ``met`` or ``MISSED``."""
        return "reached" if self.found <= self.reach else "met" if self.found <= self.bar else "MISSED"

    def text(self, value: float) -> str:
        """Format one of the three values for people."""
        return f"1/{1 / value:.3g}" if self.share else f"{value:.3g} M"


def marks_of(printed: str) -> list[Mark]:
    """Parse the marks in the counter's output."""
    found = re.findall(r"^insns mark (\d+) (\d+)$", printed, re.MULTILINE)
    return [Mark(int(number) & ~LEAVING, bool(int(number) & LEAVING), int(total)) for number, total in found]


def instructions(marks: Sequence[Mark], names: Sequence[str]) -> dict[str, float]:
    """Return the instructions of each region, without its inner regions and without the cost of marks.

    Args:
        marks: The marks, in order.
        names: Names of the regions.
    """
    raw: dict[str, float] = dict.fromkeys(names, 0.0)
    for mark, following in pairwise(marks):
        raw[names[mark.region]] += following.total - mark.total
    # One half of a mark runs before the counter sees it, one after: a marked call has both inside, and both outside.
    inside, outside = raw[INSIDE] / CALLS, (raw[OUTSIDE] - raw[WITHOUT]) / CALLS
    for mark, following in pairwise(marks):
        behind, before = (outside if mark.leaving else inside), (inside if following.leaving else outside)
        raw[names[mark.region]] -= (behind + before) / 2
    return raw


def by_group(counted: Mapping[str, float], seconds: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Return million instructions per second of audio, by group and name.

    Args:
        counted: Instructions of the regions, whose names are ``group: name``.
        seconds: Seconds of audio processed by some regions; the other regions of a group are parts of those.
    """
    groups: dict[str, dict[str, float]] = {}
    lengths = {name.partition(": ")[0]: length for name, length in seconds.items()}
    for name, count in counted.items():
        group, colon, what = name.partition(": ")
        if colon:
            groups.setdefault(group, {})[what] = count / seconds.get(name, lengths[group]) / 1e6
    return groups


def complete(groups: dict[str, dict[str, float]], seconds: Mapping[str, float]) -> None:
    """Add derived values: the sum of the stages, and `listen` without its start."""
    start = groups.pop("listen")["to a block"] * seconds["listen: to a block"]
    for name in PATHS:
        path, length = groups[name], seconds[f"{name}: listen"]
        path["sum of the stages"] = sum(path[stage] for stage in STAGES if stage in path)
        path["listen"] = (path["listen"] * length - start) / (length - seconds["listen: to a block"])


def bars(groups: Mapping[str, Mapping[str, float]]) -> list[Bar]:
    """Compare the counts with their limits; of Light-SERNet's forms the cheapest is used."""
    speech, quiet = groups["speech"]["listen"], groups["quiet"]["listen"]
    peer = min(value for name, value in groups["peer"].items() if name != "front end")
    return [
        Bar("`listen`, somebody speaks", speech, 25, 10),
        Bar("`listen`, nobody speaks", quiet, 6, 2),
        Bar("the model alone / Light-SERNet alone", groups["model"]["default"] / peer, 1 / 20, 1 / 60, share=True),
        Bar(
            "`listen` / Light-SERNet behind our front end",
            speech / (peer + groups["peer"]["front end"]),
            1 / 4,
            1 / 10,
            share=True,
        ),
    ]


def tables(groups: Mapping[str, Mapping[str, float]]) -> list[Table]:
    """Return the tables, header rows first: limits, stages, and everything else."""
    checked = [[bar.what, *map(bar.text, (bar.found, bar.bar, bar.reach)), bar.verdict] for bar in bars(groups)]
    rows = [*STAGES, "sum of the stages", "whole path", "listen"]
    path = [[name, *(f"{groups[of].get(name, 0.0):.2f}" for of in PATHS)] for name in rows]
    others = [
        [f"{group}: {name}", f"{value:.2f}"]
        for group in ("source", "model", "peer")
        for name, value in groups[group].items()
    ]
    unit = "M instructions a second of audio"
    return [
        [["", "found", "bar", "reach", ""], *checked],
        [[unit, "somebody speaks", "nobody speaks"], *path],
        [["", unit], *others],
    ]


def aligned(table: Table) -> str:
    """Format a table for a terminal."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) if at == 0 else cell.rjust(width) for at, (cell, width) in enumerate(columns))
        for columns in (tuple(zip(row, widths, strict=True)) for row in table)
    )
    return "".join(line.rstrip() + "\n" for line in lines)


def markdown(table: Table) -> str:
    """Format a table for a README."""
    head, *rows = table
    lines = [head, ["---"] + ["--:"] * (len(head) - 1), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
