"""A result for people: text for a terminal, or Markdown.  Pure: data in, text out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge_ser.bench.compare import Comparison
from edge_ser.bench.figures import Latency, Measurement, Stage
from edge_ser.bench.result import Environment, Result, State

_HEAD: Final = ("", "first", "p50", "p90", "p95", "p99", "max", "blocks", "ms a second", "share")

_NAMES: Final = {"health": "health of the microphone", "rest": "the rest, stopwatches included"}


_RULE: Final = (
    "of the rounds: latencies are medians, the longest apart; undisturbed is each block from its quickest pass and, as "
    "all costs are, from the lowest round"
)


@dataclass(frozen=True)
class Table:
    """A table with a title.

    Attributes:
        title: Above it.
        head: Of its columns; the first is that of the rows' names.
        rows: Each with as many cells.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def text(self) -> str:
        """Return it for a terminal, names to the left, figures to the right."""
        widths = [max(map(len, column)) for column in zip(self.head, *self.rows, strict=True)]
        lines = [
            "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
            for row in (self.head, *self.rows)
        ]
        return "\n".join([self.title, *(f"  {line}".rstrip() for line in lines)])

    def markdown(self) -> str:
        """Return it as Markdown."""
        rule = ("---", *("---:" for _ in self.head[1:]))
        lines = ("| " + " | ".join(row) + " |" for row in (self.head, rule, *self.rows))
        return "\n".join([f"### {self.title}", "", *lines])


def render(result: Result, comparison: Comparison | None = None, markdown: bool = False) -> str:
    """Return a result as text.

    Args:
        result: What to show.
        comparison: With an older one; ``None`` if there is none.
        markdown: Whether as Markdown.
    """
    tables = list(_tables(result))
    warnings = list(result.warnings)
    if comparison is not None:
        tables.append(_comparison(comparison))
        warnings += [f"compared with {comparison.file}: {warning}" for warning in comparison.warnings]
    title = f"edge-ser {result.version} bench, {result.date}"
    facts = [f"heard: {'; '.join(result.notes)}", *_environment(result.environment), _RULE]
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
    """Return what machine it is, as far as it says."""
    return ", ".join(filter(None, (where.board, where.soc, f"{where.cores} x {where.processor}")))


def _tables(result: Result) -> list[Table]:
    several = len(result.measurements) > 1
    stages = [_stages(one, f"{i}: " * several) for i, one in enumerate(result.measurements, 1)]
    return [*stages, _figures(result.measurements)]


def _stages(found: Measurement, number: str) -> Table:
    kind = found.configuration
    rounds = "1 round" if len(found.rounds) == 1 else f"{len(found.rounds)} rounds"
    rows = [
        _row(_NAMES.get(name, name), found.stage(name).latency, found.stage(name)) for name in found.rounds[0].stages
    ]
    rows.append(_row("every block, all of it", found.latency(lambda one: one.block)))
    rows.append(_row("a label, end to end", found.latency(lambda one: one.end_to_end)))
    rows.append(_row("a label, undisturbed", found.undisturbed))
    if found.paced is not None:
        rows.append(_row("paced: every block", found.paced.block))
        rows.append(_row("paced: a label", found.paced.end_to_end))
        rows.append(_row("paced: late wake-up", found.paced.wake_up))
    which = f"{number}{kind.name}; version {kind.interpreter_version}, sha256 {kind.network_sha256[:12]}"
    return Table(f"{which}: ms a block, {rounds}", _HEAD, tuple(rows))


def _row(name: str, latency: Latency, stage: Stage | None = None) -> tuple[str, ...]:
    times = (latency.first, latency.p50, latency.p90, latency.p95, latency.p99, latency.max)
    more = ("", "") if stage is None else (f"{stage.milliseconds_a_second:.3f}", f"{stage.share:.1%}")
    return (name, *(f"{value:.3f}" for value in times), str(latency.blocks), *more)


def _figures(measurements: Sequence[Measurement]) -> Table:
    """One column a configuration; from the second on also how many times the first it is."""
    columns = [_column(one) for one in measurements]
    rows = []
    for name in columns[0]:
        cells = [name]
        for column in columns:
            value, form = column[name]
            cells.append("" if value is None else format(value, form.partition(" ")[0]) + _unit(form))
            if column is not columns[0]:
                first = columns[0][name][0]
                cells.append(f"{value / first:.2f}" if value is not None and first else "")
        if any(cells[1:]):
            rows.append(tuple(cells))
    if len(measurements) == 1:
        return Table("Figures", ("", measurements[0].configuration.name), tuple(rows))
    # Names are too long for columns; the tables above have the numbers before them.
    head = ["", "1"]
    for number in range(2, len(measurements) + 1):
        head += [str(number), f"{number} to 1"]
    return Table("Figures, and ratios to the first", tuple(head), tuple(rows))


def _unit(form: str) -> str:
    unit = form.partition(" ")[2]
    return f" {unit}" if unit else ""


def _column(found: Measurement) -> dict[str, tuple[float | None, str]]:
    kind, begin = found.configuration, found.start_up
    paced, streams = found.paced, found.streams
    carried = "live streams, as many as one core carries" if streams and streams.automatic else "live streams"
    return {
        "a label, undisturbed, p50": (found.undisturbed.p50, ".3f ms"),
        "a label, undisturbed, p99": (found.undisturbed.p99, ".3f ms"),
        "real-time factor": (found.lowest(lambda one: one.real_time_factor), ".5f"),
        "real-time factor, quiet room": (found.lowest(lambda one: one.real_time_factor_quiet), ".5f"),
        "processor time a second of audio": (found.lowest(lambda one: one.processor_speech), ".3f ms"),
        "processor time a second of a quiet room": (found.lowest(lambda one: one.processor_quiet), ".3f ms"),
        "start to listening": (begin.listening, ".0f ms"),
        "  Python itself": (begin.interpreter, ".0f ms"),
        "  imports": (begin.imports, ".0f ms"),
        "  model": (begin.model, ".1f ms"),
        "  first inference": (begin.first_inference, ".1f ms"),
        "resident memory": (found.median(lambda one: one.resident), ".1f MB"),
        "peak memory": (found.median(lambda one: one.peak), ".1f MB"),
        "page faults while hearing": (found.median(lambda one: one.page_faults), ".0f"),
        "context switches not asked for": (found.median(lambda one: one.context_switches), ".0f"),
        "model": (kind.network_bytes / 1e3, ".1f kB"),
        "parameters": (kind.parameters, ",d"),
        "multiply-adds a second of speech": (kind.multiply_adds_a_second, ",d"),
        "processor time a second of audio when paced": (None if paced is None else paced.processor, ".3f ms"),
        "deadlines missed when paced": (None if paced is None else paced.missed, "d"),
        carried: (None if streams is None else streams.count, "d"),
        "  a turn of all of them, p99": (None if streams is None else streams.turn.p99, ".1f ms"),
        "what the stopwatches on the stages add": (found.median(lambda one: one.overhead), ".1%"),
    }


def _environment(where: Environment) -> list[str]:
    threads = "".join(f", {name}={value}" for name, value in where.blas_threads.items())
    cores = ", ".join(map(str, where.pinned))
    others = where.others
    return [
        f"on: {machine(where)}, {where.memory} MB; {where.architecture}, {where.system}, kernel {where.kernel}",
        f"with: Python {where.python}, numpy {where.numpy}{threads}; pinned to core {cores}, no delegate, "
        f"clock governor {where.governor or 'not told'}",
        f"before: {_state(where.before)}; after: {_state(where.after)}",
        f"others: {others.on_our_cores:.1%} of our core, {others.elsewhere:.0%} of the other cores, "
        f"{others.stolen:.1%} of our core stolen by the hypervisor",
    ]


def _state(state: State) -> str:
    clock = "" if state.clock is None else f"{state.clock:.0f} MHz, "
    temperature = "" if state.temperature is None else f"{state.temperature:.0f} degrees Celsius, "
    power = "" if state.power is None else f", power {state.power}"
    return f"{clock}{temperature}load {state.load:g}{power}"


def _comparison(comparison: Comparison) -> Table:
    several = len({row.configuration for row in comparison.rows}) > 1
    rows = tuple(
        (
            f"{row.configuration}: {row.figure}" if several else row.figure,
            f"{row.old:.3f} {row.unit}",
            f"{row.new:.3f} {row.unit}",
            f"{row.ratio:.3f}",
            f"{row.low:.3f} to {row.high:.3f}",
            "WORSE" if row.slower else "",
        )
        for row in comparison.rows
    )
    title = f"Compared with {comparison.file}, limit {comparison.limit:g}"
    return Table(title, ("", "old", "new", "ratio", "95 % interval", ""), rows)
