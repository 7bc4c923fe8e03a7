"""The pictures of a report as SVG, written without a library; the colours come from the page's style."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape
from typing import Final

from edge_ser.reports.history.figures import SLOT_MINUTES, SLOTS, Figures, Speech, slot_time
from edge_ser.reports.history.wording import day, duration

_WIDTH: Final = 760
_LEFT: Final = 64
"""Space for the names on the left, in units of the picture, as are all lengths here."""
_PLOT: Final = _WIDTH - _LEFT - 8
_HEIGHT: Final = 160
"""Height of the bars."""
_ROW: Final = 14
"""Height of a day in the timeline."""
_MOST_NAMES: Final = 12
"""Most names that fit below the bars."""

_STEPS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 18_000, 36_000, 86_400)
"""Round distances between the grid lines, s."""


def share(figures: Figures) -> str:
    """Return one bar with the share of each label."""
    x, parts = 0.0, []
    for number, label in enumerate(figures.labels):
        width = figures.total.share(label) * _WIDTH
        hint = f"{label}: {figures.total.share(label):.0%}, {duration(figures.total.by_label[label])}"
        parts.append(_rectangle(x, 0, width, 36, number, hint))
        x += width
    return _picture(36, "Share of each label in the speaking time", parts)


def by_hour(figures: Figures) -> str:
    """Return bars of the speech in each hour of the day."""
    columns = [(f"{hour:02d}", f"{hour:02d}:00", speech) for hour, speech in enumerate(figures.by_hour)]
    return _bars("Speaking time by hour of the day", columns, figures.labels)


def by_day(figures: Figures) -> str:
    """Return bars of the speech of each day."""
    columns = [(f"{when:%m-%d}", day(when), speech) for when, speech in figures.by_day.items()]
    return _bars("Speaking time by day", columns, figures.labels)


def timeline(figures: Figures) -> str:
    """Return one row per day; each slot has the colour of its predominant label, paler the less speech it has."""
    rows = {when: number for number, when in enumerate(figures.by_day)}
    height = len(rows) * _ROW
    slot_width = _PLOT / SLOTS
    parts = [_day_name(when, number) for when, number in rows.items()]
    for (when, slot), speech in sorted(figures.slots.items()):
        number = figures.labels.index(speech.leading or "")
        opacity = 0.35 + 0.65 * min(1.0, speech.seconds / (SLOT_MINUTES * 20))  # opaque from a third of the slot
        hint = f"{day(when)} {slot_time(slot)}: {duration(speech.seconds)}, mostly {speech.leading}"
        x, y = _LEFT + slot * slot_width, rows[when] * _ROW + 1
        parts.append(_rectangle(x, y, slot_width, _ROW - 2, number, hint, opacity))
    for hour in range(0, 25, 3):
        x = _LEFT + hour / 24 * _PLOT
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height}"/>')
        parts.append(_text(x, height + 14, f"{hour:02d}", "end" if hour == 24 else "middle"))
    return _picture(height + 20, "Timeline, one row per day", parts)


def _bars(title: str, columns: Sequence[tuple[str, str, Speech]], labels: tuple[str, ...]) -> str:
    """Return a bar for each name, long name and speech, stacked by label."""
    most = max(speech.seconds for _, _, speech in columns)
    step = next((step for step in _STEPS if most / step <= 5), _STEPS[-1])
    parts = []
    for line in range(int(most / step) + 1):
        y = 10 + _HEIGHT - line * step / most * _HEIGHT
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_LEFT + _PLOT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(_LEFT - 6, y + 4, duration(line * step), "end"))
    width = _PLOT / len(columns)
    every = -(-len(columns) // _MOST_NAMES)
    for number, (name, long_name, speech) in enumerate(columns):
        x, y = _LEFT + number * width, 10.0 + _HEIGHT
        bar = min(width * 0.8, 60)
        for which, label in enumerate(labels):
            height = speech.by_label.get(label, 0.0) / most * _HEIGHT
            if height:
                y -= height
                hint = f"{long_name}: {label} {speech.share(label):.0%}, {duration(speech.by_label[label])}"
                parts.append(_rectangle(x + (width - bar) / 2, y, bar, height, which, hint))
        if number % every == 0:
            parts.append(_text(x + width / 2, _HEIGHT + 26, name, "middle"))
    return _picture(_HEIGHT + 32, title, parts)


def _day_name(when: date, number: int) -> str:
    return _text(_LEFT - 6, number * _ROW + _ROW - 3, f"{day(when)[:3]} {when:%m-%d}", "end")


def _rectangle(x: float, y: float, width: float, height: float, number: int, hint: str, opacity: float = 1.0) -> str:
    pale = f' fill-opacity="{opacity:.2f}"' if opacity < 1 else ""
    return (
        f'<rect class="c{number}" x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}"{pale}>'
        f"<title>{escape(hint)}</title></rect>"
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _picture(height: float, title: str, parts: list[str]) -> str:
    inner = "\n".join(parts)
    label = f"{escape(title)}; the table below has the same data"
    return f'<svg viewBox="0 0 {_WIDTH} {height:g}" role="img" aria-label="{label}">\n{inner}\n</svg>'
