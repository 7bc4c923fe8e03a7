"""Compares ways to take level and channel out of the cepstra.

``python -m training.benchmarks.normalization --data DIR`` takes some ten minutes.  Each way is trained on CREMA-D alone
and judged on CREMA-D actors it never heard (6 emotions) and on EmoDB: another language, room and microphone (4
emotions).  The speakers that the shipped model is tested on take no part.  The networks are trained shortly, so only
their order means something.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import click
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from edge_ser.events import LABELS
from edge_ser.features.front_end import CepstralMean
from edge_ser.features.mfcc import CEPSTRA_FRACTION_BITS, Mfcc
from edge_ser.sources.recording import read_samples
from edge_ser.speech.gate import cut
from training import batches, corpora, protocols
from training.commands import run
from training.dataset import Utterance
from training.evaluate import clip_logits, score, whole_steps
from training.train import TrainingSettings, train

Int32 = npt.NDArray[np.int32]
Float = npt.NDArray[np.float64]

_FOUR: Final = ("anger", "happiness", "neutral", "sadness")
_UNIT: Final = 2.0**CEPSTRA_FRACTION_BITS
_SETTLE: Final = run.FRONT_END.settle


def running_mean(x: Float) -> Float:
    """What the front end does."""
    mean = CepstralMean(x.shape[1], _SETTLE)
    cepstra = (x * _UNIT).astype(np.int32)
    return np.concatenate((mean.process(cepstra), mean.finish())) / _UNIT


def running_mean_and_variance(x: Float) -> Float:
    """The running mean, and a running standard deviation a coefficient."""
    counts = np.arange(1, len(x) + 1)[:, None]
    means, squares = np.cumsum(x, axis=0) / counts, np.cumsum(x * x, axis=0) / counts
    settled = min(_SETTLE, len(x))
    means[:settled], squares[:settled] = means[settled - 1], squares[settled - 1]
    return np.asarray((x - means) / np.sqrt(np.maximum(squares - means**2, 1e-3) + 0.05))


METHODS: Final[dict[str, Callable[[Float], Float]]] = {
    "none: the training speakers' mean and variance": lambda x: x,
    "mean of the whole utterance": lambda x: x - x.mean(axis=0),
    "mean and variance of the whole utterance": lambda x: (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-3),
    "running mean (the front end)": running_mean,
    "running mean and variance": running_mean_and_variance,
}


@click.command()
@run.data
@click.option("--epochs", default=15, show_default=True, help="Passes over the training speakers.")
def main(data: Path, epochs: int) -> None:
    """Print a row a method."""
    english, german = (_without_test_speakers(corpora.read(data, (corpus,))) for corpus in ("crema-d", "emodb"))
    inner = protocols.holdout(english, seed=1)
    raw = {clip: _longest(clip.path) for clip in tqdm([*english, *german])}
    click.echo("| normalization | CREMA-D, unseen actors, 6 classes | EmoDB, 4 classes |")
    click.echo("|---|---|---|")
    for name, method in METHODS.items():
        parts = [
            [_utterance(clip, method(raw[clip])) for clip in clips if len(raw[clip])]
            for clips in (inner.train, inner.validation, inner.test, german)
        ]
        # Subtracting the training speakers' mean changes nothing for methods that leave none.
        mean = np.concatenate([u.cepstra for u in parts[0]]).mean(axis=0).astype(np.int32)
        learn, select, judge, abroad = [[replace(u, cepstra=u.cepstra - mean) for u in part] for part in parts]
        gain = np.array(batches.gains(learn), np.int64)
        with tempfile.TemporaryDirectory() as folder:
            checkpoint = Path(folder) / "best.weights.h5"
            settings = TrainingSettings(epochs=epochs, noise_share=0.0, speech_weight=0.1)
            network = train([learn], select, gain, settings, checkpoint, lambda _: None)
        figures = []
        for part, labels in ((judge, LABELS), (abroad, _FOUR)):
            logits, targets, speakers = clip_logits(part, lambda f, n=network: whole_steps(n, f), gain)  # type: ignore[misc]
            result = score(logits, targets, speakers, labels)
            low, high = result.interval
            figures.append(f"{result.uar:.1%} ({low:.1%} to {high:.1%})")
        click.echo(f"| {name} | {' | '.join(figures)} |")


def _without_test_speakers(clips: list[corpora.Clip]) -> list[corpora.Clip]:
    """This chooses a front end, so it may not see the speakers that the shipped model is judged on."""
    split = protocols.holdout(clips)
    return [*split.train, *split.validation]


def _longest(path: Path) -> Float:
    """Return the cepstra of a clip's longest utterance, log2 units."""
    segments = [part.samples for part in cut(read_samples(path))]
    if not segments:
        return np.empty((0, run.FRONT_END.coefficients))
    return Mfcc(run.FRONT_END).process(max(segments, key=len)) / _UNIT


def _utterance(clip: corpora.Clip, cepstra: Float) -> Utterance:
    return Utterance(clip, np.round(cepstra * _UNIT).astype(np.int32), np.ones(len(cepstra), np.bool_))


if __name__ == "__main__":
    main()
