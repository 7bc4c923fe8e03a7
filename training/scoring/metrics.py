"""Figures computed from predictions: float and int8, over all clips, by corpus and by sex."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edge_ser.errors import NoRecordings
from training.scoring.figures import Bin, Evaluation, FormScores, Scores, SexScores, UarDifference
from training.scoring.predictions import NO_SPEECH, Float, Int, Predictions
from training.support.records import rounded

_DRAWS: Final = 1_000
"""Bootstrap draws: each end of a 95 % interval then rests on 25 of them."""

_BINS: Final = 10
"""Bins of confidence, as in most papers, so that the calibration error can be compared with theirs."""

_DIGITS: Final = 4
"""Decimal places of the figures of an evaluation."""


@dataclass(frozen=True)
class _Averages:
    """Figures of confusion matrices, one number per matrix.

    Attributes:
        uar: Unweighted average recall, 0 to 1.
        accuracy: Share of the clips that is predicted correctly, 0 to 1.
        macro_f1: Mean of the F1 scores of the labels that occur, 0 to 1.
    """

    uar: Float
    accuracy: Float
    macro_f1: Float


def softmax(logits: Float) -> Float:
    """Return probabilities over the last axis."""
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True))


def uar(predicted: Int, targets: Int) -> float:
    """Return the unweighted average recall over the labels that occur.

    Args:
        predicted: Label indices or :data:`NO_SPEECH`, shape ``(n,)``.
        targets: Indices of the true labels, shape ``(n,)``.
    """
    return float(np.mean([(predicted[targets == label] == label).mean() for label in np.unique(targets)]))


def agreement(a: Predictions, b: Predictions) -> float:
    """Return the share of clips for which two models predict the same, 0 to 1."""
    if (a.labels, a.paths) != (b.labels, b.paths):
        raise ValueError("predictions of different clips or labels")
    return float((a.predicted == b.predicted).mean())


def score(predictions: Predictions) -> Scores:
    """Return all figures over a set of clips.

    Raises:
        NoRecordings: there is no clip.
    """
    labels, n, predicted = predictions.labels, len(predictions.paths), predictions.predicted
    if not n:
        raise NoRecordings(f"no clip to evaluate has one of the labels {', '.join(labels)}; choose others")
    confusion = _confusions(predictions).sum(axis=0)
    averages, draws = _averages(confusion), _averages(_bootstrap(predictions))
    speakers = len(set(predictions.speakers))
    confidence, correct = np.zeros(n), predicted == predictions.targets
    heard = predicted != NO_SPEECH
    confidence[heard] = softmax(predictions.logits[heard]).max(axis=1)
    surest = np.argsort(-confidence, kind="stable")[: (n + 1) // 2]
    bins = _reliability(confidence[heard], correct[heard])
    by_target, by_prediction = confusion.sum(axis=1), confusion.sum(axis=0)
    hits = {label: int(confusion[i, i]) for i, label in enumerate(labels)}
    return Scores(
        clips=n,
        speakers=speakers,
        no_speech=int((~heard).sum()),
        uar=float(averages.uar),
        accuracy=float(averages.accuracy),
        macro_f1=float(averages.macro_f1),
        uar_interval=_interval(draws.uar),
        accuracy_interval=_interval(draws.accuracy),
        macro_f1_interval=_interval(draws.macro_f1),
        interval_over="speakers" if speakers > 1 else "clips",
        recalls={label: hits[label] / int(m) for label, m in zip(labels, by_target, strict=True) if m},
        precisions={label: hits[label] / int(m) for label, m in zip(labels, by_prediction[:-1], strict=True) if m},
        confusion=tuple(tuple(map(int, row)) for row in confusion),
        ece=_calibration_error(bins),
        reliability=bins,
        surest_half_accuracy=float(correct[surest].mean()),
    )


def evaluate(float_predictions: Predictions | None, int8_predictions: Predictions | None) -> Evaluation:
    """Return all figures of a model, rounded to four decimal places.

    Args:
        float_predictions: Of the float form; ``None`` for a finished model, which is int8.
        int8_predictions: Of the int8 form, for the same clips; ``None`` for a family without one.
    """
    given = {"float": float_predictions, "int8": int8_predictions}
    models = {form: predictions for form, predictions in given.items() if predictions is not None}
    if not models:
        raise ValueError("predictions of no model")
    any_of = next(iter(models.values()))
    corpora = np.array(any_of.corpora, np.str_)
    several = len(set(any_of.corpora)) > 1
    evaluation = Evaluation(
        labels=any_of.labels,
        overall=_scores_of(models),
        per_corpus={str(c): _scores_of(_part(models, corpora == c)) for c in np.unique(corpora)} if several else None,
        per_sex=_sex_scores(models, np.array([sex or "" for sex in any_of.sexes], np.str_)),
    )
    return rounded(evaluation, _DIGITS)


def _sex_scores(models: dict[str, Predictions], sexes: npt.NDArray[np.str_]) -> SexScores | None:
    by_sex = {sex: _part(models, sexes == sex) for sex in ("female", "male") if (sexes == sex).any()}
    if not by_sex:
        return None
    scores = {sex: _scores_of(part) for sex, part in by_sex.items()}
    if len(by_sex) < 2:
        return SexScores(scores.get("female"), scores.get("male"))
    differences, intervals = {}, {}
    for form in models:
        women, men = by_sex["female"][form], by_sex["male"][form]
        differences[form] = uar(women.predicted, women.targets) - uar(men.predicted, men.targets)
        draws = [_averages(_bootstrap(predictions, seed)).uar for seed, predictions in enumerate((women, men))]
        intervals[form] = _interval(draws[0] - draws[1])
    difference = UarDifference(
        differences.get("float"), intervals.get("float"), differences.get("int8"), intervals.get("int8")
    )
    return SexScores(scores["female"], scores["male"], difference)


def _part(models: dict[str, Predictions], mask: npt.NDArray[np.bool_]) -> dict[str, Predictions]:
    return {form: predictions.where(mask) for form, predictions in models.items()}


def _scores_of(models: dict[str, Predictions]) -> FormScores:
    scores = {form: score(predictions) for form, predictions in models.items()}
    if len(models) < 2:
        return FormScores(scores.get("float"), scores.get("int8"))
    return FormScores(
        scores["float"],
        scores["int8"],
        agreement(models["float"], models["int8"]),
        scores["float"].uar - scores["int8"].uar,
    )


def _confusions(predictions: Predictions) -> Int:
    """Return one confusion matrix per speaker, shape ``(speakers, labels, labels + 1)``."""
    speakers, rows = np.unique(predictions.speakers, return_inverse=True)
    result = np.zeros((len(speakers), len(predictions.labels), len(predictions.labels) + 1), np.int64)
    np.add.at(result, (rows, predictions.targets, predictions.predicted), 1)  # NO_SPEECH, -1, is the last column
    return result


def _averages(confusions: npt.NDArray[Any]) -> _Averages:
    """Return figures of confusion matrices, shape ``(..., labels, labels + 1)``.

    A label without clips is left out of its matrix's means.
    """
    correct = np.diagonal(confusions, axis1=-2, axis2=-1)
    targets, predicted = confusions.sum(axis=-1), confusions[..., :-1].sum(axis=-2)
    occurs = targets > 0
    recalls = correct / np.maximum(targets, 1)
    f1 = 2.0 * correct / np.maximum(targets + predicted, 1)
    labels = occurs.sum(axis=-1)
    return _Averages(
        uar=recalls.sum(axis=-1, where=occurs) / labels,
        accuracy=correct.sum(axis=-1) / targets.sum(axis=-1),
        macro_f1=f1.sum(axis=-1, where=occurs) / labels,
    )


def _bootstrap(predictions: Predictions, seed: int = 0) -> npt.NDArray[Any]:
    """Return the confusion matrices of draws of speakers, or of clips where there is one speaker.

    Drawing n of n with replacement is a multinomial choice of how often each one occurs (Efron and Tibshirani 1993).
    """
    confusions = _confusions(predictions)
    rng = np.random.default_rng(seed)
    n, shape = len(confusions), confusions.shape[1:]
    if n == 1:
        clips = confusions.sum()
        return rng.multinomial(clips, confusions.ravel() / clips, _DRAWS).reshape(_DRAWS, *shape)
    times = rng.multinomial(n, np.full(n, 1.0 / n), _DRAWS)
    return (times.astype(np.float64) @ confusions.reshape(n, -1)).reshape(_DRAWS, *shape)  # floats multiply faster


def _interval(draws: Float) -> tuple[float, float]:
    low, high = np.percentile(draws, [2.5, 97.5])
    return float(low), float(high)


def _reliability(confidence: Float, correct: npt.NDArray[np.bool_]) -> tuple[Bin, ...]:
    which = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    parts = [which == b for b in np.unique(which)]
    return tuple(Bin(int(p.sum()), float(confidence[p].mean()), float(correct[p].mean())) for p in parts)


def _calibration_error(bins: Sequence[Bin]) -> float | None:
    """Return the mean gap between confidence and accuracy, weighted by the bins' clips (Naeini et al. 2015)."""
    clips = sum(b.clips for b in bins)
    return sum(b.clips * abs(b.confidence - b.accuracy) for b in bins) / clips if clips else None
