"""``edge-ser history``: prints what was recognized, from the history."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from edge_ser.cli import options, period
from edge_ser.console import standard_error, standard_output

if TYPE_CHECKING:
    from edge_ser.events import Event

_LINES: Final = 500
"""Lines per write: one at a time is slow, and all at once take memory."""


@click.command(name="history")
@period.options
@options.format_of("table", "csv", "json")
def command(since: datetime, until: datetime, file: Path | None, format_: str) -> None:
    """Show what was recognized: utterances and statuses, in the order of their time.

    A history is kept only on request: with `edge-ser listen --publish history:` or, for the service, with
    `sudo edge-ser service install --with history` and "history:" in `output.publish` of its settings. It can be
    read while it is written, though the newest minute may be missing. It is an SQLite file, which other programs
    may read too.

    \b
    Examples:
      edge-ser history --since 12h
      sudo edge-ser history                                  # the service's
      edge-ser history --since 2026-11-01 --until 2026-11-30 --format csv > november.csv
      edge-ser history --format json | jq '.[] | select(.label == "anger") | .time'
    """
    from edge_ser import paths
    from edge_ser.history import reading

    period.required_order(since, until)
    path = file or paths.history_to_read()
    events = reading.read(path, since, until)
    first = next(events, None)
    if first is None:
        standard_error.say(f"edge-ser: no entries in {path} from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M}")
    rows = iter(()) if first is None else chain([first], events)
    lines = {"table": _table, "csv": _csv, "json": _json}[format_](rows)
    while part := "".join(islice(lines, _LINES)):
        standard_output.write(part)


def _table(events: Iterable[Event]) -> Iterator[str]:
    from edge_ser.events import EmotionEvent

    for number, event in enumerate(events):
        if not number:
            yield f"{'local time':<19}  {'label':<15}  confidence  duration\n"
        time = f"{event.time.astimezone():%Y-%m-%d %H:%M:%S}"
        if isinstance(event, EmotionEvent):
            yield f"{time}  {event.label:<15}  {event.confidence:10.0%}  {event.end - event.start:6.1f} s\n"
        else:
            yield f"{time}  {'(' + event.status + ')':<15}  {event.message}\n"


def _csv(events: Iterable[Event]) -> Iterator[str]:
    from edge_ser.events import LABELS, EmotionEvent, to_dict

    # Models differ in their labels: those of the first utterance become the columns.
    events, head = iter(events), []
    for event in events:
        head.append(event)
        if isinstance(event, EmotionEvent):
            break
    labels = next((tuple(event.probabilities) for event in head if isinstance(event, EmotionEvent)), LABELS)
    columns = ["event", "time", "label", "confidence", "start", "end", "utterance", *labels]
    columns += ["status", "message", "position"]
    yield _line(columns)
    for event in chain(head, events):
        values = to_dict(event)
        yield _line([{**values.get("probabilities", {}), **values}.get(column, "") for column in columns])


def _line(values: Sequence[object]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(values)
    return out.getvalue()


def _json(events: Iterable[Event]) -> Iterator[str]:
    from edge_ser.events import to_dict

    before = "[\n "
    for event in events:
        yield before + json.dumps(to_dict(event))
        before = ",\n "
    yield "[]\n" if before.startswith("[") else "\n]\n"
