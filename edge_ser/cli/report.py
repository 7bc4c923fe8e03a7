"""``edge-ser report``: summarizes the history in one file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from edge_ser.cli import period
from edge_ser.console import output_file, standard_error

_SUFFIXES = (".html", ".png", ".txt")


def _suffix(context: click.Context, parameter: click.Parameter, path: Path) -> Path:
    if path.suffix.lower() not in _SUFFIXES:
        raise click.BadParameter(
            f"{path}: the name must end in .html, .png or .txt, for example week.html", context, parameter
        )
    return path


@click.command(name="report")
@period.options
@click.argument("out", type=click.Path(path_type=Path), callback=_suffix, metavar="OUT.html|OUT.png|OUT.txt")
def command(since: datetime, until: datetime, file: Path | None, out: Path) -> None:
    """Summarize the history: speaking time, shares of the emotions by hour and by day, and a timeline.

    HTML is one file with pictures, words and tables, which any browser shows without a network. TXT has the
    same in words and tables only, for a screen reader or an e-mail. PNG has the pictures, and needs matplotlib.
    Times are local. A history is kept only on request, see `edge-ser history --help`.

    \b
    Examples:
      edge-ser report week.html
      edge-ser report --since 30d month.txt
      pip install 'edge-ser[plots]'; edge-ser report week.png
      sudo edge-ser report --since 2026-11-24 --until 2026-11-24 day.png     # the service's
    """
    from edge_ser import paths
    from edge_ser.history import reading
    from edge_ser.reports.history import figures, formats

    period.required_order(since, until)
    path = file or paths.history_to_read()
    summary = figures.summarize(reading.read(path, since, until), since, until)
    output_file.write(out, formats.render(out.suffix.lower(), summary))
    if not summary.total.utterances:
        standard_error.say(
            f"edge-ser: nobody spoke from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M}, according to {path};"
            f" {out} says the same"
        )
