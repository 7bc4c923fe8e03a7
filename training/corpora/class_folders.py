"""Any folder that holds one folder a class: ``mine/angry/anna/1.wav`` or ``mine/angry/anna_1.wav``."""

from __future__ import annotations

import re
from pathlib import Path

from training.corpora import tree
from training.corpora.clip import Clip, Found
from training.corpora.labels import label_of, nearest


def are_in(folder: Path) -> bool:
    """Return whether a folder holds one whose name means a label."""
    return any(path.is_dir() and label_of(path.name) for path in folder.iterdir())


def read(folder: Path, name: str) -> Found:
    """Read a folder of class folders.

    The speaker is the folder in the class folder; without one, what stands before the first ``_`` or ``-`` of the
    file's name; without that, the whole corpus counts as one speaker, so that nobody stands on both sides of a split.

    Args:
        folder: Holds the class folders.
        name: The corpus' name.
    """

    def clip_of(path: Path) -> Clip | str:
        inside = path.relative_to(folder).parts
        if len(inside) == 1:
            return "in no class folder"
        label = label_of(inside[0])
        if label is None:
            like = nearest(inside[0])
            return f"class folder '{inside[0]}' means no label" + (f"; the nearest word is {like}" if like else "")
        before = re.match(r"([^_-]+)[_-]", path.stem)
        speaker = inside[1] if len(inside) > 2 else before[1] if before else "all"
        return Clip(path, name, f"{name}/{speaker}", label)

    return tree.read(folder, clip_of, names_are_unique=False)
