"""Corpora: recordings labelled with emotion, speaker, sex and language, and recordings of noise.

A data folder contains one folder for each corpus.  Registered corpora (:data:`CORPORA`) are read as their makers and
the usual mirrors distribute them, with the official layout anywhere below their folder.  Any other folder is read by
its ``manifest.csv`` or, without one, as one folder for each class.
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
from training.corpora.clip import Clip, CorpusListing, Skipped
from training.corpora.corpus import Corpus

__all__ = [
    "CORPORA",
    "Clip",
    "Corpus",
    "CorpusListing",
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
"""The registered corpora by their names on the command line."""

_MANIFEST: Final = "manifest.csv"


def _plain(name: str) -> str:
    """Return the lower-case letters and digits of a name, without the branch that GitHub archives append."""
    plain = "".join(filter(str.isalnum, name.lower()))
    for branch in ("master", "main"):
        plain = plain.removesuffix(branch) or plain
    return plain


_NAMES: Final = {_plain(alias): corpus.name for corpus in CORPORA.values() for alias in (corpus.name, *corpus.aliases)}


def folder_of(data: Path, name: str) -> Path | None:
    """Return the folder of a registered corpus; ``None`` if it is missing.

    The folder is directly in ``data`` and is named like the corpus or one of its aliases; case, punctuation, and
    ``-master`` or ``-main`` at the end do not matter.  Of several, it is the one with exactly the name of the corpus,
    or else the first in alphabetical order.  If there is none, but ``data`` itself has such a name, it is ``data``.
    """
    if not data.is_dir():
        return None
    matches = [path for path in sorted(data.iterdir()) if path.is_dir() and _NAMES.get(_plain(path.name)) == name]
    matches.sort(key=lambda path: path.name != name)
    if not matches and _NAMES.get(_plain(data.resolve().name)) == name:
        return data
    return matches[0] if matches else None


def others_in(data: Path) -> list[str]:
    """Return the names of the unregistered corpora in a data folder: manifests, folders with one, class folders."""
    if _NAMES.get(_plain(data.resolve().name)):
        return []  # the folders in it belong to one corpus
    names = []
    for path in sorted(data.iterdir()):
        registered = _NAMES.get(_plain(path.name))
        is_folder = path.is_dir() and not registered and ((path / _MANIFEST).is_file() or class_folders.exist_in(path))
        if is_folder or (path.suffix.lower() == ".csv" and path.is_file() and manifest.is_manifest(path)):
            names.append(path.name)
    return names


def read(data: Path, name: str) -> CorpusListing:
    """Read a corpus.

    Args:
        data: The data folder.
        name: Any name of a registered corpus; the path of a manifest, relative to the current folder or to ``data``; or
            a folder in ``data`` with a ``manifest.csv`` or class folders.

    Returns:
        The clips and the skipped files.  ``Clip.corpus`` is the name of the registered corpus, of the folder, or of the
        manifest without ``.csv``.

    Raises:
        NoRecordings: the corpus is missing, or no recording in it can be used.
        InvalidSetting: no corpus has this name, or a manifest is invalid.
    """
    registered = _NAMES.get(_plain(name))
    if registered:
        return _read_registered(data, CORPORA[registered])
    if name.lower().endswith(".csv"):
        path = next((path for path in (Path(name), data / name) if path.is_file()), None)
        if path is None:
            raise NoRecordings(
                f"no recordings of {name}: no such manifest in the current folder or in {data}; check the path"
            )
        return _usable(manifest.read(path, _name_of(path)), name, path)
    folder = data / name if name.strip() else None
    if folder and (folder / _MANIFEST).is_file():
        return _usable(manifest.read(folder / _MANIFEST, _name_of(folder / _MANIFEST)), name, folder / _MANIFEST)
    if folder and folder.is_dir():
        return _usable(class_folders.read(folder, folder.resolve().name), name, folder)
    names = [*CORPORA, *(others_in(data) if data.is_dir() else [])]
    similar = get_close_matches(name.lower(), names, 1, 0.4)
    raise InvalidSetting(
        f"unknown corpus '{name}'"
        + (f" (did you mean {similar[0]}?)" if similar else "")
        + f", and {data} has no folder of that name; known corpora: {', '.join(names)}"
    )


def _name_of(path: Path) -> str:
    return path.resolve().parent.name if path.name.lower() == _MANIFEST else path.stem


def _read_registered(data: Path, corpus: Corpus) -> CorpusListing:
    folder = folder_of(data, corpus.name)
    if folder is None:
        names = " or ".join((corpus.name, *corpus.aliases))
        raise NoRecordings(
            f"no recordings of {corpus.name}: {data} has no folder {names}; get the corpus from {corpus.get}, and put "
            "it there"
        )
    return _usable(corpus.read(folder), corpus.name, folder, f"; get the corpus from {corpus.get}")


def _usable(listing: CorpusListing, name: str, place: Path, advice: str = "") -> CorpusListing:
    if not listing.clips:
        reasons = ", ".join(f"{count} x {reason}" for reason, count in skips(listing).items())
        cause = f"{len(listing.skipped)} skipped ({reasons})" if reasons else "it contains no WAV, FLAC or Ogg file"
        raise NoRecordings(f"no recordings of {name} in {place}: {cause}{advice}")
    return listing


def skips(listing: CorpusListing) -> dict[str, int]:
    """Return the number of skipped files for each reason, the most frequent first."""
    return dict(sorted(Counter(item.reason for item in listing.skipped).items(), key=lambda item: (-item[1], item[0])))


def warnings(listing: CorpusListing, name: str) -> list[str]:
    """Return what a user should know before trusting figures: that a corpus is incomplete, or that files are wrong."""
    lines = []
    registered = _NAMES.get(_plain(name))
    complete = CORPORA[registered].clips if registered else None
    available = len(listing.clips) + sum(item.reason in tree.PART_OF_CORPUS for item in listing.skipped)
    if complete is not None and available < complete:
        lines.append(f"{name}: found {available} of {complete} clips; the corpus is incomplete")
    for reason, count in skips(listing).items():
        if reason not in tree.EXPECTED:
            lines.append(f"{name}: skipped {count} {'file' if count == 1 else 'files'}: {reason}")
    return lines
