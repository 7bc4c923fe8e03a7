"""Training one float network: epochs, selection on the validation speakers, checkpoints that resume."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf

from edge_ser.errors import OutputFailed
from training.families import Family
from training.fitting.batches import Batch, Epochs, Pool
from training.fitting.checkpoint import Arrays, Checkpoint
from training.fitting.history import Epoch
from training.settings import TeacherSettings, TrainingSettings

_AVERAGED_SHARE: Final = 1 / 3  # of the epochs, the last ones


def set_up() -> None:
    """Make TensorFlow in this process give the same bits in every run: one thread, and only deterministic operators."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()


@dataclass(frozen=True)
class Plan:
    """How one network is trained.

    Attributes:
        settings: The schedule and the loss.
        seed: Of the order and of all random numbers.
        folder: Where the checkpoint and the TensorBoard logs are written.
        identity: Tells this training from any other; the checkpoint of another one is not used.
        teacher: How the teachers' logits of the pools count; ``None`` without teachers.
    """

    settings: TrainingSettings
    seed: int
    folder: Path
    identity: str
    teacher: TeacherSettings | None = None


class Training:
    """One training; it starts where a checkpoint was written, or at the beginning.

    For each epoch that :meth:`run` yields, the caller validates the network and calls :meth:`finish_epoch`.

    Args:
        network: The network, untrained.
        family: Its family.
        pools: The training utterances; the first pool holds those that are not augmented.
        plan: How to train.
    """

    def __init__(self, network: keras.Model, family: Family, pools: Sequence[Pool], plan: Plan) -> None:
        self._network = network
        self._plan = plan
        self._epochs = Epochs(pools, family, plan.settings, plan.seed)
        self._writer: Any = None
        self._loss = 0.0  # of the epoch that was yielded last
        settings, steps = plan.settings, plan.settings.epochs * self._epochs.steps
        self._optimizer = keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(0.0, steps, warmup_target=settings.rate, warmup_steps=steps // 20),
            weight_decay=settings.decay,
            clipnorm=1.0,
        )
        self._optimizer.build(network.trainable_variables)
        self._step = _step(network, self._optimizer, settings, plan.teacher)
        self._state = Checkpoint.read(self.checkpoint, plan.identity) or Checkpoint()
        if self.done:
            _assign(network.variables, self._state.network)
            _assign(self._optimizer.variables, self._state.optimizer)

    @property
    def checkpoint(self) -> Path:
        """The checkpoint's file; it exists while the training is unfinished."""
        return self._plan.folder / "checkpoint.npz"

    @property
    def done(self) -> int:
        """How many epochs are done, those of a resumed checkpoint included."""
        return self._state.epoch

    @property
    def history(self) -> tuple[Epoch, ...]:
        """The epochs that are done."""
        return tuple(self._state.history)

    def run(self) -> Iterator[int]:
        """Train; at the end the network has the weights that ``settings.select`` asks for.

        Yields:
            The number of each epoch, from 1, when all its batches are done and it is to be validated.
        """
        self._writer = tf.summary.create_file_writer(str(self._plan.folder / "tensorboard"))
        for number in range(self.done + 1, self._plan.settings.epochs + 1):
            losses = [self._step(*_tensors(batch)) for batch in self._epochs.batches(number - 1)]
            self._loss = float(np.mean([float(value) for value in losses]))
            yield number
            if self.done != number:
                raise RuntimeError(f"epoch {number} was not finished")
        self._network.set_weights(self._state.kept)

    def finish_epoch(self, validation_uar: float) -> None:
        """Log the epoch that :meth:`run` yielded last, keep its weights as selected, and write the checkpoint.

        Args:
            validation_uar: Of the network as it is now, 0 to 1.
        """
        state = self._state
        number = state.epoch + 1
        state.history.append(Epoch(number, round(self._loss, 5), round(validation_uar, 5)))
        self._log(number, validation_uar)
        self._keep(number, validation_uar)
        state.epoch = number
        state.network = _values(self._network.variables)
        state.optimizer = _values(self._optimizer.variables)
        state.write(self.checkpoint, self._plan.identity)

    def _log(self, number: int, validation_uar: float) -> None:
        try:
            with self._writer.as_default(step=number):
                tf.summary.scalar("loss", self._loss)
                tf.summary.scalar("validation UAR", validation_uar)
            self._writer.flush()
        except tf.errors.OpError as error:
            raise OutputFailed(
                f"cannot write the TensorBoard log in {self._plan.folder} ({error.message}); free some space and run "
                "the same command again"
            ) from None

    def _keep(self, number: int, validation_uar: float) -> None:
        state, settings, weights = self._state, self._plan.settings, self._network.get_weights()
        if settings.select == "average":
            before = settings.epochs - max(1, round(settings.epochs * _AVERAGED_SHARE))
            count = number - 1 - before  # weights averaged so far
            if count >= 1:  # Izmailov et al. 2018, arXiv:1803.05407
                weights = [k + (w - k) / np.float32(count + 1) for k, w in zip(state.kept, weights, strict=True)]
            state.kept = weights
        elif settings.select == "last" or validation_uar > state.best:
            state.kept = weights
        state.best = max(state.best, validation_uar)


def _assign(variables: Sequence[Any], values: Arrays) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _values(variables: Sequence[Any]) -> Arrays:
    return [np.asarray(variable) for variable in variables]


def _tensors(batch: Batch) -> list[Any]:
    arrays = (batch.x, batch.mask, batch.speech, batch.targets, batch.teacher_logits, batch.weights)
    return [tf.constant(array) for array in arrays]


def pooled(outputs: Any, mask: Any) -> Any:
    """Pool logits over steps as :class:`edge_ser.recognition.decision.Decision` does; TensorFlow tensors."""
    weights = tf.sigmoid(outputs[:, :, -1]) * mask
    return tf.reduce_sum(outputs[:, :, :-1] * weights[:, :, None], 1) / (tf.reduce_sum(weights, 1)[:, None] + 1e-3)


def _step(
    network: keras.Model, optimizer: keras.Optimizer, settings: TrainingSettings, teacher: TeacherSettings | None
) -> Callable[..., Any]:
    # One graph for all shapes: each graph rounds in its own way, and which shape came first would depend on where an
    # interrupted training continues.
    coefficients, labels = network.input_shape[-1], network.output_shape[-1] - 1
    shapes = [(None, None, coefficients), (None, None), (None, None), (None, labels), (None, labels), (None,)]

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32) for shape in shapes])
    def step(x: Any, mask: Any, speech: Any, targets: Any, teacher_logits: Any, weights: Any) -> Any:
        with tf.GradientTape() as tape:
            outputs = network(x, training=True)
            logits = pooled(outputs, mask)
            emotion = tf.nn.softmax_cross_entropy_with_logits(targets, logits)
            if teacher is not None:  # Hinton et al. 2015, arXiv:1503.02531: by T^2, as gradients shrink with 1 / T^2
                t = teacher.temperature
                distilled = tf.nn.softmax_cross_entropy_with_logits(tf.nn.softmax(teacher_logits / t), logits / t)
                emotion = (1.0 - teacher.weight) * emotion + teacher.weight * t * t * distilled
            presence = tf.nn.sigmoid_cross_entropy_with_logits(speech, outputs[:, :, -1])
            loss = tf.reduce_mean(emotion * weights)
            loss += settings.speech_weight * tf.reduce_sum(presence * mask) / tf.reduce_sum(mask)
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
        return loss

    result: Callable[..., Any] = step
    return result


def weights_hash(network: keras.Model) -> str:
    """Return a hash of all weights, to tell whether two runs gave the same network."""
    return hashlib.sha256(b"".join(w.tobytes() for w in network.get_weights())).hexdigest()
