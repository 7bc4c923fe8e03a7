"""The labelled recordings: who speaks, in which language, with which emotion; and background noises.

A data folder holds a folder a corpus.  Known corpora (:data:`CORPORA`) are read as their makers and the usual mirrors
distribute them, with the official layout anywhere below their folder; any other folder is read by its ``manifest.csv``
or, without one, as one folder a class.
"""

from __future__ import annotations

from collections import Counter
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from edge_ser.errors import InvalidSetting, NoRecordings
from training.corpora import (
    casia,
    class_folders,
    crema_d,
    emodb,
    emovo,
    esd,
    iemocap,
    manifest,
    nemo,
    noise,
    ravdess,
    savee,
    tess,
    tree,
    urdu,
)
from training.corpora.clip import Clip, Found, Skipped
from training.corpora.corpus import Corpus

__all__ = [
    "CORPORA",
    "Clip",
    "Corpus",
    "Found",
    "Skipped",
    "folder_of",
    "others_in",
    "read",
    "skips",
    "warnings",
]

CORPORA: Final[dict[str, Corpus]] = {
    module.CORPUS.name: module.CORPUS
    for module in (crema_d, emodb, ravdess, tess, savee, emovo, nemo, urdu, iemocap, esd, casia, noise)
}
"""Every known corpus by its name on the command line."""

_MANIFEST: Final = "manifest.csv"


def _plain(name: str) -> str:
    """Return the letters and digits of a name, without the branch that GitHub's archives append."""
    plain = "".join(filter(str.isalnum, name.lower()))
    for branch in ("master", "main"):
        plain = plain.removesuffix(branch) or plain
    return plain


_NAMES: Final = {_plain(alias): corpus.name for corpus in CORPORA.values() for alias in (corpus.name, *corpus.aliases)}


def folder_of(data: Path, name: str) -> Path | None:
    """Return the folder of a known corpus.

    It is the folder directly in ``data`` that is called as the corpus or one of its aliases, case and punctuation and a
    ``-master`` or ``-main`` at the end aside.  If several are, the one with exactly the corpus' name is taken, else the
    first by name.  If none is, but ``data`` itself is called so, it is ``data``.
    """
    if not data.is_dir():
        return None
    fits = [path for path in sorted(data.iterdir()) if path.is_dir() and _NAMES.get(_plain(path.name)) == name]
    fits.sort(key=lambda path: path.name != name)
    if not fits and _NAMES.get(_plain(data.resolve().name)) == name:
        return data
    return fits[0] if fits else None


def others_in(data: Path) -> list[str]:
    """Return the names of the other corpora in a data folder: manifests, and folders with one or with class folders."""
    if _NAMES.get(_plain(data.resolve().name)):
        return []  # these are the folders of one corpus
    found = []
    for path in sorted(data.iterdir()):
        known = _NAMES.get(_plain(path.name))
        is_folder = path.is_dir() and not known and ((path / _MANIFEST).is_file() or class_folders.are_in(path))
        if is_folder or (path.suffix.lower() == ".csv" and path.is_file() and manifest.is_one(path)):
            found.append(path.name)
    return found


def read(data: Path, name: str) -> Found:
    """Read a corpus.

    Args:
        data: The data folder.
        name: A known corpus (any of its names); a manifest, by its path from here or from ``data``; or a folder in
            ``data`` with a ``manifest.csv`` or class folders.

    Returns:
        Its clips, and what was skipped.  Their ``corpus`` is the known corpus' name, the folder's, or the manifest's
        without ``.csv``.

    Raises:
        NoRecordings: the corpus is not there, or nothing in it can be used.
        InvalidSetting: no corpus has this name, or a manifest is wrong.
    """
    known = _NAMES.get(_plain(name))
    if known:
        return _read_known(data, CORPORA[known])
    place = data / name if name.strip() else None
    if name.lower().endswith(".csv"):
        table = next((path for path in (Path(name), data / name) if path.is_file()), None)
        if table is None:
            raise NoRecordings(f"no recordings of {name}: no such manifest, neither here nor in {data}; check the path")
        return _usable(manifest.read(table, _name_of(table)), name, table)
    if place and (place / _MANIFEST).is_file():
        return _usable(manifest.read(place / _MANIFEST, _name_of(place / _MANIFEST)), name, place / _MANIFEST)
    if place and place.is_dir():
        return _usable(class_folders.read(place, place.resolve().name), name, place)
    there = others_in(data) if data.is_dir() else []
    like = get_close_matches(name.lower(), [*CORPORA, *there], 1, 0.4)
    raise InvalidSetting(
        f"no corpus is called '{name}', and {data} holds no such folder"
        + (f"; did you mean {like[0]}?" if like else "")
        + f"; known are {', '.join([*CORPORA, *there])}"
    )


def _name_of(table: Path) -> str:
    return table.resolve().parent.name if table.name.lower() == _MANIFEST else table.stem


def _read_known(data: Path, corpus: Corpus) -> Found:
    folder = folder_of(data, corpus.name)
    if folder is None:
        names = " or ".join((corpus.name, *corpus.aliases))
        raise NoRecordings(
            f"no recordings of {corpus.name}: {data} holds no folder {names}; get it: {corpus.get}, then put it there"
        )
    return _usable(corpus.read(folder), corpus.name, folder, f"; get it: {corpus.get}")


def _usable(found: Found, name: str, place: Path, get: str = "") -> Found:
    if not found.clips:
        reasons = ", ".join(f"{count} x {reason}" for reason, count in skips(found).items())
        what = f"{len(found.skipped)} skipped ({reasons})" if reasons else "it holds no WAV, FLAC or Ogg file"
        raise NoRecordings(f"no recordings of {name} in {place}: {what}{get}")
    return found


def skips(found: Found) -> dict[str, int]:
    """Count what was skipped by its reason, the most frequent first."""
    return dict(sorted(Counter(item.reason for item in found.skipped).items(), key=lambda item: (-item[1], item[0])))


def warnings(found: Found, name: str) -> list[str]:
    """Return what a user should know before trusting figures: a corpus that is not whole, files that are not right."""
    lines = []
    known = _NAMES.get(_plain(name))
    complete = CORPORA[known].clips if known else None
    there = len(found.clips) + sum(item.reason in tree.PART_OF_CORPUS for item in found.skipped)
    if complete is not None and there < complete:
        lines.append(f"{name}: found {there} of {complete} clips: the corpus is not whole")
    for reason, count in skips(found).items():
        if reason not in tree.EXPECTED:
            lines.append(f"{name}: skipped {count} {'file' if count == 1 else 'files'}: {reason}")
    return lines
