"""Figures that are made of what models said: float and int8, over all clips, by corpus and by sex."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edge_ser.errors import NoRecordings
from training.scoring.predictions import NO_SPEECH, Float, Int, Outputs

_DRAWS: Final = 1_000
"""Bootstrap draws: the ends of a 95 % interval then rest on 25 draws each."""

_BINS: Final = 10
"""Bins of confidence, as in most papers, so that the error can be compared with theirs."""


@dataclass(frozen=True)
class Bin:
    """The clips with a confidence in one tenth of 0 to 1: their number, mean confidence and share of right ones."""

    clips: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Scores:
    """Figures over a set of clips; every clip counts, however uncertain, and one without speech heard is wrong.

    Attributes:
        clips: How many.
        speakers: How many.
        no_speech: Clips in which no speech was heard.
        uar: Unweighted average recall: the mean of the recalls of the labels that occur, 0 to 1.
        accuracy: Share of the clips that is right.
        macro_f1: Mean of the F1 scores of the labels that occur.
        uar_interval, accuracy_interval, macro_f1_interval: 95 % bootstrap intervals.
        interval_over: What the bootstrap draws: ``speakers``, or ``clips`` where there is one speaker.
        recalls: Of each label that occurs.
        precisions: Of each label that was said.
        confusion: Clips; rows: the truth; columns: what was said, and a last one for no speech.
        ece: Expected calibration error, 0 to 1, over the clips with speech heard; ``None`` without any.
        reliability: The bins that it is made of, from low to high confidence; those without clips are left out.
        surest_half_accuracy: Accuracy over the half of the clips that the model is surest of.
    """

    clips: int
    speakers: int
    no_speech: int
    uar: float
    accuracy: float
    macro_f1: float
    uar_interval: tuple[float, float]
    accuracy_interval: tuple[float, float]
    macro_f1_interval: tuple[float, float]
    interval_over: str
    recalls: dict[str, float]
    precisions: dict[str, float]
    confusion: tuple[tuple[int, ...], ...]
    ece: float | None
    reliability: tuple[Bin, ...]
    surest_half_accuracy: float


def softmax(logits: Float) -> Float:
    """Return probabilities over the last axis."""
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True))


def uar(said: Int, truth: Int) -> float:
    """Return the unweighted average recall over the labels that occur; both of shape ``(n,)``."""
    return float(np.mean([(said[truth == label] == label).mean() for label in np.unique(truth)]))


def agreement(a: Outputs, b: Outputs) -> float:
    """Return the share of clips of which two models say the same."""
    if (a.labels, a.paths) != (b.labels, b.paths):
        raise ValueError("outputs of different clips or labels")
    return float((a.said == b.said).mean())


def score(outputs: Outputs) -> Scores:
    """Return all figures over a set of clips.

    Raises:
        NoRecordings: there is no clip.
    """
    n, said = len(outputs.paths), outputs.said
    if not n:
        raise NoRecordings(f"no clip to judge has one of the labels {', '.join(outputs.labels)}; choose others")
    confusion = _confusions(outputs).sum(axis=0)
    figures: dict[str, Any] = {name: float(figure) for name, figure in _figures(confusion).items()}
    figures |= {f"{name}_interval": _interval(draws) for name, draws in _figures(_bootstrap(outputs)).items()}
    speakers = len(set(outputs.speakers))
    confidence, right = np.zeros(n), said == outputs.targets
    heard = said != NO_SPEECH
    confidence[heard] = softmax(outputs.logits[heard]).max(axis=1)
    surest = np.argsort(-confidence, kind="stable")[: (n + 1) // 2]
    bins = _reliability(confidence[heard], right[heard])
    by_truth, by_said = confusion.sum(axis=1), confusion.sum(axis=0)
    hits = {label: int(confusion[i, i]) for i, label in enumerate(outputs.labels)}
    return Scores(
        clips=n,
        speakers=speakers,
        no_speech=int((~heard).sum()),
        **figures,
        interval_over="speakers" if speakers > 1 else "clips",
        recalls={label: hits[label] / int(m) for label, m in zip(outputs.labels, by_truth, strict=True) if m},
        precisions={label: hits[label] / int(m) for label, m in zip(outputs.labels, by_said[:-1], strict=True) if m},
        confusion=tuple(tuple(map(int, row)) for row in confusion),
        ece=_calibration_error(bins),
        reliability=bins,
        surest_half_accuracy=float(right[surest].mean()),
    )


def evaluation(float_outputs: Outputs | None, int8_outputs: Outputs | None) -> dict[str, Any]:
    """Return all figures of a model as they stand in a JSON file, rounded to 4 digits.

    Args:
        float_outputs: What the float model said; ``None`` for a finished model, which is int8.
        int8_outputs: What the int8 model said of the same clips; ``None`` for a family without one.

    Returns:
        ``labels``; ``overall``: :class:`Scores` under ``float`` and ``int8``, and with both ``agreement`` and
        ``int8_drop`` (UAR, float less int8); ``per_corpus``, where there are two or more, and ``per_sex``, where it is
        known: the same for each.  ``per_sex`` also has ``difference_of_uar``, female less male, with its intervals.
    """
    given = {"float": float_outputs, "int8": int8_outputs}
    models = {name: outputs for name, outputs in given.items() if outputs is not None}
    if not models:
        raise ValueError("outputs of no model")
    any_of = next(iter(models.values()))
    result: dict[str, Any] = {"labels": list(any_of.labels), "overall": _compared(models)}
    corpora = np.array(any_of.corpora, np.str_)
    if len(set(any_of.corpora)) > 1:
        result["per_corpus"] = {str(c): _compared(_part(models, corpora == c)) for c in np.unique(corpora)}
    sexes = np.array([sex or "" for sex in any_of.sexes], np.str_)
    by_sex = {sex: _part(models, sexes == sex) for sex in ("female", "male") if (sexes == sex).any()}
    if by_sex:
        result["per_sex"] = {sex: _compared(part) for sex, part in by_sex.items()}
    if len(by_sex) == 2:
        difference: dict[str, Any] = {}
        for name in models:
            female, male = by_sex["female"][name], by_sex["male"][name]
            difference[name] = uar(female.said, female.targets) - uar(male.said, male.targets)
            draws = [_figures(_bootstrap(outputs, seed))["uar"] for seed, outputs in enumerate((female, male))]
            difference[f"{name}_interval"] = _interval(draws[0] - draws[1])
        result["per_sex"]["difference_of_uar"] = difference
    rounded: dict[str, Any] = _rounded(result)
    return rounded


def _part(models: dict[str, Outputs], mask: npt.NDArray[np.bool_]) -> dict[str, Outputs]:
    return {name: outputs.where(mask) for name, outputs in models.items()}


def _compared(models: dict[str, Outputs]) -> dict[str, Any]:
    scores = {name: score(outputs) for name, outputs in models.items()}
    result: dict[str, Any] = {name: asdict(of_model) for name, of_model in scores.items()}
    if len(models) == 2:
        result["agreement"] = agreement(models["float"], models["int8"])
        result["int8_drop"] = scores["float"].uar - scores["int8"].uar
    return result


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return round(value, 4) if isinstance(value, float) else value


def _confusions(outputs: Outputs) -> Int:
    """Return a confusion matrix a speaker, shape ``(speakers, labels, labels + 1)``."""
    speakers, rows = np.unique(outputs.speakers, return_inverse=True)
    result = np.zeros((len(speakers), len(outputs.labels), len(outputs.labels) + 1), np.int64)
    np.add.at(result, (rows, outputs.targets, outputs.said), 1)  # NO_SPEECH, -1, is the last column
    return result


def _figures(confusions: npt.NDArray[Any]) -> dict[str, Float]:
    """Return figures of confusion matrices, shape ``(..., labels, labels + 1)``: one number a matrix.

    A label without clips is left out of its matrix' means.
    """
    right = np.diagonal(confusions, axis1=-2, axis2=-1)
    truth, said = confusions.sum(axis=-1), confusions[..., :-1].sum(axis=-2)
    occurs = truth > 0
    recalls = right / np.maximum(truth, 1)
    f1 = 2.0 * right / np.maximum(truth + said, 1)
    labels = occurs.sum(axis=-1)
    return {
        "uar": recalls.sum(axis=-1, where=occurs) / labels,
        "accuracy": right.sum(axis=-1) / truth.sum(axis=-1),
        "macro_f1": f1.sum(axis=-1, where=occurs) / labels,
    }


def _bootstrap(outputs: Outputs, seed: int = 0) -> npt.NDArray[Any]:
    """Return the confusion matrices of draws of speakers, or of clips where there is one speaker.

    Drawing n of n with replacement is a multinomial choice of how often each comes (Efron and Tibshirani 1993).
    """
    confusions = _confusions(outputs)
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


def _reliability(confidence: Float, right: npt.NDArray[np.bool_]) -> tuple[Bin, ...]:
    which = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    parts = [which == b for b in np.unique(which)]
    return tuple(Bin(int(p.sum()), float(confidence[p].mean()), float(right[p].mean())) for p in parts)


def _calibration_error(bins: Sequence[Bin]) -> float | None:
    """Return the mean gap between confidence and accuracy, weighted by the bins' clips (Naeini et al. 2015)."""
    clips = sum(b.clips for b in bins)
    return sum(b.clips * abs(b.confidence - b.accuracy) for b in bins) / clips if clips else None
