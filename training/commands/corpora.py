"""``python -m training corpora``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import click

from edge_ser.cli.options import format_of
from edge_ser.console import standard_output
from edge_ser.errors import EdgeSerError
from training import corpora
from training.corpora import CORPORA, Corpus, CorpusListing
from training.corpora.labels import LABELS
from training.support import records
from training.support.records import FLAT

_HEADING: Final = ("corpus", "lang", "licence", "ship", "clips", "speakers", "labels")


@dataclass(frozen=True)
class _Complete:
    """The complete official corpus.

    Attributes:
        clips: How many recordings it has; ``None`` where there is no such number.
        speakers: How many speakers it has; ``None`` where there is no such number.
    """

    clips: int | None
    speakers: int | None


@dataclass(frozen=True)
class _Contents:
    """What was found in a corpus.

    Attributes:
        clips: Usable recordings.
        speakers: Their speakers.
        labels: Their labels.
        skipped: How many files are left out, by reason.
        warnings: What a user should know, one line each.
        error: Why the corpus cannot be used; ``None`` if it can, or if it is missing.
    """

    clips: int
    speakers: int
    labels: tuple[str, ...]
    skipped: dict[str, int]
    warnings: tuple[str, ...]
    error: str | None


@dataclass(frozen=True)
class _Row:
    """A corpus; of one that is not known by name, all that is not in its folder is ``None``.

    Attributes:
        name: Its name on the command line.
        title: Its full name.
        languages: ISO 639-1 codes.
        licence: What its makers allow.
        weights_may_ship: Whether weights trained on it may be given away for any use.
        get: Where to get it.
        citation: How it is cited.
        left_out: What of it is not used, and why.
        complete: The complete official corpus.
        folder: Where it is; ``None`` if it is missing.
        contents: What was found there.
    """

    name: str
    title: str | None
    languages: tuple[str, ...] | None
    licence: str | None
    weights_may_ship: bool | None
    get: str | None
    citation: str | None
    left_out: str | None
    complete: _Complete
    folder: str | None
    contents: _Contents = field(metadata=FLAT)


@click.command(name="corpora")
@click.option(
    "--data",
    envvar="EDGE_SER_DATA",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with one folder for each corpus; by default $EDGE_SER_DATA.",
)
@format_of("table", "json")
def command(data: Path | None, format_: str) -> None:
    """List the known corpora: which are available, what their licences allow, and how to get the others."""
    rows = [_known(corpus, data) for corpus in CORPORA.values()]
    rows += [_other(data, name) for name in corpora.others_in(data)] if data else []
    text = json.dumps(records.to_json(rows), indent=1, ensure_ascii=False) if format_ == "json" else _table(rows)
    standard_output.write(text + "\n")


def _known(corpus: Corpus, data: Path | None) -> _Row:
    folder = corpora.folder_of(data, corpus.name) if data else None
    return _Row(
        name=corpus.name,
        title=corpus.title,
        languages=corpus.languages,
        licence=corpus.licence,
        weights_may_ship=corpus.ships,
        get=corpus.get,
        citation=corpus.citation,
        left_out=corpus.left_out,
        complete=_Complete(corpus.clips, corpus.speakers),
        folder=str(folder) if folder else None,
        contents=_contents(data if folder else None, corpus.name),
    )


def _other(data: Path, name: str) -> _Row:
    unknown = (None,) * 7
    return _Row(name, *unknown, _Complete(None, None), str(data / name), _contents(data, name))


def _contents(data: Path | None, name: str) -> _Contents:
    found, error = CorpusListing([], []), None
    try:
        found = corpora.read(data, name) if data else found
    except EdgeSerError as wrong:
        error = str(wrong)
    present = {clip.label for clip in found.clips}
    return _Contents(
        clips=len(found.clips),
        speakers=len({clip.speaker for clip in found.clips}),
        labels=tuple(label for label in LABELS if label in present),
        skipped=corpora.skips(found),
        warnings=tuple(corpora.warnings(found, name)) if found.clips else (),
        error=error,
    )


def _table(rows: Sequence[_Row]) -> str:
    """Return one line for each corpus, and notes below them."""
    cells = [_HEADING, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]
    lines += [
        "",
        "ship: whether weights trained on it may ship, for any use; labels: their first three letters",
    ]
    notes = [note for row in rows for note in _notes(row)]
    lines += ["", *notes] if notes else []
    missing = [row for row in rows if row.get and not row.contents.clips]
    if missing:
        lines += ["", "How to get the others; each goes into a folder with its name in the data folder (--data):"]
        lines += [f"  {row.name:8} {row.get}" for row in missing]
    return "\n".join(lines)


def _notes(row: _Row) -> list[str]:
    notes = [line for line in row.contents.warnings if "skipped" not in line]
    notes += [f"{row.name}: skipped {count}: {reason}" for reason, count in row.contents.skipped.items()]
    return notes + ([f"{row.name}: {row.contents.error}"] if row.contents.error else [])


def _cells(row: _Row) -> tuple[str, ...]:
    contents = row.contents
    nothing = "missing" if row.folder is None else "none usable"
    return (
        row.name,
        ",".join(row.languages or ()) or "-",
        row.licence or "-",
        {True: "yes", False: "no", None: "-"}[row.weights_may_ship],
        _count(contents.clips, row.complete.clips),
        _count(contents.speakers, row.complete.speakers),
        " ".join(label[:3] for label in contents.labels) or ("-" if contents.clips else nothing),
    )


def _count(found: int, complete: int | None) -> str:
    return f"{found}/{complete}" if complete else str(found)
