"""A report as one HTML file without scripts or external resources: sentences, pictures, and tables of the same data."""

from __future__ import annotations

from html import escape
from typing import Final

from edge_ser.reports.colours import colours
from edge_ser.reports.history import svg, wording
from edge_ser.reports.history.figures import Figures

_STYLE: Final = """\
:root { color-scheme: light dark; --ground: #fff; --text: #1c1f23; --line: #d5d9de; }
body { background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif;
  max-width: 52rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; }
svg { width: 100%; height: auto; margin: .5rem 0; }
svg text { fill: var(--text); font-size: 11px; }
.grid { stroke: var(--line); stroke-width: 1; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
th, td { padding: .15rem .75rem .15rem 0; text-align: left; border-bottom: 1px solid var(--line); white-space: nowrap; }
.key { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1rem; }
.key svg { width: .9em; height: .9em; margin: 0 .35em 0 0; vertical-align: -.05em; }
"""

_PICTURES: Final = (svg.share, svg.by_hour, svg.by_day, svg.timeline)
"""One for each table of :func:`edge_ser.reports.history.wording.tables`, in the same order."""


def render(figures: Figures) -> str:
    """Return the report as HTML."""
    title = escape(wording.title(figures))
    parts = [f"<h1>{title}</h1>", *(f"<p>{escape(sentence)}</p>" for sentence in wording.sentences(figures))]
    tables = wording.tables(figures)
    if tables:
        parts.append(_key(figures.labels))
        for table, picture in zip(tables, _PICTURES, strict=True):
            parts.append(f"<h2>{escape(table.title)}</h2>\n{picture(figures)}\n{_table(table)}")
    body = "\n".join(parts)
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
{_STYLE}{_colours(figures.labels)}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def _colours(labels: tuple[str, ...]) -> str:
    both = list(colours(labels).values())
    light = "".join(f".c{number} {{ fill: {colour}; }}\n" for number, (colour, _) in enumerate(both))
    dark = "".join(f"  .c{number} {{ fill: {colour}; }}\n" for number, (_, colour) in enumerate(both))
    ground = "  :root { --ground: #14171a; --text: #e8eaed; --line: #3a4048; }\n"
    return f"{light}@media (prefers-color-scheme: dark) {{\n{ground}{dark}}}\n"


def _key(labels: tuple[str, ...]) -> str:
    swatch = '<svg viewBox="0 0 1 1" aria-hidden="true"><rect class="c{}" width="1" height="1"/></svg>'
    items = "".join(f"<li>{swatch.format(number)}{escape(label)}</li>" for number, label in enumerate(labels))
    return f'<ul class="key" aria-label="Colours">{items}</ul>'


def _table(table: wording.ReportTable) -> str:
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in table.columns)
    rows = "\n".join(
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in row[1:])}</tr>'
        for row in table.rows
    )
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(table.title)}, table">\n'
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n</div>"
    )
