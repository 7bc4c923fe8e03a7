"""A result for people: text for a terminal, or Markdown.  Pure: data in, text out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge_ser.bench.compare import Comparison
from edge_ser.bench.figures import Latency, Measurement, Stage
from edge_ser.bench.result import BenchmarkResult, Environment, MachineState

_HEAD: Final = ("", "first", "p50", "p90", "p95", "p99", "max", "blocks", "ms per second", "share")

_NAMES: Final = {"health": "microphone health check", "rest": "the rest, with the stopwatches"}

_RULE: Final = (
    "over the rounds: latencies are medians, but max is the longest; undisturbed takes each block from its fastest "
    "pass and, like all costs, the lowest round"
)


@dataclass(frozen=True)
class Table:
    """A table with a title.

    Attributes:
        title: Line above the table.
        head: Headings of the columns; the first column names the rows.
        rows: Rows of as many cells.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def text(self) -> str:
        """Return the table for a terminal, names aligned left and figures right."""
        widths = [max(map(len, column)) for column in zip(self.head, *self.rows, strict=True)]
        lines = [
            "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
            for row in (self.head, *self.rows)
        ]
        return "\n".join([self.title, *(f"  {line}".rstrip() for line in lines)])

    def markdown(self) -> str:
        """Return the table as Markdown."""
        rule = ("---", *("---:" for _ in self.head[1:]))
        lines = ("| " + " | ".join(row) + " |" for row in (self.head, rule, *self.rows))
        return "\n".join([f"### {self.title}", "", *lines])


def render(result: BenchmarkResult, comparison: Comparison | None = None, markdown: bool = False) -> str:
    """Return a result as text.

    Args:
        result: What to show.
        comparison: Comparison with an earlier result, if there is one.
        markdown: Whether to write Markdown.
    """
    tables = list(_tables(result))
    warnings = list(result.warnings)
    if comparison is not None:
        tables.append(_comparison_table(comparison))
        warnings += [f"compared with {comparison.file}: {warning}" for warning in comparison.warnings]
    title = f"edge-ser {result.version} bench, {result.date}"
    facts = [f"audio: {'; '.join(result.notes)}", *_environment(result.environment), _RULE]
    if markdown:
        loud = "\n".join(f"> **WARNING: {warning}**\n>" for warning in warnings).removesuffix("\n>")
        parts = [f"## {title}", "\n".join(f"- {fact}" for fact in facts), loud]
        return "\n\n".join(part for part in (*parts, *(table.markdown() for table in tables)) if part) + "\n"
    parts = [
        "\n".join([title, *(f"  {fact}" for fact in facts)]),
        "\n".join(f"WARNING: {warning}" for warning in warnings),
    ]
    return "\n\n".join(part for part in (*parts, *(table.text() for table in tables)) if part) + "\n"


def machine(where: Environment) -> str:
    """Return what is known about the machine's model."""
    return ", ".join(filter(None, (where.board, where.soc, f"{where.cores} x {where.processor}")))


def _tables(result: BenchmarkResult) -> list[Table]:
    several = len(result.measurements) > 1
    stages = [_stage_table(one, f"{i}: " * several) for i, one in enumerate(result.measurements, 1)]
    return [*stages, _figure_table(result.measurements)]


def _stage_table(measured: Measurement, number: str) -> Table:
    configuration = measured.configuration
    rounds = "1 round" if len(measured.rounds) == 1 else f"{len(measured.rounds)} rounds"
    rows = [
        _row(_NAMES.get(name, name), measured.stage(name).latency, measured.stage(name))
        for name in measured.rounds[0].stages
    ]
    rows.append(_row("whole block", measured.latency(lambda one: one.block)))
    rows.append(_row("label latency, end to end", measured.latency(lambda one: one.end_to_end)))
    rows.append(_row("label latency, undisturbed", measured.undisturbed))
    if measured.paced is not None:
        rows.append(_row("paced: whole block", measured.paced.block))
        rows.append(_row("paced: label latency", measured.paced.end_to_end))
        rows.append(_row("paced: late wake-up", measured.paced.wake_up))
    version, sha256 = configuration.interpreter_version, configuration.network_sha256[:12]
    title = f"{number}{configuration.name}; version {version}, sha256 {sha256}: ms per block, {rounds}"
    return Table(title, _HEAD, tuple(rows))


def _row(name: str, latency: Latency, stage: Stage | None = None) -> tuple[str, ...]:
    times = (latency.first, latency.p50, latency.p90, latency.p95, latency.p99, latency.max)
    more = ("", "") if stage is None else (f"{stage.milliseconds_a_second:.3f}", f"{stage.share:.1%}")
    return (name, *(f"{value:.3f}" for value in times), str(latency.blocks), *more)


def _figure_table(measurements: Sequence[Measurement]) -> Table:
    """Return one column per configuration, and from the second on its ratio to the first."""
    columns = [_column(one) for one in measurements]
    rows = []
    for name in columns[0]:
        cells = [name]
        for column in columns:
            value, format_ = column[name]
            cells.append("" if value is None else format(value, format_.partition(" ")[0]) + _unit(format_))
            if column is not columns[0]:
                first = columns[0][name][0]
                cells.append(f"{value / first:.2f}" if value is not None and first else "")
        if any(cells[1:]):
            rows.append(tuple(cells))
    if len(measurements) == 1:
        return Table("Figures", ("", measurements[0].configuration.name), tuple(rows))
    # Names are too long for columns; the titles of the tables above have the numbers.
    head = ["", "1"]
    for number in range(2, len(measurements) + 1):
        head += [str(number), f"{number} to 1"]
    return Table("Figures, and ratios to the first", tuple(head), tuple(rows))


def _unit(format_: str) -> str:
    unit = format_.partition(" ")[2]
    return f" {unit}" if unit else ""


def _column(measured: Measurement) -> dict[str, tuple[float | None, str]]:
    """Return the figures of a configuration by name, each with a format and its unit."""
    configuration, start_up = measured.configuration, measured.start_up
    paced, streams = measured.paced, measured.streams
    stream_count = "live streams, the most one core sustains" if streams and streams.automatic else "live streams"
    return {
        "label latency, undisturbed, p50": (measured.undisturbed.p50, ".3f ms"),
        "label latency, undisturbed, p99": (measured.undisturbed.p99, ".3f ms"),
        "real-time factor": (measured.lowest(lambda one: one.real_time_factor), ".5f"),
        "real-time factor, quiet room": (measured.lowest(lambda one: one.real_time_factor_quiet), ".5f"),
        "CPU time per second of audio": (measured.lowest(lambda one: one.processor_speech), ".3f ms"),
        "CPU time per second of a quiet room": (measured.lowest(lambda one: one.processor_quiet), ".3f ms"),
        "start-up until listening": (start_up.listening, ".0f ms"),
        "  Python itself": (start_up.interpreter, ".0f ms"),
        "  imports": (start_up.imports, ".0f ms"),
        "  model": (start_up.model, ".1f ms"),
        "  first inference": (start_up.first_inference, ".1f ms"),
        "resident memory": (measured.median(lambda one: one.resident), ".1f MB"),
        "peak memory": (measured.median(lambda one: one.peak), ".1f MB"),
        "page faults": (measured.median(lambda one: one.page_faults), ".0f"),
        "involuntary context switches": (measured.median(lambda one: one.context_switches), ".0f"),
        "model": (configuration.network_bytes / 1e3, ".1f kB"),
        "parameters": (configuration.parameters, ",d"),
        "multiply-adds per second of speech": (configuration.multiply_adds_a_second, ",d"),
        "paced: CPU time per second of audio": (None if paced is None else paced.processor, ".3f ms"),
        "paced: missed deadlines": (None if paced is None else paced.missed, "d"),
        stream_count: (None if streams is None else streams.count, "d"),
        "  one block of every stream, p99": (None if streams is None else streams.turn.p99, ".1f ms"),
        "overhead of the stopwatches": (measured.median(lambda one: one.overhead), ".1%"),
    }


def _environment(where: Environment) -> list[str]:
    threads = "".join(f", {name}={value}" for name, value in where.blas_threads.items())
    cores = ", ".join(map(str, where.pinned))
    others = where.others
    return [
        f"machine: {machine(where)}, {where.memory} MB; {where.architecture}, {where.system}, kernel {where.kernel}",
        f"software: Python {where.python}, numpy {where.numpy}{threads}; pinned to core {cores}, no delegate, "
        f"clock governor {where.governor or 'unknown'}",
        f"before: {_state(where.before)}; after: {_state(where.after)}",
        f"other load: {others.on_our_cores:.1%} of our core, {others.elsewhere:.0%} of the other cores; "
        f"{others.stolen:.1%} of our core taken by the hypervisor",
    ]


def _state(state: MachineState) -> str:
    clock = "" if state.clock is None else f"{state.clock:.0f} MHz, "
    temperature = "" if state.temperature is None else f"{state.temperature:.0f} degrees Celsius, "
    power = "" if state.power is None else f", power {state.power}"
    return f"{clock}{temperature}load {state.load:g}{power}"


def _comparison_table(comparison: Comparison) -> Table:
    several = len({row.configuration for row in comparison.rows}) > 1
    rows = tuple(
        (
            f"{row.configuration}: {row.figure}" if several else row.figure,
            f"{row.old:.3f} {row.unit}",
            f"{row.new:.3f} {row.unit}",
            f"{row.ratio:.3f}",
            f"{row.low:.3f} to {row.high:.3f}",
            "REGRESSION" if row.slower else "",
        )
        for row in comparison.rows
    )
    title = f"Compared with {comparison.file}, limit {comparison.limit:g}"
    return Table(title, ("", "old", "new", "ratio", "95 % interval", ""), rows)
