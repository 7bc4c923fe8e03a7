"""A network, trained with or without teachers, exported in several forms, evaluated in float and int8."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from edge_ser.model.bundle import Bundle, ChunkLayout, read_bundle
from edge_ser.model.interpreter import choose_interpreter
from edge_ser.model.settings import DecisionSettings
from training.corpora import Clip
from training.data.protocols import TrainingSplit
from training.data.utterances import FRONT_END
from training.experiment.learners import Material, OnEpoch, check_labels, model_file
from training.experiment.learners.validation import Validation
from training.experiment.results import FormResult, QuantizationResult, TrainingResult
from training.families import STRIDE, Family, deep
from training.fitting import batches
from training.fitting.history import Epoch
from training.scoring import calibrate, predict
from training.scoring.metrics import agreement, score, uar
from training.scoring.predictions import Predictions
from training.settings import NetworkSettings, TrainingSettings
from training.support import files, records

_REPRESENTATIVE: Final = 400
"""Training utterances from which the converter takes the ranges of all tensors."""


@dataclass(frozen=True)
class _Member:
    """One network of a fold, a teacher or its own.

    Attributes:
        name: Names its folder and its progress; empty for the fold's own network.
        sizes: Family and size.
        schedule: How it is trained.
        seed: Of initial weights, order and all random numbers.
    """

    name: str
    sizes: NetworkSettings
    schedule: TrainingSettings
    seed: int


@dataclass(frozen=True)
class _Prepared:
    """The clips of a fold, ready for training.

    Attributes:
        gains: The front end's gains, from the training speakers.
        pools: The training utterances, one pool for each copy of the recordings.
        validation: The validation clips.
    """

    gains: tuple[int, ...]
    pools: list[batches.Pool]
    validation: Validation


@dataclass(frozen=True)
class NetworkLearner:
    """A :class:`training.experiment.learners.Learner`.

    Attributes:
        material: What it works with.
    """

    material: Material

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms in which it predicts."""
        return ("float", "int8")

    @property
    def epochs(self) -> int:
        """Epochs of the network and its teachers."""
        settings = self.material.settings
        return settings.training.epochs + settings.teacher.members * settings.teacher.epochs

    @property
    def _family(self) -> Family:
        return deep(self.material.settings.network.family)

    def set_up(self) -> None:
        """Make TensorFlow in this process deterministic."""
        from training.fitting import fit

        fit.set_up()

    def train(self, clips: TrainingSplit, on_epoch: OnEpoch) -> TrainingResult:
        """Train the teachers, then the network; write its weights."""
        from training.fitting import fit

        begun = time.monotonic()
        settings = self.material.settings
        prepared = self._with_teachers(self._prepare(clips), on_epoch)
        own = _Member("", settings.network, settings.training, settings.seed)
        network, history = self._fit(own, prepared, on_epoch)
        weights = {f"w{i:03d}": w for i, w in enumerate(network.get_weights())}
        files.write_arrays(self.material.folder / "weights.npz", **weights)
        validation = prepared.validation
        predictions = validation.predictions(validation.rows(predict.float_steps(network, self._family)))
        return TrainingResult(
            seconds=round(time.monotonic() - begun, 1),
            parameters=network.count_params(),
            weights_sha256=fit.weights_hash(network),
            gains=prepared.gains,
            temperature=calibrate.temperature(predictions),
            validation_uar=round(score(predictions).uar, 4),
            history=history,
        )

    def _prepare(self, clips: TrainingSplit) -> _Prepared:
        settings, dataset = self.material.settings, self.material.dataset
        copies = [dataset.utterances(clips.train, copy) for copy in range(settings.augment.copies + 1)]
        check_labels(copies[0])
        gains = batches.gains([u for u in copies[0] if u.clip.label is not None])
        pools = [batches.pool(utterances, gains, dataset.labels, settings.training) for utterances in copies]
        return _Prepared(gains, pools, Validation(clips.validation, dataset, gains))

    def _with_teachers(self, prepared: _Prepared, on_epoch: OnEpoch) -> _Prepared:
        """Train the teachers, if there are any, and put the mean of their logits into the pools."""
        settings, labels = self.material.settings, self.material.dataset.labels
        teacher = settings.teacher
        sizes = NetworkSettings(teacher.family, teacher.channels, teacher.units, teacher.dropout)
        schedule = replace(settings.training, epochs=teacher.epochs)
        means = [np.zeros_like(pool.teacher_logits) for pool in prepared.pools]
        for number in range(1, teacher.members + 1):
            member = _Member(f"teacher-{number}", sizes, schedule, settings.seed + 1000 * number)
            network, _ = self._fit(member, prepared, on_epoch)
            steps = predict.float_steps(network, deep(teacher.family))
            for mean, pool in zip(means, prepared.pools, strict=True):
                logits = [predict.pooled(rows, labels) for rows in steps(pool.features)]
                mean += np.array(logits, np.float32) / teacher.members
        pools = [replace(pool, teacher_logits=mean) for pool, mean in zip(prepared.pools, means, strict=True)]
        return replace(prepared, pools=pools)

    def _fit(self, member: _Member, prepared: _Prepared, on_epoch: OnEpoch) -> tuple[Any, tuple[Epoch, ...]]:
        import keras

        from training.fitting import fit

        settings, folder, validation = self.material.settings, self.material.folder, prepared.validation
        keras.backend.clear_session()
        keras.utils.set_random_seed(member.seed)
        network, family = self._build(member.sizes, prepared.gains), deep(member.sizes.family)
        teacher = settings.teacher if settings.teacher.members and not member.name else None
        parts = (member.sizes, member.schedule, member.seed, teacher, self.material.dataset.fingerprint, folder.name)
        plan = fit.Plan(member.schedule, member.seed, folder / member.name, repr(parts), teacher)
        training = fit.Training(network, family, prepared.pools, plan)
        steps = predict.float_steps(network, family)
        on_epoch(member.name, training.done)
        for number in training.run():
            predictions = validation.predictions(validation.rows(steps))
            training.finish_epoch(uar(predictions.predicted, predictions.targets))
            on_epoch(member.name, number)
        return network, training.history

    def _build(self, sizes: NetworkSettings, gains: Sequence[int]) -> Any:
        return deep(sizes.family).build(None, gains, len(self.material.dataset.labels) + 1, sizes)

    def load(self) -> tuple[Any, TrainingResult]:
        """Return the trained Keras network and the result of its training."""
        result = records.read(TrainingResult, self.material.folder / "training.json")
        network = self._build(self.material.settings.network, result.gains or ())
        with np.load(self.material.folder / "weights.npz") as stored:
            network.set_weights([stored[key] for key in sorted(stored.files)])
        return network, result

    def export(self, clips: TrainingSplit, forms: Sequence[str]) -> QuantizationResult:
        """Write a model file for each form.

        Raises:
            NotFullInt8: something in the full-int8 form is not; its file is not written.
        """
        from training.export import tflite

        dataset, family = self.material.dataset, self._family
        network, trained = self.load()
        gains = trained.gains or ()
        voices = [u for u in dataset.utterances(clips.train) if u.clip.label is not None]
        chosen = np.random.default_rng(0).choice(len(voices), min(_REPRESENTATIVE, len(voices)), replace=False)
        representative = [batches.quantize(voices[i].cepstra, gains) for i in chosen]
        validation = Validation(clips.validation, dataset, gains)
        before = validation.predictions(validation.rows(predict.float_steps(network, family)))
        results = {}
        for form in forms:
            model = tflite.convert(network, family, representative, form)
            bundle = self._bundle(gains, model)
            rows = validation.rows(predict.model_steps(bundle, choose_interpreter(predict.INTERPRETER)))
            predictions = validation.predictions(rows)
            bundle = replace(bundle, decision=calibrate.decision(predictions, rows))
            results[form] = FormResult(
                bytes=len(model),
                operators=dict(sorted(tflite.operators(model).items())),
                agreement=round(agreement(before, predictions), 4),
                validation_uar=round(score(predictions).uar, 4),
                decision=bundle.decision,
            )
            files.write_bytes(model_file(self.material.folder, form), bundle.to_bytes())
        return QuantizationResult(
            parameters=network.count_params(),
            multiply_adds_a_second=tflite.multiply_adds(network, family, FRONT_END.hop_samples / FRONT_END.rate),
            validation_uar_before=round(score(before).uar, 4),
            forms=results,
        )

    def _bundle(self, gains: tuple[int, ...], model: bytes) -> Bundle:
        family = self._family
        layout = ChunkLayout(family.chunk, family.context, family.chunk // STRIDE, family.streams)
        front_end = replace(FRONT_END, gains=gains)
        return Bundle(self.material.dataset.labels, front_end, layout, DecisionSettings(), {}, model)

    def predict(self, clips: Sequence[Clip]) -> dict[str, Predictions]:
        """Return the predictions of the float network and of the exported int8 model."""
        clips = [clip for clip in clips if clip.label is not None]
        utterances, labels = self.material.dataset.utterances(clips), self.material.dataset.labels
        network, trained = self.load()
        gains = trained.gains or ()
        whole = predict.float_steps(network, self._family)
        bundle = read_bundle(model_file(self.material.folder, "int8"))
        chunks = predict.model_steps(bundle, choose_interpreter(predict.INTERPRETER))
        temperature = bundle.decision.temperature
        return {
            "float": predict.predict_clips(clips, utterances, gains, labels, whole, trained.temperature),
            "int8": predict.predict_clips(clips, utterances, gains, labels, chunks, temperature),
        }
