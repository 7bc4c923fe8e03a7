"""What trains, exports and predicts in one fold: networks, and the classical baselines, behind one protocol."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edge_ser.errors import NoRecordings
from training.corpora import Clip
from training.data.dataset import Dataset
from training.data.protocols import TrainingSplit
from training.data.utterances import Utterance
from training.experiment.results import QuantizationResult, TrainingResult
from training.scoring.predictions import Predictions
from training.settings import RunSettings

OnEpoch = Callable[[str, int], None]
"""Is called with the name of a network, empty for the fold's own, and how many of its epochs are done."""


@dataclass(frozen=True)
class Material:
    """What a fold's learner works with.

    Attributes:
        folder: Where its files are.
        settings: Of the run.
        dataset: Of the run, for the utterances of the clips that the learner is given.
    """

    folder: Path
    settings: RunSettings
    dataset: Dataset


class Learner(Protocol):
    """A family in one fold.  It is given the clips it may use, so that only :meth:`predict` sees the test speakers."""

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms in which it predicts: ``float``, and ``int8`` if it can be exported."""

    @property
    def epochs(self) -> int:
        """How many epochs its training has, over all networks."""

    def set_up(self) -> None:
        """Make this process give the same bits in every run."""

    def train(self, clips: TrainingSplit, on_epoch: OnEpoch) -> TrainingResult:
        """Train on the training speakers, select and calibrate on the validation speakers; write what was trained.

        Raises:
            NoRecordings: speech of fewer than two labels was detected.
        """

    def export(self, clips: TrainingSplit, forms: Sequence[str]) -> QuantizationResult:
        """Export what was trained, calibrate each form on the validation speakers, and write model files.

        Raises:
            EdgeSerError: it cannot be exported.
        """

    def predict(self, clips: Sequence[Clip]) -> dict[str, Predictions]:
        """Return the predictions for clips, by form."""


def check_labels(utterances: Sequence[Utterance]) -> None:
    """Check that there is something to tell apart.

    Raises:
        NoRecordings: the utterances have fewer than two labels.
    """
    labels = {u.clip.label for u in utterances if u.clip.label is not None}
    if len(labels) < 2:
        raise NoRecordings(
            f"speech of {len(labels)} labels was detected in the training recordings, two or more are needed; check "
            "that they contain speech, and that it is not too quiet"
        )


def model_file(folder: Path, form: str) -> Path:
    """Return the file of a fold's exported model."""
    return folder / ("model.tflite" if form == "int8" else f"model-{form}.tflite")
