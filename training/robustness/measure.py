"""How a finished model holds up in real life, on people it was not trained on, with test noises and held-out rooms."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from edge_ser.errors import EdgeSerError
from edge_ser.model.bundle import Bundle
from edge_ser.model.interpreter import choose_interpreter
from training.augmentation import reverb
from training.corpora import Clip
from training.data import cache, corpus_features
from training.data.dataset import Dataset
from training.data.protocols import noise_split
from training.experiment.evaluate import strangers_among
from training.robustness import conditions, non_speech, steadiness
from training.robustness.conditions import CLEAN, CONDITIONS, AcousticScene, Condition, extract_in
from training.robustness.results import ConditionResult, Robustness, RobustnessData, Uar
from training.scoring import metrics, predict
from training.scoring.predictions import NO_SPEECH, Predictions
from training.support import progress

PARTS: Final = ("conditions", "non-speech", "steady")
"""What can be measured, in the order of the result."""


@dataclass(frozen=True)
class Features:
    """Where features are stored and how they are computed.

    Attributes:
        folder: Folder of the cache.
        jobs: Processes at a time.
    """

    folder: Path
    jobs: int


def measure(bundle: Bundle, recordings: Dataset, features: Features, parts: Sequence[str] = PARTS) -> Robustness:
    """Measure how a finished model holds up.

    Args:
        bundle: The model; its card names its training speakers.
        recordings: The recordings, their labels narrowed to those that the model knows, and noises.
        features: Where features are stored.
        parts: Some of :data:`PARTS`.

    Raises:
        EdgeSerError: the model was trained on all of these speakers, or there is no noise to test with.
    """
    strangers = strangers_among(bundle, recordings)
    noises = tuple(clip.path for clip in noise_split(recordings.noise).test)
    if not noises:
        raise EdgeSerError(
            f"no noises to test with: none of the {len(recordings.noise)} recordings in the folder noise belongs to "
            "the test part; put the noise corpus there (python -m training corpora)"
        )
    interpreter, clips = choose_interpreter(predict.INTERPRETER), strangers.clips
    scene = AcousticScene(noises, features.folder / "impulse-responses")
    return Robustness(
        model_sha256=bundle.sha256,
        corpora=strangers.corpora,
        labels=recordings.labels,
        data=RobustnessData(
            fingerprint=recordings.fingerprint,
            clips=len(clips),
            speakers=strangers.speakers,
            noises=len(noises),
            skipped=recordings.reasons,
            warnings=strangers.warnings,
            speakers_it_learned_from=strangers.left_out,
        ),
        conditions=_conditions(bundle, recordings, clips, scene, features) if "conditions" in parts else None,
        non_speech=non_speech.measure(noises, bundle, interpreter) if "non-speech" in parts else None,
        steady=steadiness.measure(clips, recordings.labels, bundle, interpreter) if "steady" in parts else None,
    )


def _conditions(
    bundle: Bundle, recordings: Dataset, clips: Sequence[Clip], scene: AcousticScene, features: Features
) -> dict[str, ConditionResult]:
    steps = predict.model_steps(bundle, choose_interpreter(predict.INTERPRETER))
    entries = _entries(clips, scene, features)
    results: dict[str, ConditionResult] = {}
    for condition in progress.bar(CONDITIONS, "conditions", len(CONDITIONS), "condition"):
        utterances = recordings.utterances(clips) if condition == CLEAN else entries[condition].read(clips)
        gains, temperature = bundle.front_end.gains, bundle.decision.temperature
        predictions = predict.predict_clips(clips, utterances, gains, bundle.labels, steps, temperature)
        results[condition.name] = _result(predictions.over(recordings.labels), results.get(CLEAN.name))
    return results


def _entries(clips: Sequence[Clip], scene: AcousticScene, features: Features) -> Mapping[Condition, cache.Entry]:
    """Compute the missing features of all conditions but the clean one, for any model with the same speakers."""
    digests = corpus_features.digests(clips)
    code = hashlib.sha256(Path(conditions.__file__).read_bytes()).hexdigest()
    noises = [cache.digest(path) for path in scene.noises]
    entries = {
        condition: cache.entry(features.folder, f"robustness-{place}", 0, digests, (astuple(condition), noises, code))
        for place, condition in enumerate(CONDITIONS)
        if condition != CLEAN
    }
    if not all(entry.complete for entry in entries.values()):
        reverb.load(
            scene.impulse_responses, conditions.ROOMS, reverb.HELD_OUT_SEED
        )  # computed once, not in each process
    for condition, entry in entries.items():
        work = partial(extract_in, condition=condition, scene=scene)
        corpus_features.fill(entry, work, clips, digests, f"features: {condition.name}", features.jobs)
    return entries


def _result(predictions: Predictions, clean: ConditionResult | None) -> ConditionResult:
    corpora = np.array(predictions.corpora, np.str_)
    overall = _uar(predictions, clean.uar if clean else None)
    per_corpus = {
        str(name): _uar(predictions.where(corpora == name), clean.per_corpus[str(name)].uar if clean else None)
        for name in np.unique(corpora)
    }
    return ConditionResult(overall.uar, overall.difference, overall.no_speech, per_corpus)


def _uar(predictions: Predictions, clean: float | None) -> Uar:
    uar = round(metrics.uar(predictions.predicted, predictions.targets), 4)
    difference = 0.0 if clean is None else round(100 * (uar - clean), 2)
    return Uar(uar, difference, int((predictions.predicted == NO_SPEECH).sum()))
