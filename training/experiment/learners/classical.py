"""The classical baselines: a classifier of scikit-learn, float only, on functionals of each clip."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from edge_ser.errors import EdgeSerError
from training.corpora import Clip
from training.data.protocols import TrainingSplit
from training.experiment.learners import Material, OnEpoch, check_labels
from training.experiment.results import QuantizationResult, TrainingResult
from training.families import classical
from training.scoring import calibrate, predict
from training.scoring.metrics import score
from training.scoring.predictions import Predictions
from training.support import files, records


@dataclass(frozen=True)
class ClassicalLearner:
    """A :class:`training.experiment.learners.Learner`.

    Attributes:
        material: What it works with.
    """

    material: Material

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms in which it predicts."""
        return ("float",)

    @property
    def epochs(self) -> int:
        """One: progress is not counted within it."""
        return 1

    @property
    def _path(self) -> Path:
        return self.material.folder / "classifier.joblib"

    def set_up(self) -> None:
        """Do nothing: scikit-learn is deterministic with a seed."""

    def train(self, clips: TrainingSplit, on_epoch: OnEpoch) -> TrainingResult:
        """Fit the classifier and calibrate it."""
        begun = time.monotonic()
        labels, settings = self.material.dataset.labels, self.material.settings
        voices = [clip for clip in clips.train if clip.label is not None]
        utterances = self.material.dataset.utterances(voices)
        check_labels(utterances)
        rows = classical.functionals(voices, utterances)
        heard = ~np.isnan(rows).any(axis=1)
        targets = np.array([labels.index(clip.label or "") for clip in voices])
        fitted = classical.classifier(settings.network.family, settings.seed)
        fitted.fit(rows[heard], targets[heard])
        files.write_with(self._path, lambda to: joblib.dump(fitted, to))
        predictions = self._predict(fitted, clips.validation)
        on_epoch("", 1)
        return TrainingResult(
            seconds=round(time.monotonic() - begun, 1),
            temperature=calibrate.temperature(predictions),
            validation_uar=round(score(predictions).uar, 4),
            functionals=rows.shape[1],
            history=(),
        )

    def export(self, clips: TrainingSplit, forms: Sequence[str]) -> QuantizationResult:
        """Refuse.

        Raises:
            EdgeSerError: always.
        """
        raise EdgeSerError(f"{self.material.settings.network.family} is a baseline and cannot be exported")

    def predict(self, clips: Sequence[Clip]) -> dict[str, Predictions]:
        """Return the predictions for clips."""
        temperature = records.read(TrainingResult, self.material.folder / "training.json").temperature
        predictions = self._predict(joblib.load(self._path), clips)
        return {"float": replace(predictions, logits=predictions.logits / temperature)}

    def _predict(self, fitted: Any, clips: Sequence[Clip]) -> Predictions:
        clips = [clip for clip in clips if clip.label is not None]
        labels = self.material.dataset.labels
        rows = classical.functionals(clips, self.material.dataset.utterances(clips))
        empty = predict.clip_predictions(clips, [], labels, [])
        return replace(empty, logits=classical.logits(fitted, rows, len(labels)))
