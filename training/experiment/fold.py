"""One fold of a run: it learns, is exported, is judged; each stage leaves a file that says it is done.

Only :func:`judge` is given the test speakers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import joblib
import numpy as np
import numpy.typing as npt

from edge_ser.errors import NoRecordings
from edge_ser.model.bundle import Bundle, ChunkLayout, read_bundle
from edge_ser.model.interpreter import choose_interpreter
from edge_ser.model.settings import DecisionSettings
from training.corpora import Clip
from training.data.dataset import Dataset
from training.data.protocols import Learning, Split
from training.data.utterances import FRONT_END, Utterance
from training.families import CLASSICAL, STRIDE, Family, classical, deep
from training.fitting import batches, calibrate
from training.scoring import predict
from training.scoring.metrics import agreement, score
from training.scoring.predictions import Outputs
from training.settings import NetworkSettings, RunSettings, TrainingSettings
from training.support import files

Tell = Callable[[str, int], None]
"""Takes the name of a network and how many of its epochs are done."""

BACKEND: Final = "litert"
"""The interpreter that judges: it may share a process with TensorFlow, and gives the bits of tflite-runtime."""

_REPRESENTATIVE: Final = 400
"""Training utterances from which the converter takes the ranges of all tensors."""


@dataclass(frozen=True)
class Fold:
    """Where a fold is, and what it is made of.

    Attributes:
        folder: Its files.
        settings: Of the run.
        dataset: Of the run.
    """

    folder: Path
    settings: RunSettings
    dataset: Dataset

    @property
    def classical(self) -> bool:
        """Whether its family is one of scikit-learn's."""
        return self.settings.network.family in CLASSICAL

    @property
    def trained(self) -> bool:
        """Whether it has learned."""
        return (self.folder / "training.json").exists()

    def quantized(self, variants: Sequence[str]) -> bool:
        """Whether it has been exported in all these forms; a classical family never is."""
        path = self.folder / "quantization.json"
        return self.classical or (path.exists() and set(variants) <= set(files.read_json(path)["variants"]))

    @property
    def judged(self) -> bool:
        """Whether the test speakers have been heard."""
        return all(path.exists() for path in self.outputs.values())

    @property
    def outputs(self) -> dict[str, Path]:
        """The files of what was said of the test clips."""
        return {kind: self.folder / f"outputs-{kind}.npz" for kind in ("float", *(() if self.classical else ("int8",)))}

    @property
    def gains(self) -> tuple[int, ...]:
        """The front end's gains that it was trained with."""
        return tuple(files.read_json(self.folder / "training.json")["gains"])

    def network(self) -> Any:
        """Return the trained Keras network."""
        network = _build(self.settings.network, self.gains, self.dataset)
        with np.load(self.folder / "weights.npz") as stored:
            network.set_weights([stored[key] for key in sorted(stored.files)])
        return network

    def model(self, variant: str) -> Path:
        """Return the file of an exported model."""
        return self.folder / ("model.tflite" if variant == "int8" else f"model-{variant}.tflite")


def learn(fold: Fold, learning: Learning, tell: Tell) -> None:
    """Train on the training speakers, select and calibrate on the validation speakers."""
    (_learn_classical if fold.classical else _learn_deep)(fold, learning, tell)


def _learn_classical(fold: Fold, learning: Learning, tell: Tell) -> None:
    begun = time.monotonic()
    labels = fold.dataset.labels
    voices = [clip for clip in learning.train if clip.label is not None]
    utterances = fold.dataset.utterances(voices)
    _check_heard(utterances)
    rows = classical.functionals(voices, utterances)
    heard = ~np.isnan(rows).any(axis=1)
    targets = np.array([labels.index(clip.label or "") for clip in voices])
    fitted = classical.classifier(fold.settings.network.family, fold.settings.seed)
    fitted.fit(rows[heard], targets[heard])
    files.write_with(fold.folder / "classifier.joblib", lambda to: joblib.dump(fitted, to))
    outputs = _classical_outputs(fold, fitted, learning.validation)
    facts = {
        "seconds": round(time.monotonic() - begun, 1),
        "temperature": calibrate.temperature(outputs),
        "validation_uar": round(score(outputs).uar, 4),
        "functionals": rows.shape[1],
        "history": [],
    }
    files.write_json(fold.folder / "training.json", facts)
    tell("", 1)


def _check_heard(utterances: Sequence[Utterance]) -> None:
    labels = {u.clip.label for u in utterances if u.clip.label is not None}
    if len(labels) < 2:
        raise NoRecordings(
            f"speech of {len(labels)} labels is heard in the training recordings, needed are two or more; check that "
            "they hold speech, and not too quietly"
        )


def _classical_outputs(fold: Fold, fitted: Any, clips: Sequence[Clip]) -> Outputs:
    clips = [clip for clip in clips if clip.label is not None]
    rows = classical.functionals(clips, fold.dataset.utterances(clips))
    empty = predict.gather(clips, [], fold.dataset.labels, [])
    return replace(empty, logits=classical.logits(fitted, rows, len(fold.dataset.labels)))


def _learn_deep(fold: Fold, learning: Learning, tell: Tell) -> None:
    from training.fitting import fit

    begun = time.monotonic()
    settings, dataset = fold.settings, fold.dataset
    everything = [dataset.utterances(learning.train, v) for v in range(settings.augment.copies + 1)]
    _check_heard(everything[0])
    gains = batches.gains([u for u in everything[0] if u.clip.label is not None])
    pools = [batches.pool(utterances, gains, dataset.labels, settings.training) for utterances in everything]
    validation = _Validation(learning.validation, dataset, gains)
    taught = settings.teacher
    if taught.members:
        teachers = NetworkSettings(taught.family, taught.channels, taught.units, taught.dropout)
        schedule = replace(settings.training, epochs=taught.epochs)
        opinions = [np.zeros_like(pool.opinion) for pool in pools]
        for member in range(1, taught.members + 1):
            name = f"teacher-{member}"
            network, _ = _train(
                fold, name, teachers, schedule, settings.seed + 1000 * member, gains, pools, validation, tell
            )
            steps = predict.float_steps(network, deep(taught.family))
            for opinion, pool in zip(opinions, pools, strict=True):
                said = [predict.pooled(rows, dataset.labels) for rows in steps(pool.features)]
                opinion += np.array(said, np.float32) / taught.members
        pools = [replace(pool, opinion=opinion) for pool, opinion in zip(pools, opinions, strict=True)]
    network, history = _train(
        fold, "", settings.network, settings.training, settings.seed, gains, pools, validation, tell
    )
    weights = {f"w{i:03d}": w for i, w in enumerate(network.get_weights())}
    files.write_arrays(fold.folder / "weights.npz", **weights)
    outputs = validation.outputs(validation.rows(predict.float_steps(network, deep(settings.network.family))))
    facts = {
        "seconds": round(time.monotonic() - begun, 1),
        "parameters": network.count_params(),
        "weights_sha256": fit.weights_hash(network),
        "gains": list(gains),
        "temperature": calibrate.temperature(outputs),
        "validation_uar": round(score(outputs).uar, 4),
        "history": history,
    }
    files.write_json(fold.folder / "training.json", facts)
    for checkpoint in fold.folder.rglob("checkpoint.npz"):
        checkpoint.unlink()


class _Validation:
    """The validation clips, made ready once."""

    def __init__(self, clips: Sequence[Clip], dataset: Dataset, gains: Sequence[int]) -> None:
        self._clips = [clip for clip in clips if clip.label is not None]
        self._labels = dataset.labels
        self.utterances: list[Utterance] = dataset.utterances(self._clips)
        self._features = [batches.quantize(u.cepstra, gains) for u in self.utterances]

    @property
    def targets(self) -> npt.NDArray[np.int64]:
        """Index of each clip's label."""
        return predict.gather(self._clips, [], self._labels, []).targets

    def rows(self, steps: predict.Steps) -> list[predict.Float]:
        """Run a network over the utterances."""
        return steps(self._features) if self._features else []

    def outputs(self, rows: Sequence[predict.Float]) -> Outputs:
        """Return what the rows say of the clips."""
        said = [predict.pooled(r, self._labels) for r in rows]
        return predict.gather(self._clips, self.utterances, self._labels, said)


def _train(
    fold: Fold,
    name: str,
    sizes: NetworkSettings,
    schedule: TrainingSettings,
    seed: int,
    gains: Sequence[int],
    pools: Sequence[batches.Pool],
    validation: _Validation,
    tell: Tell,
) -> tuple[Any, list[dict[str, float]]]:
    """Train one network, a teacher or the fold's own."""
    import keras

    from training.fitting import fit

    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    network = _build(sizes, gains, fold.dataset)
    family = deep(sizes.family)
    taught = fold.settings.teacher if fold.settings.teacher.members and not name else None
    identity = repr((sizes, schedule, seed, taught, fold.dataset.fingerprint, fold.folder.name))
    training = fit.Training(network, family, pools, schedule, seed, fold.folder / name, identity, taught)
    steps = predict.float_steps(network, family)
    history = training.run(
        lambda: validation.outputs(validation.rows(steps)).said, validation.targets, lambda done: tell(name, done)
    )
    return network, history


def _build(sizes: NetworkSettings, gains: Sequence[int], dataset: Dataset) -> Any:
    return deep(sizes.family).build(None, gains, len(dataset.labels) + 1, sizes)


def quantize(fold: Fold, learning: Learning, variants: Sequence[str] = ("int8",)) -> None:
    """Export the network, calibrate each form on the validation speakers, write model files.

    Raises:
        NotFullInt8: something in the full-int8 form is not; nothing is written then.
    """
    from training.export import tflite

    family, network = deep(fold.settings.network.family), fold.network()
    voices = [u for u in fold.dataset.utterances(learning.train) if u.clip.label is not None]
    chosen = np.random.default_rng(0).choice(len(voices), min(_REPRESENTATIVE, len(voices)), replace=False)
    representative = [batches.quantize(voices[i].cepstra, fold.gains) for i in chosen]
    validation = _Validation(learning.validation, fold.dataset, fold.gains)
    whole = validation.outputs(validation.rows(predict.float_steps(network, family)))
    seconds_a_frame = FRONT_END.hop_samples / FRONT_END.rate
    path = fold.folder / "quantization.json"
    facts: dict[str, Any] = {
        "parameters": network.count_params(),
        "multiply_adds_a_second": tflite.multiply_adds(network, family, seconds_a_frame),
        "validation_uar_before": round(score(whole).uar, 4),
        "variants": files.read_json(path)["variants"] if path.exists() else {},
    }
    for variant in variants:
        model = tflite.convert(network, family, representative, variant)
        bundle = _bundle(fold, family, model)
        rows = validation.rows(predict.model_steps(bundle, choose_interpreter(BACKEND)))
        said = validation.outputs(rows)
        bundle = replace(bundle, decision=calibrate.decision(said, rows))
        facts["variants"][variant] = {
            "bytes": len(model),
            "operators": dict(sorted(tflite.operators(model).items())),
            "agreement": round(agreement(whole, said), 4),
            "validation_uar": round(score(said).uar, 4),
            "decision": asdict(bundle.decision),
        }
        files.write_bytes(fold.model(variant), bundle.to_bytes())
    files.write_json(path, facts)


def _bundle(fold: Fold, family: Family, model: bytes) -> Bundle:
    layout = ChunkLayout(family.chunk, family.context, family.chunk // STRIDE, family.streams)
    front_end = replace(FRONT_END, gains=fold.gains)
    return Bundle(fold.dataset.labels, front_end, layout, DecisionSettings(), {}, model)


def judge(fold: Fold, split: Split) -> None:
    """Let the float and the int8 network hear the test speakers; keep what they say."""
    clips = [clip for clip in split.test if clip.label is not None]
    temperature = files.read_json(fold.folder / "training.json")["temperature"]
    if fold.classical:
        said = _classical_outputs(fold, joblib.load(fold.folder / "classifier.joblib"), clips)
        replace(said, logits=said.logits / temperature).save(fold.outputs["float"])
        return
    utterances, labels = fold.dataset.utterances(clips), fold.dataset.labels
    whole = predict.float_steps(fold.network(), deep(fold.settings.network.family))
    predict.outputs(clips, utterances, fold.gains, labels, whole, temperature).save(fold.outputs["float"])
    bundle = read_bundle(fold.model("int8"))
    streamed = predict.model_steps(bundle, choose_interpreter(BACKEND))
    found = bundle.decision.temperature
    predict.outputs(clips, utterances, fold.gains, labels, streamed, found).save(fold.outputs["int8"])
