"""A report as one PNG picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from edge_ser.reports import plotting
from edge_ser.reports.colours import colours
from edge_ser.reports.history import wording
from edge_ser.reports.history.figures import SLOT_MINUTES, SLOTS, Figures, Speech

_MOST_WEEKDAYS: Final = 14
"""Most days whose names fit below the bars with their weekday."""


def render(figures: Figures) -> bytes:
    """Return the report as a PNG file.

    Raises:
        EdgeSerError: matplotlib is not installed.
    """
    module = plotting.require("matplotlib.figure", "a report as PNG", instead=", or write HTML or TXT")
    days = len(figures.by_day)
    timeline = max(1.5, min(12.0, 0.2 * days))
    picture = module.Figure(figsize=(11, 8 + timeline), layout="constrained", dpi=100)
    picture.suptitle(wording.title(figures), fontsize=14)
    if figures.total.utterances:
        share, hours, by_day, when = picture.subplots(4, 1, height_ratios=(0.8, 3, 3, timeline))
        _share(share, figures)
        names = [f"{hour:02d}" for hour in range(24)]
        _bars(hours, names, figures.by_hour, figures.labels, "hour of the day")
        _bars(by_day, _days(figures), list(figures.by_day.values()), figures.labels, "day")
        _timeline(when, figures)
    else:
        picture.text(0.5, 0.5, "\n".join(wording.sentences(figures)[:2]), ha="center", fontsize=12)
    return plotting.png(picture)


def _share(axes: Any, figures: Figures) -> None:
    left = 0.0
    for label, (colour, _) in colours(figures.labels).items():
        part = 100 * figures.total.share(label)
        axes.barh(0, part, 1.0, left, color=colour, edgecolor="white", label=f"{label} {part:.0f}%")
        left += part
    axes.set(xlim=(0, 100), ylim=(-0.5, 0.5), yticks=())
    axes.set_xlabel(f"% of {wording.duration(figures.total.seconds)} of speech")
    axes.legend(ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)


def _bars(axes: Any, names: list[str], columns: Sequence[Speech], labels: tuple[str, ...], xlabel: str) -> None:
    places = range(len(columns))
    below = [0.0] * len(columns)
    for label, (colour, _) in colours(labels).items():
        minutes = [speech.by_label.get(label, 0.0) / 60 for speech in columns]
        axes.bar(places, minutes, 0.8, below, color=colour, edgecolor="white", linewidth=0.5)
        below = [one + more for one, more in zip(below, minutes, strict=True)]
    every = -(-len(columns) // 24)
    axes.yaxis.get_major_locator().set_params(steps=(1, 2, 5, 10))  # no ticks at 2.5 and 7.5
    axes.set(xlabel=xlabel, ylabel="speech, min", xlim=(-0.6, len(columns) - 0.4))
    axes.set_xticks(list(places)[::every], names[::every])


def _timeline(axes: Any, figures: Figures) -> None:
    rows = {day: number for number, day in enumerate(figures.by_day)}
    for label, (colour, _) in colours(figures.labels).items():
        slots = [(day, slot) for (day, slot), speech in figures.slots.items() if speech.leading == label]
        starts = [24 * slot / SLOTS for _, slot in slots]
        axes.barh([rows[day] for day, _ in slots], SLOT_MINUTES / 60, 0.85, starts, align="center", color=colour)
    every = -(-len(rows) // 31)
    axes.set(xlim=(0, 24), xticks=range(0, 25, 3), ylim=(len(rows) - 0.5, -0.5))
    axes.set(
        ylabel="day",
        xlabel=f"hour of the day; each {SLOT_MINUTES} min in the colour of its predominant label",
    )
    axes.set_yticks(list(rows.values())[::every], _days(figures)[::every])


def _days(figures: Figures) -> list[str]:
    weekdays = len(figures.by_day) <= _MOST_WEEKDAYS
    return [f"{wording.day(day)[:3]} {day:%m-%d}" if weekdays else f"{day:%m-%d}" for day in figures.by_day]
