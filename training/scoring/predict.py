"""Predictions of networks: float Keras networks over whole utterances, exported ones chunk by chunk, as in use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from edge_ser.model.bundle import Bundle
from edge_ser.model.interpreter import Interpreter
from edge_ser.model.settings import DecisionSettings
from edge_ser.model.stream import ModelStream
from edge_ser.recognition.decision import Decision
from training.corpora import Clip
from training.data.utterances import Utterance
from training.families import LONGEST, STRIDE, Family
from training.fitting import batches
from training.scoring.predictions import Predictions

if TYPE_CHECKING:
    import keras

Float = npt.NDArray[np.float64]
Int8 = npt.NDArray[np.int8]
Steps = Callable[[list[Int8]], list[Float]]
"""From the features of utterances to rows of logits, one per step: a logit for each label, and one for speech."""

INTERPRETER: Final = "litert"
"""The interpreter of all evaluations: it can share a process with TensorFlow, and gives the bits of tflite-runtime."""


def float_steps(network: keras.Model, family: Family) -> Steps:
    """Return a function that runs a float Keras network over whole utterances."""
    import tensorflow as tf

    spec = tf.TensorSpec((None, None, network.input_shape[-1]), tf.float32)
    infer = tf.function(lambda x: network(x, training=False), input_signature=[spec])

    def steps(features: list[Int8]) -> list[Float]:
        # A network that does not stream takes 4.1 s at a time, with the frames before it, as :class:`ModelStream` does.
        length = max(map(len, features)) if family.streams else LONGEST
        pieces = [(i, begin) for i, f in enumerate(features) for begin in range(0, len(f), length)]
        rows: list[list[Float]] = [[] for _ in features]
        for first in range(0, len(pieces), 128):
            part = pieces[first : first + 128]
            taken = [_piece(features[i], begin, length, family.context) for i, begin in part]
            frames = max(len(piece) for piece in taken) - family.context if family.streams else LONGEST
            frames = -(-frames // STRIDE) * STRIDE
            x, _ = batches.pad(taken, 0, family.context + frames)
            for (i, begin), output in zip(part, np.asarray(infer(x), np.float64), strict=True):
                rows[i].append(output[: -(-min(length, len(features[i]) - begin) // STRIDE)])
        return [np.concatenate(parts) for parts in rows]

    return steps


def _piece(features: Int8, begin: int, length: int, context: int) -> Int8:
    piece = features[max(0, begin - context) : begin + length]
    missing = context - min(begin, context)
    return np.concatenate((np.zeros((missing, features.shape[1]), np.int8), piece)) if missing else piece


def model_steps(bundle: Bundle, interpreter: Interpreter) -> Steps:
    """Return a function that runs an exported model over utterances, chunk by chunk, as `edge-ser listen` does."""
    stream = ModelStream(bundle, interpreter)

    def steps(features: list[Int8]) -> list[Float]:
        result = []
        for frames in features:
            stream.reset()
            result.append(np.concatenate((stream.process(frames), stream.finish())))
        return result

    return steps


def predict_clips(
    clips: Sequence[Clip],
    utterances: Sequence[Utterance],
    gains: Sequence[int],
    labels: tuple[str, ...],
    steps: Steps,
    temperature: float = 1.0,
) -> Predictions:
    """Run a network over clips.

    Args:
        clips: Voices; one without any utterance gets a row of NaN.
        utterances: The utterances of these clips.
        gains: The front end's gains.
        labels: The network's labels.
        steps: Runs the network.
        temperature: Divides the logits.
    """
    rows = steps([batches.quantize(u.cepstra, gains) for u in utterances]) if utterances else []
    return clip_predictions(clips, utterances, labels, [pooled(r, labels) / temperature for r in rows])


def pooled(rows: Float, labels: tuple[str, ...]) -> Float:
    """Pool an utterance's rows as the recognizer does; return its logits up to a constant, shape ``(labels,)``."""
    decision = Decision(labels, DecisionSettings(evidence=0.0))
    decision.add(rows)
    posterior = decision.posterior()
    if posterior is None:
        return np.zeros(len(labels))
    return np.asarray(np.log(np.array([posterior.probabilities[label] for label in labels]) + 1e-12))


def clip_predictions(
    clips: Sequence[Clip], utterances: Sequence[Utterance], labels: tuple[str, ...], logits: Sequence[Float]
) -> Predictions:
    """Make one row per clip: the mean over its utterances, weighted by their frames."""
    sums: dict[Path, Any] = {clip.path: np.zeros(len(labels)) for clip in clips}
    frames = dict.fromkeys(sums, 0)
    for utterance, row in zip(utterances, logits, strict=True):
        sums[utterance.clip.path] += row * len(utterance.cepstra)
        frames[utterance.clip.path] += len(utterance.cepstra)
    return Predictions(
        labels=labels,
        paths=tuple("/".join((clip.corpus, *clip.path.parts[-3:])) for clip in clips),
        corpora=tuple(clip.corpus for clip in clips),
        speakers=tuple(clip.speaker for clip in clips),
        sexes=tuple(clip.sex for clip in clips),
        targets=np.array([labels.index(clip.label or "") for clip in clips], np.int64),
        logits=np.array([sums[c.path] / frames[c.path] if frames[c.path] else sums[c.path] * np.nan for c in clips]),
    )
