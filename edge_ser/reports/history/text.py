"""A report as plain text: sentences and tables, for a screen reader, a terminal or an e-mail."""

from __future__ import annotations

import textwrap
from typing import Final

from edge_ser.reports.history import wording
from edge_ser.reports.history.figures import Figures

_WIDTH: Final = 100


def render(figures: Figures) -> str:
    """Return the report as text."""
    title = wording.title(figures)
    parts = [f"{title}\n{'=' * len(title)}\n"]
    parts += [textwrap.fill(sentence, _WIDTH) + "\n" for sentence in wording.sentences(figures)]
    parts += [_table(table) for table in wording.tables(figures)]
    return "\n".join(parts)


def _table(table: wording.ReportTable) -> str:
    rows = [table.columns, *table.rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.columns))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([table.title, "-" * len(table.title), *lines]) + "\n"
