"""Evaluations as text for people: the tables of one model, and the comparison of families."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

WIDTH: Final = 100
"""Columns of the widest line; terminals and pages are at least as wide."""

_LONGEST_NAME: Final = 14
"""Letters of a corpus' or family's name; with longer ones the widest line would not fit."""

_MODELS: Final = ("float", "int8")

_COMPARED: Final = ("UAR float", "UAR int8", "parameters", "MMAC/s", "KiB", "ms/s", "trained")
_EXPLAINED: Final = (
    "UAR: mean of the classes' recalls, with its 95 % interval.  MMAC/s: million multiply-adds a second\n"
    "of speech.  KiB: of the int8 file.  ms/s: computing time a second of speech.  trained: for how long."
)


def table(evaluation: dict[str, Any]) -> str:
    """Return what :func:`training.scoring.metrics.evaluation` gave as tables of at most 100 columns."""
    overall = evaluation["overall"]
    by_sex = {k: v for k, v in evaluation.get("per_sex", {}).items() if k != "difference_of_uar"}
    sets = {"overall": overall} | evaluation.get("per_corpus", {}) | by_sex
    parts = [_summary(sets), _remarks(evaluation), _labels(evaluation["labels"], overall)]
    parts.append(_confusion(evaluation["labels"], "int8" if "int8" in overall else "float", overall))
    return "\n\n".join(parts)


def comparison(rows: Sequence[dict[str, Any]], what: str = "family") -> str:
    """Return families as a Markdown table.

    Args:
        rows: With the keys family, uar, uar_interval, uar_int8, uar_int8_interval (shares), parameters,
            multiply_adds_a_second, int8_bytes, latency_us_a_second (of speech) and seconds (of training); a value may
            be ``None``.
        what: What is compared, if it is not families.
    """
    lines = [(what, *_COMPARED), ("---", *["---:"] * len(_COMPARED)), *map(_compared, rows)]
    text = "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
    return f"{text}\n\n{_EXPLAINED}"


def comparison_table(rows: Sequence[dict[str, Any]], what: str = "family") -> str:
    """Return the same rows as :func:`comparison` as plain text."""
    return f"{_columns([(what, *_COMPARED), *map(_compared, rows)])}\n\n{_EXPLAINED}"


def _summary(sets: dict[str, dict[str, Any]]) -> str:
    rows = [("", "", "clips", "speakers", "UAR (95 % int.)", "accuracy", "macro-F1", "ECE", "agreement")]
    for name, of_set in sets.items():
        models = [model for model in _MODELS if model in of_set]
        for model in models:
            scores = of_set[model]
            rows.append(
                (
                    name if model == models[0] else "",
                    model,
                    str(scores["clips"]),
                    str(scores["speakers"]),
                    _with_interval(scores["uar"], scores["uar_interval"]),
                    _percent(scores["accuracy"]),
                    _percent(scores["macro_f1"]),
                    "-" if scores["ece"] is None else f"{scores['ece']:.3f}",
                    _percent(of_set.get("agreement")) if model == models[-1] else "",
                )
            )
    return _columns(rows)


def _remarks(evaluation: dict[str, Any]) -> str:
    overall = evaluation["overall"]
    lines = []
    for model in (model for model in _MODELS if model in overall):
        scores = overall[model]
        surest = _percent(scores["surest_half_accuracy"])
        lines.append(f"{model}: {scores['no_speech']} clips without speech heard (wrong); surest half: {surest} right")
    if "int8_drop" in overall:
        lines.append(f"UAR of int8 less that of float: {-100 * overall['int8_drop']:+.1f} points")
    difference = evaluation.get("per_sex", {}).get("difference_of_uar", {})
    for model in (model for model in _MODELS if model in difference):
        low, high = (100 * end for end in difference[f"{model}_interval"])
        points = f"{100 * difference[model]:+.1f} points ({low:+.1f} to {high:+.1f})"
        lines.append(f"UAR of women less that of men, {model}: {points}")
    lines.append("intervals: 95 %, bootstrap over speakers, or over clips where there is one speaker")
    return "\n".join(lines)


def _labels(labels: Sequence[str], overall: dict[str, Any]) -> str:
    models = [model for model in _MODELS if model in overall]
    rows = [("", "clips", *(f"{figure} {model}" for model in models for figure in ("recall", "precision")))]
    for i, label in enumerate(labels):
        figures = [overall[model][figure].get(label) for model in models for figure in ("recalls", "precisions")]
        rows.append((label, str(sum(overall[models[0]]["confusion"][i])), *map(_percent, figures)))
    return _columns(rows)


def _confusion(labels: Sequence[str], model: str, overall: dict[str, Any]) -> str:
    counts = overall[model]["confusion"]
    # each column has two spaces before it
    widest = (WIDTH - max(map(len, labels))) // (len(labels) + 1) - 2
    head = tuple(_cropped(label, widest) for label in (*labels, "no speech"))
    rows = [(label, *map(str, row)) for label, row in zip(labels, counts, strict=True)]
    return f"clips, {model}; a row: the label; a column: what was said\n" + _columns([("", *head), *rows])


def _compared(row: dict[str, Any]) -> tuple[str, ...]:
    parameters, operations, size = row["parameters"], row["multiply_adds_a_second"], row["int8_bytes"]
    latency, seconds = row["latency_us_a_second"], row["seconds"]
    return (
        _cropped(row["family"], _LONGEST_NAME),
        _with_interval(row["uar"], row["uar_interval"]),
        _with_interval(row["uar_int8"], row["uar_int8_interval"]),
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
    """Align cells, the first of each row to the left, the others to the right."""
    rows = [(_cropped(row[0], _LONGEST_NAME), *row[1:]) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([f"{first:<{widths[0]}}", *cells]).rstrip())
    return "\n".join(lines)
