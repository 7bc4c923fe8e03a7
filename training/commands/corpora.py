"""``python -m training corpora``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import click

from edge_ser.cli.options import format_of
from edge_ser.console import standard_output
from edge_ser.errors import EdgeSerError
from training import corpora
from training.corpora import CORPORA, Corpus, CorpusListing
from training.corpora.labels import LABELS

_HEADING: Final = ("corpus", "lang", "licence", "ship", "clips", "speakers", "labels")


@click.command(name="corpora")
@click.option(
    "--data",
    envvar="EDGE_SER_DATA",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with a folder for each corpus; by default $EDGE_SER_DATA.",
)
@format_of("table", "json")
def command(data: Path | None, format_: str) -> None:
    """List the known corpora: what is there, what may be done with it, and how to get the rest."""
    rows = [_known(corpus, data) for corpus in CORPORA.values()]
    rows += [_other(data, name) for name in corpora.others_in(data)] if data else []
    text = json.dumps(rows, indent=1, ensure_ascii=False) if format_ == "json" else _table(rows)
    standard_output.write(text + "\n")


def _known(corpus: Corpus, data: Path | None) -> dict[str, Any]:
    folder = corpora.folder_of(data, corpus.name) if data else None
    facts = {
        "name": corpus.name,
        "title": corpus.title,
        "languages": list(corpus.languages),
        "licence": corpus.licence,
        "weights_may_ship": corpus.ships,
        "get": corpus.get,
        "citation": corpus.citation,
        "left_out": corpus.left_out,
        "complete": {"clips": corpus.clips, "speakers": corpus.speakers},
        "folder": str(folder) if folder else None,
    }
    return {**facts, **_contents(data if folder else None, corpus.name)}


def _other(data: Path, name: str) -> dict[str, Any]:
    unknown = dict.fromkeys(("title", "languages", "licence", "weights_may_ship", "get", "citation", "left_out"))
    complete = {"clips": None, "speakers": None}
    return {"name": name, **unknown, "complete": complete, "folder": str(data / name), **_contents(data, name)}


def _contents(data: Path | None, name: str) -> dict[str, Any]:
    found, error = CorpusListing([], []), None
    try:
        found = corpora.read(data, name) if data else found
    except EdgeSerError as wrong:
        error = str(wrong)
    there = {clip.label for clip in found.clips}
    return {
        "clips": len(found.clips),
        "speakers": len({clip.speaker for clip in found.clips}),
        "labels": [label for label in LABELS if label in there],
        "skipped": corpora.skips(found),
        "warnings": corpora.warnings(found, name) if found.clips else [],
        "error": error,
    }


def _table(rows: list[dict[str, Any]]) -> str:
    """Return one line a corpus, and below what is to be said of some."""
    cells = [_HEADING, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]
    lines += ["", "ship: whether weights that learned from it may, for any use; labels: by their first three letters"]
    notes = []
    for row in rows:
        skipped = [f"{row['name']}: skipped {count}: {reason}" for reason, count in row["skipped"].items()]
        notes += [line for line in row["warnings"] if "skipped" not in line] + skipped
        notes += [f"{row['name']}: {row['error']}"] if row["error"] else []
    lines += ["", *notes] if notes else []
    missing = [row for row in rows if row["get"] and not row["clips"]]
    if missing:
        lines += ["", "How to get the others; each goes into a folder with its name in the data folder (--data):"]
        lines += [f"  {row['name']:8} {row['get']}" for row in missing]
    return "\n".join(lines)


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    def of(key: str) -> str:
        complete = row["complete"][key]
        return f"{row[key]}/{complete}" if complete else str(row[key])

    nothing = "not there" if row["folder"] is None else "none of use"
    return (
        row["name"],
        ",".join(row["languages"] or ()) or "-",
        row["licence"] or "-",
        {True: "yes", False: "no", None: "-"}[row["weights_may_ship"]],
        of("clips"),
        of("speakers"),
        " ".join(label[:3] for label in row["labels"]) or ("-" if row["clips"] else nothing),
    )
