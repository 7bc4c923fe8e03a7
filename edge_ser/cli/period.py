"""Options `--since`, `--until` and `--file` of the commands that read the history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])

_ALLOWED: Final = "is neither a time span such as 12h, 7d or 1d12h nor a date such as 2026-11-24 or 2026-11-24T18:30"


def options(command: _Command) -> _Command:
    """Add ``--since`` and ``--until``, which give local times with their offset, and ``--file``."""
    since = click.option(
        "--since",
        default="7d",
        show_default=True,
        callback=_since,
        metavar="WHEN",
        help="Start: a time span before now (12h, 7d), a local date (2026-11-24) or a time (2026-11-24T18:30).",
    )
    until = click.option(
        "--until",
        callback=_until,
        metavar="WHEN",
        help="End, in the same form; a date includes the whole day.  [default: now]",
    )
    file = click.option(
        "--file",
        type=click.Path(path_type=Path, readable=False),
        metavar="FILE",
        help="History file.  [default: the service's for root, else yours in ~/.local/state/edge-ser]",
    )
    return since(until(file(command)))


def required_order(since: datetime, until: datetime) -> None:
    """Raise an error if a period ends before it begins."""
    if since >= until:
        raise click.UsageError(
            f"the period ends at {until:%Y-%m-%d %H:%M}, before it begins at {since:%Y-%m-%d %H:%M}:"
            " --since must be the earlier one"
        )


def _since(context: click.Context, parameter: click.Parameter, text: str) -> datetime:
    return _moment(context, parameter, text, whole_day=False)


def _until(context: click.Context, parameter: click.Parameter, text: str | None) -> datetime:
    if text is None:
        return _now() + timedelta(seconds=1)  # includes what is being written now
    return _moment(context, parameter, text, whole_day=True)


def _moment(context: click.Context, parameter: click.Parameter, text: str, whole_day: bool) -> datetime:
    from edge_ser.cli.time_span import parse_span

    try:
        return _now() - parse_span(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
        if whole_day and len(text) <= len("2026-11-24"):
            # Midnight by the calendar: the day of a clock change does not have 24 hours.
            moment = datetime.combine(moment.date() + timedelta(days=1), time.min)
        return moment.astimezone()
    except (ValueError, OverflowError):
        raise click.BadParameter(f"{text} {_ALLOWED}", context, parameter) from None


def _now() -> datetime:
    return datetime.now().astimezone()
