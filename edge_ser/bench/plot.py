"""A result as a picture: the cost of each stage, and how long a label takes."""

from __future__ import annotations

from typing import Any, Final

from edge_ser.bench import table
from edge_ser.bench.figures import STAGES
from edge_ser.bench.result import BenchmarkResult
from edge_ser.reports import plotting

_COLOURS: Final = ("#E69F00", "#F0E442", "#56B4E9", "#009E73", "#0072B2", "#CC79A7", "#D55E00", "0.6")
"""The colours of Okabe and Ito, which people with any colour vision can tell apart, and grey for ``rest``."""

_PERCENTILES: Final = ("p50", "p90", "p95", "p99", "max")


def require_matplotlib() -> Any:
    """Return matplotlib's module for figures.

    Raises:
        EdgeSerError: matplotlib is not installed.
    """
    return plotting.require("matplotlib.figure", "--plot")


def draw(result: BenchmarkResult) -> bytes:
    """Return the picture, a PNG file.

    Raises:
        EdgeSerError: matplotlib is not installed.
    """
    names = [one.configuration.name.replace(", ", "\n") for one in result.measurements]
    figure = require_matplotlib().Figure(figsize=(11, 4.5 + 0.8 * len(names)), layout="constrained", dpi=100)
    figure.suptitle(f"edge-ser bench: {table.machine(result.environment)}")
    costs, times = figure.subplots(2, 1, height_ratios=(1 + len(names), 4))
    _draw_costs(costs, result, names)
    _draw_times(times, result)
    return plotting.png(figure)


def _draw_costs(axes: Any, result: BenchmarkResult, names: list[str]) -> None:
    left = [0.0] * len(names)
    for stage, colour in zip(STAGES, _COLOURS, strict=True):
        stages = [one.stage(stage) for one in result.measurements]
        widths = [one.milliseconds_a_second for one in stages]
        bars = axes.barh(names, widths, left=left, color=colour, label=stage)
        shares = [f"{one.share:.0%}" if one.share >= 0.05 else "" for one in stages]
        axes.bar_label(bars, shares, label_type="center", fontsize=8)
        left = [a + b for a, b in zip(left, widths, strict=True)]
    axes.invert_yaxis()
    axes.set_xlabel("ms per second of audio, by stage")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(STAGES), frameon=False)


def _draw_times(axes: Any, result: BenchmarkResult) -> None:
    for one in result.measurements:
        latency = one.latency(lambda round_: round_.end_to_end)
        axes.plot(_PERCENTILES, [getattr(latency, p) for p in _PERCENTILES], marker="o", label=one.configuration.name)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("ms from the arrival of a block\nto its last event")
    axes.legend(loc="upper left", frameon=False)
