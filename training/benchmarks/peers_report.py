"""The comparison with peers as tables for people, Markdown and a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from edge_ser.errors import EdgeSerError
from training.benchmarks.peers_result import PeersResult
from training.support.files import write_with

COMMAND: Final = "python -m training.benchmarks.peers"

_OURS, _THEIRS = "#d1495b", "#8d99ae"


def text(result: PeersResult) -> str:
    """Return the result as tables for a terminal."""
    lines = _about(result)
    for title, rows in _tables(result):
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines += ["", title]
        for first, *rest in rows:
            cells = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
            lines.append("  ".join(["", first.ljust(widths[0]), *cells]).rstrip())
    return "\n".join(lines) + "\n"


def markdown(result: PeersResult) -> str:
    """Return the result as a page of Markdown."""
    lines = [
        "# edge-ser and its peers in one run",
        "",
        f"`{result.command}`",
        "",
        *(f"- {x}" for x in _about(result)),
    ]
    for title, (head, *rows) in _tables(result):
        lines += ["", f"## {title}", "", _piped(head), _piped(["---", *["---:"] * (len(head) - 1)])]
        lines += map(_piped, rows)
    return "\n".join(lines) + "\n"


def _piped(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _about(result: PeersResult) -> list[str]:
    where, audio = result.environment, result.audio
    installed = ", ".join(f"{name} {version}" for name, version in where.versions.items())
    lines = [
        f"{where.date}, revision {where.revision}, {where.processor}, one core, one thread",
        f"Python {where.python}; {installed}",
        f"{audio.seconds:.0f} s of speech ({audio.clips} clips of EmoDB without pauses between them; speech is detected"
        f" in {audio.in_utterances:.0%}), {audio.quiet_seconds:.0f} s of a quiet room",
        "Light-SERNet: the whole stream, 3 s every 0.5 s, behind edge-ser's front end; openSMILE: once per clip",
        f"processor time per second of audio: median of {result.rounds} rounds in turns (least .. greatest)",
    ]
    if where.busy:
        lines.append(f"THE MACHINE WAS BUSY (load average {where.load_average}): measure again when it is idle")
    return lines + [f"left out: {note}" for note in result.left_out]


def _tables(result: PeersResult) -> list[tuple[str, list[list[str]]]]:
    tables = []
    for section in result.sections:
        rows = [["", "ms", "least .. greatest", "the first one takes", "least .. greatest"]]
        for row in section.rows:
            cost, share = row.cpu_ms_a_second, row.base_takes
            write = _part if share.median < 0.5 else "{:.2f}".format
            spread = f"{write(share.least)} .. {write(share.greatest)}"
            cells = [row.name, f"{cost.median:.2f}", f"{cost.least:.2f} .. {cost.greatest:.2f}"]
            rows.append(cells + (["", ""] if row.name == section.base else [write(share.median), spread]))
        tables.append((section.title, rows))
    rows = [["", "figure", "bar", "reach", ""]]
    for bar in result.bars:
        cells = [_figure(figure, bar.more) for figure in (bar.value, bar.bar, bar.reach)]
        rows.append([bar.name, *cells, "MISSED" if bar.missed else "met"])
    tables.append(("What was promised", rows))
    return tables


def _part(value: float) -> str:
    return f"1/{1 / value:.3g}"


def _figure(value: float, more: bool) -> str:
    """Write a figure of a bar: a number, a small share, or a fraction with the numerator 1."""
    return f"{value:.0f}" if more else f"{value:.2g}" if value < 0.01 else _part(value)


def plot(result: PeersResult, path: Path) -> None:
    """Draw the times as bars, one panel for each section.

    Raises:
        EdgeSerError: matplotlib is missing.
        OutputFailed: the file cannot be written.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise EdgeSerError("a picture needs matplotlib: pip install -e '.[train,peers]'") from None
    sections = result.sections
    heights = [len(section.rows) + 1.5 for section in sections]
    figure = Figure((10.0, 0.3 * sum(heights) + 0.8), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(sections), 1, sharex=True, height_ratios=heights, squeeze=False)[:, 0]
    for axes, section in zip(panels, sections, strict=True):
        spreads = [row.cpu_ms_a_second for row in section.rows]
        names = [row.name for row in section.rows]
        medians = [spread.median for spread in spreads]
        around = [[s.median - s.least for s in spreads], [s.greatest - s.median for s in spreads]]
        colours = [_OURS if name.startswith("edge-ser") else _THEIRS for name in names]
        axes.barh(names, medians, xerr=around, color=colours, ecolor="black", error_kw={"linewidth": 0.8})
        for place, spread in enumerate(spreads):
            axes.text(spread.greatest * 1.08, place, f"{spread.median:.2f}", va="center", fontsize=8)
        axes.set_title(section.title, loc="left", fontsize=10)
        axes.invert_yaxis()
        axes.grid(axis="x", alpha=0.3)
        axes.set_axisbelow(True)
        axes.tick_params(labelsize=8)
    costs = [row.cpu_ms_a_second for section in sections for row in section.rows]
    panels[0].set_xscale("log")
    panels[0].set_xlim(min(cost.least for cost in costs) / 2, max(cost.greatest for cost in costs) * 2)
    panels[-1].xaxis.set_major_formatter("{x:g}")
    panels[-1].set_xlabel("processor time per second of audio, ms (logarithmic; median, least and greatest)")
    write_with(path, lambda to: figure.savefig(to, format="png", metadata={"Software": None}))
