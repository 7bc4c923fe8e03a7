"""Training one float network: epochs, selection on the validation speakers, checkpoints that resume."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from edge_ser.errors import OutputFailed
from training.families import Family
from training.fitting.batches import Batch, Epochs, Pool
from training.scoring.metrics import uar
from training.settings import TeacherSettings, TrainingSettings
from training.support import files

Arrays = list[npt.NDArray[Any]]
Validate = Callable[[], npt.NDArray[np.int64]]
"""Returns the index of the label that the network, as it is, says of each validation clip."""

_AVERAGED_SHARE: Final = 1 / 3  # of the epochs, the last ones
_LISTS: Final = ("network", "optimizer", "kept")  # of arrays, in a checkpoint


def set_up() -> None:
    """Make TensorFlow of this process give the same bits in each run: one thread, and no operator that is not exact."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()


@dataclass
class _Progress:
    """What a checkpoint holds: all that the rest of a training depends on."""

    epoch: int
    history: list[dict[str, float]]
    network: Arrays
    optimizer: Arrays
    kept: Arrays
    best: float

    def write(self, path: Path, identity: str) -> None:
        lists = {name: getattr(self, name) for name in _LISTS}
        arrays = {f"{name}_{i}": value for name, values in lists.items() for i, value in enumerate(values)}
        facts = {"identity": identity, "epoch": self.epoch, "history": self.history, "best": self.best}
        facts["lengths"] = {name: len(values) for name, values in lists.items()}
        files.write_arrays(path, facts=json.dumps(facts), **arrays)

    @classmethod
    def read(cls, path: Path, identity: str) -> _Progress | None:
        """Read a checkpoint; ``None`` if there is none, or it belongs to another training."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                facts = json.loads(str(stored["facts"]))
                if facts.pop("identity") != identity:
                    return None
                network, optimizer, kept = (
                    [stored[f"{name}_{i}"] for i in range(facts["lengths"][name])] for name in _LISTS
                )
                return cls(facts["epoch"], facts["history"], network, optimizer, kept, facts["best"])
        except Exception:  # not there or damaged, whatever that leads to: it is begun anew
            return None


class Training:
    """One training; :meth:`run` begins or goes on from where a checkpoint was written.

    Args:
        network: The network, not trained.
        family: Its family.
        pools: The training utterances, first those that are not augmented.
        settings: How to train.
        seed: Of order and chance.
        folder: Where the checkpoint and the TensorBoard logs are written.
        identity: Tells this training from any other; a checkpoint of another one is not used.
        teacher: How the pools' opinions count; ``None`` without teachers.
    """

    def __init__(
        self,
        network: keras.Model,
        family: Family,
        pools: Sequence[Pool],
        settings: TrainingSettings,
        seed: int,
        folder: Path,
        identity: str,
        teacher: TeacherSettings | None = None,
    ) -> None:
        self._network = network
        self._settings = settings
        self._folder = folder
        self._identity = identity
        self._epochs = Epochs(pools, family, settings, seed)
        steps = settings.epochs * self._epochs.steps
        self._optimizer = keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(0.0, steps, warmup_target=settings.rate, warmup_steps=steps // 20),
            weight_decay=settings.decay,
            clipnorm=1.0,
        )
        self._optimizer.build(network.trainable_variables)
        self._step = _step(network, self._optimizer, settings, teacher)

    @property
    def checkpoint(self) -> Path:
        """The checkpoint's file; it is there while the training is not finished."""
        return self._folder / "checkpoint.npz"

    def run(
        self, validate: Validate, truth: npt.NDArray[np.int64], after: Callable[[int], None]
    ) -> list[dict[str, float]]:
        """Train; the network then has the weights that ``settings.select`` asks for.

        Args:
            validate: What the network says of the validation clips.
            truth: Their labels' indices.
            after: Called with the number of epochs that are done.

        Returns:
            Loss and validation UAR of each epoch.
        """
        progress = _Progress.read(self.checkpoint, self._identity) or _Progress(0, [], [], [], [], -1.0)
        if progress.epoch:
            _assign(self._network.variables, progress.network)
            _assign(self._optimizer.variables, progress.optimizer)
        writer = tf.summary.create_file_writer(str(self._folder / "tensorboard"))
        after(progress.epoch)
        for epoch in range(progress.epoch, self._settings.epochs):
            losses = [self._step(*_tensors(batch)) for batch in self._epochs.batches(epoch)]
            loss = float(np.mean([float(value) for value in losses]))
            score = uar(validate(), truth)
            progress.history.append({"epoch": epoch + 1, "loss": round(loss, 5), "validation_uar": round(score, 5)})
            self._log(writer, epoch + 1, loss, score)
            self._keep(progress, epoch, score)
            progress.epoch = epoch + 1
            progress.network = _values(self._network.variables)
            progress.optimizer = _values(self._optimizer.variables)
            progress.write(self.checkpoint, self._identity)
            after(progress.epoch)
        self._network.set_weights(progress.kept)
        return progress.history

    def _log(self, writer: Any, epoch: int, loss: float, score: float) -> None:
        try:
            with writer.as_default(step=epoch):
                tf.summary.scalar("loss", loss)
                tf.summary.scalar("validation UAR", score)
            writer.flush()
        except tf.errors.OpError as error:
            raise OutputFailed(
                f"cannot write the TensorBoard log in {self._folder} ({error.message}); free some room and run the "
                "same command again"
            ) from None

    def _keep(self, progress: _Progress, epoch: int, score: float) -> None:
        select, weights = self._settings.select, self._network.get_weights()
        if select == "average":
            first = self._settings.epochs - max(1, round(self._settings.epochs * _AVERAGED_SHARE))
            count = epoch - first  # weights averaged so far
            if count >= 1:  # Izmailov et al. 2018, arXiv:1803.05407
                weights = [k + (w - k) / np.float32(count + 1) for k, w in zip(progress.kept, weights, strict=True)]
            progress.kept = weights
        elif select == "last" or score > progress.best:
            progress.kept = weights
        progress.best = max(progress.best, score)


def _assign(variables: Sequence[Any], values: Arrays) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _values(variables: Sequence[Any]) -> Arrays:
    return [np.asarray(variable) for variable in variables]


def _tensors(batch: Batch) -> list[Any]:
    return [tf.constant(a) for a in (batch.x, batch.mask, batch.speech, batch.truth, batch.opinion, batch.weights)]


def pooled(outputs: Any, mask: Any) -> Any:
    """Pool logits over steps as :class:`edge_ser.recognition.decision.Decision` does; TensorFlow tensors."""
    weights = tf.sigmoid(outputs[:, :, -1]) * mask
    return tf.reduce_sum(outputs[:, :, :-1] * weights[:, :, None], 1) / (tf.reduce_sum(weights, 1)[:, None] + 1e-3)


def _step(
    network: keras.Model, optimizer: keras.Optimizer, settings: TrainingSettings, teacher: TeacherSettings | None
) -> Callable[..., Any]:
    # One graph for all shapes: each graph rounds in its own way, and for which shape the first is made would depend on
    # where a training goes on.
    coefficients, labels = network.input_shape[-1], network.output_shape[-1] - 1
    shapes = [(None, None, coefficients), (None, None), (None, None), (None, labels), (None, labels), (None,)]

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32) for shape in shapes])
    def step(x: Any, mask: Any, speech: Any, truth: Any, opinion: Any, weights: Any) -> Any:
        with tf.GradientTape() as tape:
            outputs = network(x, training=True)
            logits = pooled(outputs, mask)
            emotion = tf.nn.softmax_cross_entropy_with_logits(truth, logits)
            if teacher is not None:  # Hinton et al. 2015, arXiv:1503.02531: by T^2, as gradients shrink with 1 / T^2
                t = teacher.temperature
                taught = tf.nn.softmax_cross_entropy_with_logits(tf.nn.softmax(opinion / t), logits / t)
                emotion = (1.0 - teacher.weight) * emotion + teacher.weight * t * t * taught
            heard = tf.nn.sigmoid_cross_entropy_with_logits(speech, outputs[:, :, -1])
            loss = tf.reduce_mean(emotion * weights)
            loss += settings.speech_weight * tf.reduce_sum(heard * mask) / tf.reduce_sum(mask)
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
        return loss

    result: Callable[..., Any] = step
    return result


def weights_hash(network: keras.Model) -> str:
    """Return a hash of all weights, to tell whether two runs gave the same network."""
    return hashlib.sha256(b"".join(w.tobytes() for w in network.get_weights())).hexdigest()
