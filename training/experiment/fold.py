"""One fold of a run: it is trained, exported and evaluated; each stage leaves a file that shows it is done.

Only :func:`evaluate` passes on the test speakers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from training.data.dataset import Dataset
from training.data.protocols import Split
from training.experiment.learners import Learner, Material, OnEpoch, model_file
from training.experiment.learners.choice import learner_of
from training.experiment.results import QuantizationResult, TrainingResult
from training.scoring.predictions import Predictions
from training.settings import RunSettings
from training.support import records


@dataclass(frozen=True)
class Fold:
    """Where a fold is, and what it is made of.

    Attributes:
        folder: Where its files are.
        settings: Of the run.
        dataset: Of the run.
        split: Which clips are for training, validation and test.
    """

    folder: Path
    settings: RunSettings
    dataset: Dataset
    split: Split

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def learner(self) -> Learner:
        """What trains, exports and predicts in it."""
        return learner_of(Material(self.folder, self.settings, self.dataset))

    @property
    def can_be_exported(self) -> bool:
        """Whether its family has model files."""
        return "int8" in self.learner.forms

    @property
    def training_path(self) -> Path:
        """The file of the first stage."""
        return self.folder / "training.json"

    @property
    def is_trained(self) -> bool:
        """Whether the first stage is done."""
        return self.training_path.exists()

    def is_quantized(self, forms: Sequence[str]) -> bool:
        """Whether it has been exported in all these forms, or cannot be exported."""
        if not self.can_be_exported:
            return True
        return self.quantization_path.exists() and set(forms) <= set(self.quantization().forms)

    @property
    def is_evaluated(self) -> bool:
        """Whether the predictions for the test speakers are there."""
        return all(self.predictions_path(form).exists() for form in self.learner.forms)

    def training(self) -> TrainingResult:
        """Return the result of the first stage."""
        return records.read(TrainingResult, self.training_path)

    def quantization(self) -> QuantizationResult:
        """Return the result of the second stage."""
        return records.read(QuantizationResult, self.quantization_path)

    def predictions(self, form: str) -> Predictions:
        """Return the predictions for the test clips, the result of the third stage."""
        return Predictions.load(self.predictions_path(form))

    def model(self, form: str) -> Path:
        """Return the file of an exported model."""
        return model_file(self.folder, form)

    @property
    def quantization_path(self) -> Path:
        """The file of the second stage."""
        return self.folder / "quantization.json"

    def predictions_path(self, form: str) -> Path:
        """Return the file of the third stage."""
        return self.folder / f"outputs-{form}.npz"


def train(fold: Fold, on_epoch: OnEpoch) -> None:
    """Train on the training speakers, select and calibrate on the validation speakers."""
    result = fold.learner.train(fold.split.for_training, on_epoch)
    records.write(fold.training_path, result)
    for checkpoint in fold.folder.rglob("checkpoint.npz"):
        checkpoint.unlink()


def quantize(fold: Fold, forms: Sequence[str] = ("int8",)) -> None:
    """Export the network in some forms; those that were exported before stay.

    Raises:
        NotFullInt8: something in the full-int8 form is not.
    """
    before = fold.quantization().forms if fold.quantization_path.exists() else {}
    result = fold.learner.export(fold.split.for_training, forms)
    records.write(fold.quantization_path, replace(result, forms=before | result.forms))


def evaluate(fold: Fold) -> None:
    """Run every form over the test speakers, and write down the predictions."""
    for form, predictions in fold.learner.predict(fold.split.test).items():
        predictions.save(fold.predictions_path(form))
