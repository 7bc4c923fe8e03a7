"""The validation clips of a fold, prepared once for all the networks that are run over them."""

from __future__ import annotations

from collections.abc import Sequence

from training.corpora import Clip
from training.data.dataset import Dataset
from training.fitting import batches
from training.scoring import predict
from training.scoring.predictions import Predictions


class Validation:
    """The clips with speech, and the features of their utterances.

    Args:
        clips: Of the validation speakers; noises among them are left out.
        dataset: Holds their utterances.
        gains: The front end's gains.
    """

    def __init__(self, clips: Sequence[Clip], dataset: Dataset, gains: Sequence[int]) -> None:
        self._clips = [clip for clip in clips if clip.label is not None]
        self._labels = dataset.labels
        self._utterances = dataset.utterances(self._clips)
        self._features = [batches.quantize(u.cepstra, gains) for u in self._utterances]

    def rows(self, steps: predict.Steps) -> list[predict.Float]:
        """Run a network over the utterances; return the rows of each, shape ``(steps, labels + 1)``, float64."""
        return steps(self._features) if self._features else []

    def predictions(self, rows: Sequence[predict.Float]) -> Predictions:
        """Return the predictions for the clips from what :meth:`rows` returned."""
        logits = [predict.pooled(each, self._labels) for each in rows]
        return predict.clip_predictions(self._clips, self._utterances, self._labels, logits)
