"""Manifests: CSV files with the columns ``path,label,speaker[,language][,split][,sex]``, one recording per line."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from edge_ser.errors import InvalidSetting
from training.corpora import tree
from training.corpora.clip import Clip, CorpusListing, Skipped
from training.corpora.labels import label_of, nearest

REQUIRED: Final = ("path", "label", "speaker")
OPTIONAL: Final = ("language", "split", "sex")
_WORDS: Final = {"split": ("train", "validation", "test"), "sex": ("female", "male")}

MISSING: Final = "file not found"
REPEATED: Final = "same path as an earlier line"


def is_manifest(path: Path) -> bool:
    """Return whether a CSV file has the columns of a manifest."""
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        return set(REQUIRED) <= set(_columns(file.readline().split(",")))


def read(path: Path, name: str) -> CorpusListing:
    """Read a manifest.

    A row whose file is missing or whose label is not supported is skipped.  Anything else that is wrong is an error,
    because all rows may have it.

    Args:
        path: The CSV file; the paths in it are relative to its folder.
        name: Name of the corpus.

    Raises:
        InvalidSetting: a column is missing or unknown, a field is empty or its value unknown, a path has two labels, or
            the file is not a CSV file.
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
                "give each path one label"
            )
        if first != number:
            skipped.append(Skipped(line, REPEATED))
        elif label is None:
            similar = nearest(row["label"])
            unsupported = f"unsupported label '{row['label']}'"
            skipped.append(Skipped(line, f"{unsupported} (nearest: {similar})" if similar else unsupported))
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
    return CorpusListing(clips, skipped)


def _columns(names: list[str]) -> list[str]:
    return [name.strip().strip('"').lower() for name in names]


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row with the number of its last line.

    Raises:
        InvalidSetting: the file is not a CSV file, or a column or field is wrong.
    """
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file, strict=True)
        try:
            columns = _columns(next(reader, []))
            _check_columns(columns, path)
            for cells in reader:
                if cells:
                    yield reader.line_num, _checked(columns, cells, f"{path}:{reader.line_num}")
        except csv.Error as error:
            raise InvalidSetting(
                f"{path}:{reader.line_num}: invalid CSV ({error}); correct the quotation marks"
            ) from None
        except UnicodeDecodeError:
            raise InvalidSetting(f"{path}:{reader.line_num + 1}: not UTF-8 text; save the file as UTF-8") from None


def _check_columns(columns: list[str], path: Path) -> None:
    rule = f"required: {', '.join(REQUIRED)}; optional: {', '.join(OPTIONAL)}"
    for column in columns:
        if column not in REQUIRED + OPTIONAL:
            similar = get_close_matches(column, REQUIRED + OPTIONAL, 1)
            guess = f" (did you mean {similar[0]}?)" if similar else ""
            raise InvalidSetting(f"{path}:1: unknown column '{column}'{guess}; {rule}")
        if columns.count(column) > 1:
            raise InvalidSetting(f"{path}:1: the column {column} appears twice; {rule}")
    for column in REQUIRED:
        if column not in columns:
            raise InvalidSetting(f"{path}:1: the column {column} is missing; {rule}")


def _checked(columns: list[str], cells: list[str], line: str) -> dict[str, str]:
    if len(cells) != len(columns):
        raise InvalidSetting(f"{line}: {len(cells)} fields; {len(columns)} are needed, one for each column")
    row = dict(zip(columns, (cell.strip() for cell in cells), strict=True))
    for column in REQUIRED:
        if not row[column]:
            raise InvalidSetting(f"{line}: {column} is empty; every line needs one")
    for column, allowed in _WORDS.items():
        word = row.get(column, "").lower()
        if word and word not in allowed:
            raise InvalidSetting(f"{line}: {column} = {row[column]}: use {', '.join(allowed)}, or leave it empty")
        row[column] = word
    return row
