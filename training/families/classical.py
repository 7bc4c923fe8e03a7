"""The classical baselines: functionals of a clip's features, and a scikit-learn classifier."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from edge_ser.features.mfcc import CEPSTRA_FRACTION_BITS
from training.corpora import Clip
from training.data.utterances import FRONT_END, Utterance
from training.support.arrays import Cepstra, Functionals, Logits

_PERCENTILES: Final = (5, 25, 50, 75, 95)


def functionals(clips: Sequence[Clip], utterances: Sequence[Utterance]) -> Functionals:
    """Compute the functionals of each clip.

    Args:
        clips: Voices.
        utterances: Their utterances.

    Returns:
        Shape ``(clips, 9 * coefficients + 2)``, float64: mean, standard deviation and five percentiles of each
        coefficient, the standard deviations of its differences over one frame and over four frames, and the numbers of
        frames and of utterances.  A clip without any utterance has a row of NaN.
    """
    frames: dict[Path, list[Cepstra]] = {clip.path: [] for clip in clips}
    for utterance in utterances:
        frames[utterance.clip.path].append(utterance.cepstra)
    rows = np.full((len(clips), 9 * FRONT_END.coefficients + 2), np.nan)
    for row, clip in zip(rows, clips, strict=True):
        if frames[clip.path]:
            row[:] = _of_clip(frames[clip.path])
    return rows


def _of_clip(utterances: Sequence[Cepstra]) -> Functionals:
    """Return the functionals of one clip, shape ``(9 * coefficients + 2,)``."""
    x = np.concatenate(utterances) / 2.0**CEPSTRA_FRACTION_BITS
    parts = [x.mean(axis=0), x.std(axis=0), *np.percentile(x, _PERCENTILES, axis=0)]
    for distance in (1, 4):
        differences = x[distance:] - x[:-distance]
        parts.append(differences.std(axis=0) if len(differences) else np.zeros(x.shape[1]))
    return np.concatenate([*parts, [len(x), len(utterances)]])


def classifier(family: str, seed: int) -> Any:
    """Return an untrained scikit-learn classifier that weights all classes equally."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC
    from sklearn.tree import DecisionTreeClassifier

    classifiers = {
        "svm": lambda: SVC(C=3.0, class_weight="balanced", random_state=seed),
        "decision_tree": lambda: DecisionTreeClassifier(
            min_samples_leaf=10, class_weight="balanced", random_state=seed
        ),
        "random_forest": lambda: RandomForestClassifier(
            500, min_samples_leaf=2, class_weight="balanced_subsample", random_state=seed
        ),
    }
    return make_pipeline(StandardScaler(), classifiers[family]())


def logits(fitted: Any, rows: Functionals, labels: int) -> Logits:
    """Return a classifier's output for functionals, as logits up to a constant and a temperature.

    Args:
        fitted: A classifier that was trained on label indices.
        rows: Functionals; a row of NaN gives a row of NaN.
        labels: Number of labels; those that the classifier was not trained on get the lowest logit.

    Returns:
        Shape ``(n, labels)``, float64.
    """
    result = np.full((len(rows), labels), np.nan)
    has_speech = ~np.isnan(rows).any(axis=1)
    if has_speech.any():
        result[has_speech] = -20.0
        if hasattr(fitted, "decision_function"):  # the margins of a support vector machine
            scores = fitted.decision_function(rows[has_speech])
            scores = np.column_stack((-scores, scores)) if scores.ndim == 1 else scores
        else:
            scores = np.log(fitted.predict_proba(rows[has_speech]) + 1e-3)
        result[np.ix_(has_speech, fitted.classes_)] = scores
    return result
