"""The classical baselines: functionals of a clip's features, and a classifier of scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edge_ser.features.mfcc import CEPSTRA_FRACTION_BITS
from training.corpora import Clip
from training.data.dataset import Utterance
from training.data.utterances import FRONT_END

Float = npt.NDArray[np.float64]

_PERCENTILES: Final = (5, 25, 50, 75, 95)


def functionals(clips: Sequence[Clip], utterances: Sequence[Utterance]) -> Float:
    """Return a row a clip; one without any utterance has a row of NaN.

    Args:
        clips: Voices.
        utterances: Theirs, as the front end made them, before the gains.

    Returns:
        Shape ``(clips, 9 * coefficients + 2)``: of each coefficient its mean, deviation, five percentiles and the
        deviation of its differences from frame to frame and over four frames; the number of frames and of utterances.
    """
    frames: dict[Path, list[npt.NDArray[np.int32]]] = {clip.path: [] for clip in clips}
    for utterance in utterances:
        frames[utterance.clip.path].append(utterance.cepstra)
    rows = np.full((len(clips), 9 * FRONT_END.coefficients + 2), np.nan)
    for row, clip in zip(rows, clips, strict=True):
        if frames[clip.path]:
            row[:] = _of_clip(frames[clip.path])
    return rows


def _of_clip(utterances: Sequence[npt.NDArray[np.int32]]) -> Float:
    x = np.concatenate(utterances) / 2.0**CEPSTRA_FRACTION_BITS
    parts = [x.mean(axis=0), x.std(axis=0), *np.percentile(x, _PERCENTILES, axis=0)]
    for distance in (1, 4):
        differences = x[distance:] - x[:-distance]
        parts.append(differences.std(axis=0) if len(differences) else np.zeros(x.shape[1]))
    return np.concatenate([*parts, [len(x), len(utterances)]])


def classifier(family: str, seed: int) -> Any:
    """Return an untrained classifier of scikit-learn; classes count alike."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC
    from sklearn.tree import DecisionTreeClassifier

    made = {
        "svm": lambda: SVC(C=3.0, class_weight="balanced", random_state=seed),
        "decision_tree": lambda: DecisionTreeClassifier(
            min_samples_leaf=10, class_weight="balanced", random_state=seed
        ),
        "random_forest": lambda: RandomForestClassifier(
            500, min_samples_leaf=2, class_weight="balanced_subsample", random_state=seed
        ),
    }
    return make_pipeline(StandardScaler(), made[family]())


def logits(fitted: Any, rows: Float, labels: int) -> Float:
    """Return what a classifier says of functionals, as logits up to a constant and a temperature.

    Args:
        fitted: Trained on label indices.
        rows: Functionals; a row of NaN gives one of NaN.
        labels: How many there are; one that was not learned is as unlikely as can be.

    Returns:
        Shape ``(n, labels)``, float64.
    """
    result = np.full((len(rows), labels), np.nan)
    heard = ~np.isnan(rows).any(axis=1)
    if heard.any():
        result[heard] = -20.0
        if hasattr(fitted, "decision_function"):  # the margins of a support vector machine
            said = fitted.decision_function(rows[heard])
            said = np.column_stack((-said, said)) if said.ndim == 1 else said
        else:
            said = np.log(fitted.predict_proba(rows[heard]) + 1e-3)
        result[np.ix_(heard, fitted.classes_)] = said
    return result
