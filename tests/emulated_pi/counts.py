"""From the marks that the emulator's counter prints to instructions a second of audio, and to tables of them.

Only the standard library: the emulated Pi imports it too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

MARK = 0x51E5_0000  # what the counter knows a mark by; the region's number is added to it
LEAVING = 0x8000  # added too: another region ends, and this one, in which it lay, goes on
CALLS = 1_000  # of a function that does nothing, plain and marked, which tell what a mark costs

PATHS = ("speech", "quiet")
STAGES = ("gate", "log-mel", "MFCC", "quantization", "model", "decision", "publish", "the rest")
INSIDE, OUTSIDE, WITHOUT = "marks: inside", "marks: outside", "marks: without"

Table = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Mark:
    """What the counter printed.

    Attributes:
        region: Number of the region that goes on from here.
        leaving: Another one ended here, else this one begins.
        total: Instructions so far.
    """

    region: int
    leaving: bool
    total: int


@dataclass(frozen=True)
class Bar:
    """What must not be exceeded: million instructions a second of audio, or a share.

    Attributes:
        what: Of what.
        found: What was counted.
        bar: At most.
        reach: Better.
        share: All three are shares of 1.
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
        """Return one of the three as people read it."""
        return f"1/{1 / value:.3g}" if self.share else f"{value:.3g} M"


def marks_of(printed: str) -> list[Mark]:
    """Find the marks in what the counter printed."""
    found = re.findall(r"^insns mark (\d+) (\d+)$", printed, re.MULTILINE)
    return [Mark(int(number) & ~LEAVING, bool(int(number) & LEAVING), int(total)) for number, total in found]


def instructions(marks: Sequence[Mark], names: Sequence[str]) -> dict[str, float]:
    """Return the instructions of each region, without those that it lay around, and without what marks cost.

    Args:
        marks: In order.
        names: Of the regions.
    """
    raw: dict[str, float] = dict.fromkeys(names, 0.0)
    for mark, following in pairwise(marks):
        raw[names[mark.region]] += following.total - mark.total
    # Half of a mark lies before the counter sees it, half behind: a marked call has both inside, and both outside.
    inside, outside = raw[INSIDE] / CALLS, (raw[OUTSIDE] - raw[WITHOUT]) / CALLS
    for mark, following in pairwise(marks):
        behind, before = (outside if mark.leaving else inside), (inside if following.leaving else outside)
        raw[names[mark.region]] -= (behind + before) / 2
    return raw


def by_group(counted: Mapping[str, float], seconds: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Return million instructions a second of audio, by group and name.

    Args:
        counted: Instructions of regions called ``group: name``.
        seconds: Of audio that went through some regions; other regions of a group are parts of those.
    """
    groups: dict[str, dict[str, float]] = {}
    lengths = {name.partition(": ")[0]: length for name, length in seconds.items()}
    for name, count in counted.items():
        group, colon, what = name.partition(": ")
        if colon:
            groups.setdefault(group, {})[what] = count / seconds.get(name, lengths[group]) / 1e6
    return groups


def complete(groups: dict[str, dict[str, float]], seconds: Mapping[str, float]) -> None:
    """Put in what follows from others: the sum of the stages, and `listen` without its start."""
    start = groups.pop("listen")["to a block"] * seconds["listen: to a block"]
    for name in PATHS:
        path, length = groups[name], seconds[f"{name}: listen"]
        path["sum of the stages"] = sum(path[stage] for stage in STAGES if stage in path)
        path["listen"] = (path["listen"] * length - start) / (length - seconds["listen: to a block"])


def bars(groups: Mapping[str, Mapping[str, float]]) -> list[Bar]:
    """Hold what was counted against what it may be; of Light-SERNet's forms the cheapest counts."""
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
    """Lay it out, heads first: bars, the path by stage, and everything else."""
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
    """Return a table for a terminal."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) if at == 0 else cell.rjust(width) for at, (cell, width) in enumerate(columns))
        for columns in (tuple(zip(row, widths, strict=True)) for row in table)
    )
    return "".join(line.rstrip() + "\n" for line in lines)


def markdown(table: Table) -> str:
    """Return a table for a README."""
    head, *rows = table
    lines = [head, ["---"] + ["--:"] * (len(head) - 1), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
