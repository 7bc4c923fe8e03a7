"""What one model predicts for clips: a table that is saved, joined over folds, and narrowed to some clips or labels."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edge_ser.errors import EdgeSerError, InvalidSetting
from training.support.files import write_arrays

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]

NO_SPEECH: Final = -1
"""Replaces a label's index where no speech was detected in a clip; no target equals it, so it is always wrong."""

_TEXTS: Final = ("paths", "corpora", "speakers", "sexes")
"""The columns of :class:`Predictions` that are tuples of text."""


@dataclass(frozen=True)
class Predictions:
    """What one model predicts for clips, one row per clip.

    Attributes:
        labels: Columns of the logits.
        paths: Files.
        corpora: Names of their corpora.
        speakers: Unique over all corpora.
        sexes: ``female``, ``male`` or ``None`` where it is unknown.
        targets: Index of the true label in ``labels``, int64, shape ``(n,)``.
        logits: Already divided by the temperature of the model that computed them, so that several folds can be
            joined; float64, shape ``(n, labels)``.  A row of NaN means that no speech was detected in the clip.
    """

    labels: tuple[str, ...]
    paths: tuple[str, ...]
    corpora: tuple[str, ...]
    speakers: tuple[str, ...]
    sexes: tuple[str | None, ...]
    targets: Int
    logits: Float

    def __post_init__(self) -> None:
        n = len(self.paths)
        if {len(self.corpora), len(self.speakers), len(self.sexes), len(self.targets)} != {n}:
            raise ValueError("columns of different lengths")
        if self.logits.shape != (n, len(self.labels)):
            raise ValueError(f"logits of shape {self.logits.shape} for {n} clips and {len(self.labels)} labels")
        if not np.isin(self.targets, range(len(self.labels))).all():
            raise ValueError("a target is not an index into the labels")
        if not (np.isfinite(self.logits).all(axis=1) | np.isnan(self.logits).all(axis=1)).all():
            raise ValueError("a row of logits is neither finite nor all NaN")

    @property
    def predicted(self) -> Int:
        """Index of the likeliest label, or :data:`NO_SPEECH`; int64, shape ``(n,)``."""
        silent = np.isnan(self.logits).any(axis=1)
        return np.where(silent, NO_SPEECH, np.where(silent[:, None], 0.0, self.logits).argmax(axis=1))

    def where(self, mask: npt.NDArray[np.bool_]) -> Predictions:
        """Return the clips for which a mask of shape ``(n,)`` is true."""
        rows = np.flatnonzero(mask)
        return replace(
            self,
            **{name: tuple(getattr(self, name)[i] for i in rows) for name in _TEXTS},
            targets=self.targets[rows],
            logits=self.logits[rows],
        )

    def over(self, labels: Sequence[str]) -> Predictions:
        """Return the predictions among some labels only, without the clips of other labels.

        Raises:
            InvalidSetting: the model does not know one of the labels.
        """
        for label in labels:
            if label not in self.labels:
                raise InvalidSetting(f"classes: the model does not know {label}; it knows {', '.join(self.labels)}")
        columns = [self.labels.index(label) for label in labels]
        place = np.full(len(self.labels), -1)
        place[columns] = range(len(columns))
        kept = self.where(place[self.targets] >= 0)
        return replace(kept, labels=tuple(labels), targets=place[kept.targets], logits=kept.logits[:, columns])

    @classmethod
    def join(cls, folds: Sequence[Predictions]) -> Predictions:
        """Put the test clips of one protocol's folds together; no clip may be tested in two of them."""
        if len({fold.labels for fold in folds}) != 1:
            raise ValueError("folds of different labels")
        texts: dict[str, Any] = {name: tuple(v for fold in folds for v in getattr(fold, name)) for name in _TEXTS}
        if len(set(texts["paths"])) < sum(len(set(fold.paths)) for fold in folds):
            raise ValueError("a clip is tested in two folds")
        return cls(
            labels=folds[0].labels,
            **texts,
            targets=np.concatenate([fold.targets for fold in folds]),
            logits=np.concatenate([fold.logits for fold in folds]),
        )

    def save(self, path: Path) -> None:
        """Write an ``.npz`` file without pickles, whole or not at all."""
        texts = {name: np.array([v or "" for v in getattr(self, name)], np.str_) for name in ("labels", *_TEXTS)}
        write_arrays(path, **texts, targets=self.targets, logits=self.logits)

    @classmethod
    def load(cls, path: Path) -> Predictions:
        """Read what :meth:`save` wrote.

        Raises:
            EdgeSerError: the file is missing or is something else.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                columns = {field.name: stored[field.name] for field in fields(cls)}
        except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile):
            raise EdgeSerError(f"cannot read the predictions of a model from {path}; evaluate it again") from None
        texts: dict[str, Any] = {name: tuple(v or None for v in columns[name].tolist()) for name in ("labels", *_TEXTS)}
        return cls(**texts, targets=columns["targets"], logits=columns["logits"])
