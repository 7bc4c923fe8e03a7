"""A training on made-up features: the label shows in the first coefficients."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.families import deep
from training.fitting.batches import Pool
from training.fitting.history import Epoch
from training.scoring.metrics import uar
from training.settings import NetworkSettings, TeacherSettings, TrainingSettings

LABELS = ("anger", "neutral", "sadness")
COEFFICIENTS = 6
GAINS = (6_000,) * COEFFICIENTS
SIZES = NetworkSettings("cnn_lstm", channels=8, units=8, dropout=0.3)
EPOCHS = 6
SCHEDULE = TrainingSettings(epochs=EPOCHS, draws=0, batch=16, rate=0.02, mixup=0.2)
VALIDATION = np.arange(24) % 3
"""The labels of the validation utterances."""


class Stop(Exception):
    """Whatever ends a training early."""


def features(label: int, seed: int) -> npt.NDArray[np.int8]:
    """Return the features of one utterance."""
    rng = np.random.default_rng([label, seed])
    x = rng.normal(0, 20, (int(rng.integers(40, 80)), COEFFICIENTS))
    x[:, label] += 40
    return np.clip(np.round(x), -128, 127).astype(np.int8)


def pool(copy: int, taught: Callable[[int], int] | None = None) -> Pool:
    """Return 64 utterances, a quarter of them noise, perhaps with what a teacher takes each label for."""
    indices = np.arange(64) % 4 - 1
    made = [features(max(i, 0), 100 * copy + place) for place, i in enumerate(indices)]
    targets = np.array([np.eye(3)[i] if i >= 0 else np.zeros(3) for i in indices], np.float32)
    logits = np.array([10 * np.eye(3)[taught(i)] if taught and i >= 0 else np.zeros(3) for i in indices])
    return Pool(
        made,
        [np.full(len(f), i >= 0) for f, i in zip(made, indices, strict=True)],
        np.ones(len(indices), np.int64),
        indices,
        targets,
        logits.astype(np.float32),
    )


class Trial:
    """A training in a folder."""

    def __init__(
        self,
        folder: Path,
        schedule: TrainingSettings = SCHEDULE,
        identity: str = "mine",
        initial: int = 1,
        teacher: TeacherSettings | None = None,
        taught: Callable[[int], int] | None = None,
    ) -> None:
        import keras

        from training.fitting import fit
        from training.scoring import predict

        keras.utils.set_random_seed(initial)
        family = deep(SIZES.family)
        self.network = family.build(None, GAINS, len(LABELS) + 1, SIZES)
        plan = fit.Plan(schedule, 1, folder, identity, teacher)
        self.training = fit.Training(self.network, family, [pool(0, taught), pool(1, taught)], plan)
        self.begun = self.training.done
        self._steps = predict.float_steps(self.network, family)

    def predicted(self) -> npt.NDArray[np.int64]:
        """Return what the network predicts for the validation utterances."""
        from training.scoring import predict

        rows = self._steps([features(t, 9_000 + i) for i, t in enumerate(VALIDATION)])
        return np.array([predict.pooled(each, LABELS).argmax() for each in rows])

    @property
    def history(self) -> tuple[Epoch, ...]:
        """The epochs that are done."""
        return self.training.history

    def run(self, stop_after: int | None = None, stop_within: int | None = None) -> str:
        """Train, perhaps not to the end; return the hash of the weights."""
        from training.fitting.fit import weights_hash

        for number in self.training.run():
            if number == stop_within:
                raise Stop
            self.training.finish_epoch(uar(self.predicted(), VALIDATION))
            if number == stop_after:
                raise Stop
        return weights_hash(self.network)
