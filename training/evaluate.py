"""Judging networks on speakers that they never heard, float and int8 by the same rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_ser.decision import Decision
from edge_ser.events import LABELS
from edge_ser.model.bundle import Bundle
from edge_ser.model.interpreter import Backend
from edge_ser.model.stream import ModelStream
from edge_ser.settings import DecisionSettings
from training import batches
from training.dataset import Utterance

Float = npt.NDArray[np.float64]
Steps = Callable[[list[npt.NDArray[np.int8]]], list[Float]]
"""From utterances' features to their rows of logits, one a step."""


@dataclass(frozen=True)
class Scores:
    """Figures over clips, with every clip labelled, however uncertain.

    Attributes:
        clips: How many.
        uar: Unweighted average recall, the mean of the classes' recalls, 0 to 1.
        accuracy: Share of clips labelled right.
        recalls: Of each label that occurs.
        confusion: Rows: the truth; columns: what was said; clips.
        interval: 95 % bootstrap interval of the UAR over speakers.
    """

    clips: int
    uar: float
    accuracy: float
    recalls: dict[str, float]
    confusion: list[list[int]]
    interval: tuple[float, float]


def whole_steps(network: Any, features: list[npt.NDArray[np.int8]]) -> list[Float]:
    """Run the float Keras network over whole utterances."""
    result: list[Float] = []
    for begin in range(0, len(features), 128):
        part = features[begin : begin + 128]
        x, mask = batches.pad(part)
        outputs = np.asarray(network(x, training=False), np.float64)
        result += [o[: int(m.sum())] for o, m in zip(outputs, mask, strict=True)]
    return result


def streamed_steps(bundle: Bundle, backend: Backend, features: list[npt.NDArray[np.int8]]) -> list[Float]:
    """Run the int8 network over utterances, chunk by chunk, as the device does."""
    stream = ModelStream(bundle, backend)
    result = []
    for frames in features:
        stream.reset()
        result.append(np.concatenate((stream.process(frames), stream.finish())))
    return result


def clip_logits(
    utterances: Sequence[Utterance], steps: Steps, gain: npt.NDArray[np.int64]
) -> tuple[Float, npt.NDArray[np.int64], list[str]]:
    """Pool each voice clip's utterances; noises are left out.

    Returns:
        Logits ``(clips, labels)``, targets ``(clips,)`` and speakers, a row a clip.
    """
    decision = Decision(LABELS, DecisionSettings(evidence=0.0))
    rows: dict[str, tuple[Float, int, str]] = {}
    utterances = [u for u in utterances if u.clip.label]
    outputs = steps([batches.quantize(u.cepstra, gain) for u in utterances])
    for utterance, output in zip(utterances, outputs, strict=True):
        decision.reset()
        decision.add(output)
        verdict = decision.verdict()
        logits = np.log(np.array(list(verdict.probabilities.values())) + 1e-12) if verdict else np.zeros(len(LABELS))
        key = str(utterance.clip.path)
        before = rows.get(key, (np.zeros(len(LABELS)), 0, ""))[0]
        rows[key] = (before + logits * len(utterance.cepstra), utterance.clip.target, utterance.clip.speaker)
    frames: dict[str, int] = {}
    for utterance in utterances:
        frames[str(utterance.clip.path)] = frames.get(str(utterance.clip.path), 0) + len(utterance.cepstra)
    logits_of = np.array([rows[key][0] / frames[key] for key in rows])
    return logits_of, np.array([rows[key][1] for key in rows]), [rows[key][2] for key in rows]


def uar_of(utterances: Sequence[Utterance], steps: Steps, gain: npt.NDArray[np.int64]) -> float:
    """Return the unweighted average recall over clips."""
    logits, targets, _ = clip_logits(utterances, steps, gain)
    return _uar(logits.argmax(axis=1), targets)


def score(
    logits: Float, targets: npt.NDArray[np.int64], speakers: Sequence[str], labels: Sequence[str] = LABELS
) -> Scores:
    """Return all figures for a set of clips.

    Args:
        logits: Shape ``(clips, 6)``.
        targets: Shape ``(clips,)``.
        speakers: A name a clip.
        labels: The classes that take part; clips of others are left out, and only these are chosen from.
    """
    columns = [LABELS.index(label) for label in labels]
    keep = np.isin(targets, columns)
    said = np.array(columns)[logits[:, columns].argmax(axis=1)][keep]
    truth = targets[keep]
    names = np.array(speakers)[keep]
    return Scores(
        clips=len(truth),
        uar=_uar(said, truth),
        accuracy=float((said == truth).mean()),
        recalls={LABELS[c]: float((said[truth == c] == c).mean()) for c in columns if (truth == c).any()},
        confusion=[[int(((truth == t) & (said == s)).sum()) for s in columns] for t in columns],
        interval=_bootstrap(said, truth, names),
    )


def _uar(said: npt.NDArray[np.int64], truth: npt.NDArray[np.int64]) -> float:
    return float(np.mean([(said[truth == c] == c).mean() for c in np.unique(truth)]))


def _bootstrap(
    said: npt.NDArray[np.int64], truth: npt.NDArray[np.int64], names: npt.NDArray[np.str_], draws: int = 1_000
) -> tuple[float, float]:
    rng = np.random.default_rng(0)
    rows = [np.flatnonzero(names == name) for name in np.unique(names)]
    values = []
    for _ in range(draws):
        chosen = np.concatenate([rows[i] for i in rng.integers(len(rows), size=len(rows))])
        values.append(_uar(said[chosen], truth[chosen]))
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
