"""A table of recordings, ``path,label,speaker[,language][,split][,sex]``, as a CSV file."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from edge_ser.errors import InvalidSetting
from training.corpora import tree
from training.corpora.clip import Clip, Found, Skipped
from training.corpora.labels import label_of, nearest

NEEDED: Final = ("path", "label", "speaker")
OPTIONAL: Final = ("language", "split", "sex")
_WORDS: Final = {"split": ("train", "validation", "test"), "sex": ("female", "male")}

MISSING: Final = "file is missing"
TWICE: Final = "same path as an earlier line"


def is_one(path: Path) -> bool:
    """Return whether a CSV file has a manifest's columns."""
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        return set(NEEDED) <= set(_columns(file.readline().split(",")))


def read(path: Path, name: str) -> Found:
    """Read a manifest.

    A row whose file is missing or whose label means none of ours is skipped; what else is wrong with one is an error,
    since it may well be wrong with all.

    Args:
        path: The CSV file; the paths in it are relative to its folder.
        name: The corpus' name.

    Raises:
        InvalidSetting: a column is missing or unknown, a field is empty or its word unknown, a path stands there twice
            with different labels, or the file is no CSV.
    """
    clips: list[Clip] = []
    skipped: list[Skipped] = []
    seen: dict[Path, tuple[str, int]] = {}
    for number, row in _rows(path):
        line = Path(f"{path}:{number}")
        recording = Path(os.path.normpath(path.parent / row["path"]))
        label = label_of(row["label"])
        meaning = label or row["label"].lower()
        before, first = seen.setdefault(recording, (meaning, number))
        if before != meaning:
            raise InvalidSetting(
                f"{line}: {row['path']} is labelled {row['label']}, but {before} in line {first}; "
                "allowed is one label a path"
            )
        if first != number:
            skipped.append(Skipped(line, TWICE))
        elif label is None:
            like = nearest(row["label"])
            unknown = f"label '{row['label']}' means none of ours"
            skipped.append(Skipped(line, f"{unknown}; the nearest word is {like}" if like else unknown))
        elif not recording.is_file():
            skipped.append(Skipped(line, MISSING))
        elif reason := tree.unusable(recording):
            skipped.append(Skipped(line, reason))
        else:
            clips.append(
                Clip(
                    recording,
                    name,
                    f"{name}/{row['speaker']}",
                    label,
                    sex=row.get("sex") or None,
                    language=row.get("language", "").lower(),
                    part=row.get("split") or None,
                )
            )
    return Found(clips, skipped)


def _columns(names: list[str]) -> list[str]:
    return [name.strip().strip('"').lower() for name in names]


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows that are whole, with the number of the line that each ends on."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file, strict=True)
        try:
            columns = _columns(next(reader, []))
            _check_columns(columns, path)
            for cells in reader:
                if cells:
                    yield reader.line_num, _checked(columns, cells, f"{path}:{reader.line_num}")
        except csv.Error as error:
            raise InvalidSetting(f"{path}:{reader.line_num}: no CSV ({error}); mend the quotation marks") from None
        except UnicodeDecodeError:
            raise InvalidSetting(f"{path}:{reader.line_num + 1}: no UTF-8 text; save the file as UTF-8") from None


def _check_columns(columns: list[str], path: Path) -> None:
    rule = f"needed are {', '.join(NEEDED)}, allowed are also {', '.join(OPTIONAL)}"
    for column in columns:
        if column not in NEEDED + OPTIONAL:
            like = get_close_matches(column, NEEDED + OPTIONAL, 1)
            guess = f"; did you mean {like[0]}?" if like else ""
            raise InvalidSetting(f"{path}:1: no column is called '{column}'{guess}; {rule}")
        if columns.count(column) > 1:
            raise InvalidSetting(f"{path}:1: the column {column} stands there twice; {rule}")
    for column in NEEDED:
        if column not in columns:
            raise InvalidSetting(f"{path}:1: the column {column} is missing; {rule}")


def _checked(columns: list[str], cells: list[str], line: str) -> dict[str, str]:
    if len(cells) != len(columns):
        raise InvalidSetting(f"{line}: {len(cells)} fields; needed are {len(columns)}, one a column")
    row = dict(zip(columns, (cell.strip() for cell in cells), strict=True))
    for column in NEEDED:
        if not row[column]:
            raise InvalidSetting(f"{line}: {column} is empty; give one")
    for column, allowed in _WORDS.items():
        word = row.get(column, "").lower()
        if word and word not in allowed:
            raise InvalidSetting(f"{line}: {column} = {row[column]}: allowed are {', '.join(allowed)}, or nothing")
        row[column] = word
    return row
