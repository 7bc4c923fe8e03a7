"""Folders with one folder for each class: ``mine/angry/anna/1.wav`` or ``mine/angry/anna_1.wav``."""

from __future__ import annotations

import re
from pathlib import Path

from training.corpora import tree
from training.corpora.clip import Clip, CorpusListing
from training.corpora.labels import label_of, nearest


def exist_in(folder: Path) -> bool:
    """Return whether a folder contains a folder whose name means a label."""
    return any(path.is_dir() and label_of(path.name) for path in folder.iterdir())


def read(folder: Path, name: str) -> CorpusListing:
    """Read a folder of class folders.

    The speaker is the name of the folder in the class folder; without such a folder, the file name up to the first
    ``_`` or ``-``; without these, the whole corpus counts as one speaker, so that no split can divide a speaker.

    Args:
        folder: The folder that contains the class folders.
        name: Name of the corpus.
    """

    def clip_of(path: Path) -> Clip | str:
        inside = path.relative_to(folder).parts
        if len(inside) == 1:
            return "outside the class folders"
        label = label_of(inside[0])
        if label is None:
            similar = nearest(inside[0])
            return f"unsupported class folder '{inside[0]}'" + (f" (nearest: {similar})" if similar else "")
        before = re.match(r"([^_-]+)[_-]", path.stem)
        speaker = inside[1] if len(inside) > 2 else before[1] if before else "all"
        return Clip(path, name, f"{name}/{speaker}", label)

    return tree.read(folder, clip_of, names_are_unique=False)
