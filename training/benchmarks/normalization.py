"""Compares ways to take level and channel out of the cepstra.

``python -m training.benchmarks.normalization --data DIR`` takes some ten minutes.  Each way is trained on CREMA-D alone
and judged on CREMA-D actors it never heard (6 emotions) and on EmoDB: another language, room and microphone (4
emotions).  The speakers that the shipped model is tested on take no part.  The networks are trained shortly, so only
their order means something.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import click
import numpy as np
import numpy.typing as npt

import training
from edge_ser.features.front_end import CepstralMean
from edge_ser.features.mfcc import CEPSTRA_FRACTION_BITS, Mfcc
from edge_ser.sources.recording import read_samples
from edge_ser.speech.gate import cut
from training import configuration, metrics, progress, protocols, recognize
from training.cache import Entry
from training.commands import options
from training.corpora import Clip
from training.corpus_features import CorpusFeatures
from training.dataset import load
from training.families import deep
from training.fold import Fold
from training.labels import FOUR
from training.run import advance
from training.settings import AugmentSettings, ProtocolSettings, RunSettings, TrainingSettings
from training.utterances import FRONT_END, Analysis, Features

Float = npt.NDArray[np.float64]

_SHIPPED: Final = configuration.resolve(configuration.read(Path(training.__path__[0]) / "default.toml"))
_UNIT: Final = 2.0**CEPSTRA_FRACTION_BITS
_SETTLE: Final = FRONT_END.settle


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
@options.data
@options.cache
@options.jobs
@click.option("--epochs", default=15, show_default=True, help="Passes over the training speakers.")
def main(data: Path | None, cache: Path, jobs: int, epochs: int) -> None:
    """Print a row a method."""
    recordings = replace(_SHIPPED.data, noise="")
    dataset = load(
        options.data_folder(data), recordings, AugmentSettings(variants=0), cache.resolve(), jobs, options.say
    )
    clips = _without_test_speakers(dataset.judged, dataset.groups)
    english, german = ([clip for clip in clips if clip.corpus == corpus] for corpus in ("crema-d", "emodb"))
    (inner,) = protocols.splits(english, [], dataset.groups, ProtocolSettings(seed=1))
    learned = {clip.path for clip in inner.train}
    raw = [_longest(clip.path) for clip in progress.bar(clips, "cepstra", len(clips), "clip")]
    settings = RunSettings(
        augment=AugmentSettings(variants=0),
        training=TrainingSettings(epochs=epochs, noise_share=0.0, speech_weight=0.1),
    )
    with tempfile.TemporaryDirectory() as folder:
        folds = []
        for number, method in enumerate(METHODS.values()):
            made = [method(x) if len(x) else x for x in raw]
            # Subtracting the training speakers' mean changes nothing for methods that leave none.
            mean = np.concatenate([x for clip, x in zip(clips, made, strict=True) if clip.path in learned]).mean(axis=0)
            place = Path(folder) / str(number)
            entry = Entry(place / "features")
            entry.write(_analysis(x - mean) for x in made)
            folds.append(Fold(place, settings, replace(dataset, features=[CorpusFeatures(clips, [], [entry])])))
        advance([(fold, inner) for fold in folds], "train", jobs)
        click.echo("| normalization | CREMA-D, unseen actors, 6 classes | EmoDB, 4 classes |")
        click.echo("|---|---|---|")
        for name, fold in zip(METHODS, folds, strict=True):
            figures = [_figure(fold, part, labels) for part, labels in ((inner.test, dataset.labels), (german, FOUR))]
            click.echo(f"| {name} | {' | '.join(figures)} |")


def _without_test_speakers(clips: Sequence[Clip], groups: Mapping[str, str]) -> list[Clip]:
    """This chooses a front end, so it may not see the speakers that the shipped model is judged on."""
    (split,) = protocols.splits(clips, [], groups, _SHIPPED.protocol)
    return [*split.train, *split.validation]


def _longest(path: Path) -> Float:
    """Return the cepstra of a clip's longest utterance, log2 units."""
    segments = [part.samples for part in cut(read_samples(path))]
    if not segments:
        return np.empty((0, FRONT_END.coefficients))
    return Mfcc(FRONT_END).process(max(segments, key=len)) / _UNIT


def _analysis(cepstra: Float) -> Analysis:
    whole = Features(np.round(cepstra * _UNIT).astype(np.int32), np.ones(len(cepstra), np.bool_))
    return Analysis([whole] if len(cepstra) else [])


def _figure(fold: Fold, clips: Sequence[Clip], labels: Sequence[str]) -> str:
    steps = recognize.float_steps(fold.network(), deep(fold.settings.network.family))
    said = recognize.outputs(clips, fold.dataset.utterances(clips), fold.gains, fold.dataset.labels, steps)
    scores = metrics.score(said.over(labels))
    low, high = scores.uar_interval
    return f"{scores.uar:.1%} ({low:.1%} to {high:.1%})"


if __name__ == "__main__":
    main()
