"""Loads a dataset of made-up corpora."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.corpora import Clip
from training.data.dataset import Dataset, load
from training.settings import AugmentSettings, DataSettings

PLAIN = AugmentSettings(copies=0)


def loaded(
    data: Path,
    *names: str,
    classes: str = "all",
    noise: str = "",
    sounds: int = 0,
    learn_from: Sequence[str] = (),
    augmentation: AugmentSettings = PLAIN,
    reported: list[str] | None = None,
    **more: Any,
) -> Dataset:
    """Load corpora without augmentation, by default ``mine``; features are cached beside the data folder."""
    settings = DataSettings(names or ("mine",), tuple(learn_from), classes, noise, sounds)
    return load(
        data,
        settings,
        augmentation,
        data.parent / "cache",
        1,
        [].append if reported is None else reported.append,
        **more,
    )


def names_of(clips: Sequence[Clip]) -> list[str]:
    """Return the last folder and the file name of each clip."""
    return ["/".join(clip.path.parts[-2:]) for clip in clips]


def left_out(dataset: Dataset) -> dict[str, str]:
    """Return the reason for each skipped file, by its last folder and file name."""
    return {"/".join(skip.path.parts[-2:]): skip.reason for skip in dataset.skipped}
