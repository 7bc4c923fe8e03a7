"""Evaluations as text for people: the tables of one model, and the comparison of families."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from training.scoring.figures import ComparisonRow, Evaluation, FormScores

WIDTH: Final = 100
"""Columns of the widest line; terminals and pages are at least as wide."""

_LONGEST_NAME: Final = 14
"""Letters of the name of a corpus or family; with longer ones the widest line would not fit."""

_COMPARED: Final = ("UAR float", "UAR int8", "parameters", "MMAC/s", "KiB", "ms/s", "trained")
_EXPLAINED: Final = (
    "UAR: mean of the recalls of the classes, with its 95 % interval.  MMAC/s: million multiply-adds per\n"
    "second of speech.  KiB: int8 file.  ms/s: computing time per second of it.  trained: for how long."
)


def table(evaluation: Evaluation) -> str:
    """Return an evaluation as tables of at most 100 columns."""
    overall = evaluation.overall
    sets = {"overall": overall, **evaluation.corpora, **evaluation.sexes}
    parts = [_summary(sets), _remarks(evaluation), _labels(evaluation.labels, overall)]
    return "\n\n".join([*parts, _confusion(evaluation.labels, overall)])


def comparison(rows: Sequence[ComparisonRow], what: str = "family") -> str:
    """Return rows as a Markdown table.

    Args:
        rows: What is compared.
        what: What the rows are, if not families.
    """
    lines = [(what, *_COMPARED), ("---", *["---:"] * len(_COMPARED)), *map(_compared, rows)]
    text = "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
    return f"{text}\n\n{_EXPLAINED}"


def comparison_table(rows: Sequence[ComparisonRow], what: str = "family") -> str:
    """Return the same rows as :func:`comparison` as plain text."""
    return f"{_columns([(what, *_COMPARED), *map(_compared, rows)])}\n\n{_EXPLAINED}"


def _summary(sets: Mapping[str, FormScores]) -> str:
    rows = [("", "", "clips", "speakers", "UAR (95 % int.)", "accuracy", "macro-F1", "ECE", "agreement")]
    for name, of_set in sets.items():
        forms = list(of_set.forms)
        for form, scores in of_set.forms.items():
            rows.append(
                (
                    name if form == forms[0] else "",
                    form,
                    str(scores.clips),
                    str(scores.speakers),
                    _with_interval(scores.uar, scores.uar_interval),
                    _percent(scores.accuracy),
                    _percent(scores.macro_f1),
                    "-" if scores.ece is None else f"{scores.ece:.3f}",
                    _percent(of_set.agreement) if form == forms[-1] else "",
                )
            )
    return _columns(rows)


def _remarks(evaluation: Evaluation) -> str:
    overall, sexes = evaluation.overall, evaluation.per_sex
    lines = []
    for form, scores in overall.forms.items():
        surest = _percent(scores.surest_half_accuracy)
        lines.append(f"{form}: {scores.no_speech} clips without detected speech (wrong); surest half: {surest} correct")
    if overall.int8_drop is not None:
        lines.append(f"UAR of int8 minus that of float: {-100 * overall.int8_drop:+.1f} points")
    differences = sexes.difference_of_uar.forms if sexes and sexes.difference_of_uar else {}
    for form, (difference, (low, high)) in differences.items():
        points = f"{100 * difference:+.1f} points ({100 * low:+.1f} to {100 * high:+.1f})"
        lines.append(f"UAR of women minus that of men, {form}: {points}")
    lines.append("intervals: 95 %, bootstrap over speakers, or over clips where there is one speaker")
    return "\n".join(lines)


def _labels(labels: Sequence[str], overall: FormScores) -> str:
    forms = overall.forms
    rows = [("", "clips", *(f"{figure} {form}" for form in forms for figure in ("recall", "precision")))]
    counts = next(iter(forms.values())).confusion
    for i, label in enumerate(labels):
        figures = [of.get(label) for scores in forms.values() for of in (scores.recalls, scores.precisions)]
        rows.append((label, str(sum(counts[i])), *map(_percent, figures)))
    return _columns(rows)


def _confusion(labels: Sequence[str], overall: FormScores) -> str:
    # each column has two spaces before it
    widest = (WIDTH - max(map(len, labels))) // (len(labels) + 1) - 2
    head = tuple(_cropped(label, widest) for label in (*labels, "no speech"))
    rows = [(label, *map(str, row)) for label, row in zip(labels, overall.best.confusion, strict=True)]
    title = f"clips, {overall.best_form}; rows: true labels; columns: predicted labels"
    return f"{title}\n" + _columns([("", *head), *rows])


def _compared(row: ComparisonRow) -> tuple[str, ...]:
    parameters, operations, size = row.parameters, row.multiply_adds_a_second, row.int8_bytes
    latency, seconds = row.latency_us_a_second, row.seconds
    return (
        _cropped(row.family, _LONGEST_NAME),
        _with_interval(row.uar, row.uar_interval),
        _with_interval(row.uar_int8, row.uar_int8_interval),
        "-" if parameters is None else f"{parameters:,}",
        "-" if operations is None else f"{operations / 1e6:.2f}",
        "-" if size is None else f"{size / 1024:.1f}",
        "-" if latency is None else f"{latency / 1e3:.2f}",
        "-" if seconds is None else _duration(seconds),
    )


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _with_interval(share: float | None, interval: Sequence[float] | None) -> str:
    if interval is None:
        return _percent(share)
    low, high = interval
    return f"{_percent(share)} ({100 * low:.1f}-{100 * high:.1f})"


def _cropped(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "."


def _columns(rows: Sequence[Sequence[str]]) -> str:
    """Align cells: the first of each row to the left, the others to the right."""
    rows = [(_cropped(row[0], _LONGEST_NAME), *row[1:]) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([f"{first:<{widths[0]}}", *cells]).rstrip())
    return "\n".join(lines)
