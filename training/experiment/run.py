"""A run: its folder, settings and record, and the stages of its folds."""

from __future__ import annotations

import csv
import io
import platform
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Final

from threadpoolctl import threadpool_limits

from edge_ser.console import standard_error
from edge_ser.errors import EdgeSerError, InvalidSetting
from edge_ser.features import parameters
from training import configuration, families
from training.data import dataset
from training.data.dataset import Dataset
from training.data.protocols import Split, noise_split, splits
from training.experiment.fold import Fold, evaluate, quantize, train
from training.experiment.results import RunData, RunRecord, Speakers
from training.settings import AugmentSettings, DataSettings, RunSettings
from training.support import files, progress, records, workers

STAGES: Final = ("train", "quantize", "evaluate")
"""Each needs those before it, and runs them if they are missing."""

_PACKAGES: Final = (
    "edge-ser",
    "tensorflow-cpu",
    "tensorflow",
    "keras",
    "ai-edge-litert",
    "numpy",
    "scipy",
    "scikit-learn",
    "pyroomacoustics",
    "librosa",
)


@dataclass(frozen=True)
class Workplace:
    """Where a command works.

    Attributes:
        data: The data folder.
        cache: Folder of the features.
        jobs: Processes at a time.
        say: Takes a line of progress or warning.
    """

    data: Path
    cache: Path
    jobs: int
    say: Callable[[str], None]

    def recordings_of(self, settings: RunSettings) -> Dataset:
        """Read the recordings of a run and compute those of their features that are missing."""
        augmentation = settings.augment
        if settings.network.family in families.CLASSICAL:  # these train on the recordings as they are
            augmentation = replace(augmentation, copies=0)
        cross = settings.protocol.name == "cross"
        return dataset.load(self.data, settings.data, augmentation, self.cache, self.jobs, self.say, cross=cross)

    def recordings_for(self, labels: Sequence[str], settings: DataSettings) -> Dataset:
        """Read the recordings on which a finished model is evaluated, with those of their labels that it knows."""
        augmentation = AugmentSettings(copies=0)
        return dataset.load(self.data, settings, augmentation, self.cache, self.jobs, self.say, labels)


@dataclass(frozen=True)
class Run:
    """A run's folder and settings.

    Attributes:
        folder: Where its files are.
        settings: All of them.
    """

    folder: Path
    settings: RunSettings

    def folds(self, recordings: Dataset) -> list[Fold]:
        """Split the recordings by the run's protocol."""
        made = splits(recordings.evaluated, recordings.training_only, recordings.groups, self.settings.protocol)
        noise = noise_split(recordings.noise)
        return [Fold(self.folder / s.name, self.settings, recordings, s.with_noise(noise)) for s in made]


def default_folder(settings: RunSettings) -> Path:
    """Return the folder of a run for which none is given: its name depends only on the settings."""
    words = [settings.network.family, *settings.data.corpora, settings.protocol.name]
    return Path("runs") / "-".join([*(Path(word).stem for word in words), configuration.short_hash(settings)])


def begin(folder: Path, settings: RunSettings) -> Run:
    """Begin a run, or continue one.

    Settings from which nothing has been made, as :func:`record` has not been called, are replaced.

    Raises:
        InvalidSetting: the folder holds a run with other settings.
    """
    families.check(settings.network.family)
    if settings.teacher.members and settings.teacher.family not in families.DEEP:
        raise InvalidSetting(f"teacher.family = {settings.teacher.family}: allowed are {', '.join(families.DEEP)}")
    path = folder / "settings.toml"
    if (folder / "record.json").exists():
        before = configuration.resolve(configuration.read(path), str(path))
        if different := configuration.differences(before, settings):
            raise InvalidSetting(
                f"{folder} holds a run with other settings ({'; '.join(different)}); choose another --run"
            )
    else:
        files.write_bytes(path, configuration.to_toml(settings).encode())
    return Run(folder, settings)


def reopen(folder: Path) -> Run:
    """Continue a run with the settings it was begun with.

    Raises:
        EdgeSerError: the folder holds none.
    """
    path = folder / "settings.toml"
    if not path.exists():
        raise EdgeSerError(f"{folder} holds no run; start one: python -m training train --run {folder}")
    return Run(folder, configuration.resolve(configuration.read(path), str(path)))


def open_run(run: Run, workplace: Workplace) -> tuple[list[Fold], RunRecord]:
    """Read the recordings of a run; return its folds and its record."""
    recordings = workplace.recordings_of(run.settings)
    folds = run.folds(recordings)
    return folds, record(run, recordings, folds)


def record(run: Run, recordings: Dataset, folds: Sequence[Fold]) -> RunRecord:
    """Write down what a run is made of, and which recordings it leaves out (``skipped.csv``); return the former.

    Raises:
        EdgeSerError: the run was begun with other recordings.
    """
    path = run.folder / "record.json"
    clips = len(recordings.evaluated) + len(recordings.training_only)
    if path.exists():
        before = records.read(RunRecord, path)
        if before.data.fingerprint != recordings.fingerprint:
            raise EdgeSerError(
                f"{run.folder} was begun with other recordings ({before.data.clips} clips, now {clips}); choose "
                "another --run, or bring the earlier recordings back"
            )
        return before
    rows = csv.writer(listing := io.StringIO(), lineterminator="\n")
    rows.writerow(["recording", "reason"])
    rows.writerows(["/".join(skip.path.parts[-3:]), skip.reason] for skip in recordings.skipped)
    files.write_bytes(run.folder / "skipped.csv", listing.getvalue().encode())
    made = RunRecord(
        labels=recordings.labels,
        data=RunData(
            fingerprint=recordings.fingerprint,
            clips=clips,
            noises=len(recordings.noise),
            skipped=recordings.reasons,
            warnings=tuple(recordings.warnings),
        ),
        speakers={fold.name: _speakers(fold.split) for fold in folds},
        front_end_version=parameters.VERSION,
        versions={"python": platform.python_version(), **_versions()},
        machine=platform.machine(),
        git_revision=_git_revision(),
    )
    records.write(path, made)
    return made


def _speakers(split: Split) -> Speakers:
    parts = (split.train, split.validation, split.test)
    return Speakers(*(tuple(sorted({clip.speaker for clip in part if clip.label is not None})) for part in parts))


def _versions() -> dict[str, str]:
    installed = {}
    for name in _PACKAGES:
        try:
            installed[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return installed


def _git_revision() -> str | None:
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def advance(folds: Sequence[Fold], stage: str, jobs: int, forms: Sequence[str] = ("int8",)) -> None:
    """Bring all folds to a stage, several at a time, each in a process with one thread.

    So the result does not depend on the number of processes.  A stage that is done is not repeated.

    Args:
        folds: Of one run.
        stage: One of :data:`STAGES`.
        jobs: Processes at a time.
        forms: In which networks are exported.

    Raises:
        EdgeSerError: what went wrong in a fold, in one line.
    """
    waiting = [fold for fold in folds if not _reached(fold, stage, forms)]
    if not waiting:
        return
    with (
        progress.bar(None, stage, sum(map(_epochs, waiting)), "epoch") as bar,
        workers.pool(min(jobs, len(waiting)), bar.update) as pool,
    ):
        tasks = [pool.submit(_advance_one, fold, stage, tuple(forms)) for fold in waiting]
        for task in as_completed(tasks):
            task.result()


def _reached(fold: Fold, stage: str, forms: Sequence[str]) -> bool:
    done = [fold.is_trained, fold.is_quantized(forms), fold.is_evaluated]
    return all(done[: STAGES.index(stage) + 1])


def _epochs(fold: Fold) -> int:
    return 1 if fold.is_trained else fold.learner.epochs


def _advance_one(fold: Fold, stage: str, forms: tuple[str, ...]) -> None:
    reported: dict[str, int] = {}

    def on_epoch(network: str, done: int) -> None:
        workers.report(done - reported.get(network, 0))
        reported[network] = done

    with standard_error.muting_c_libraries(), threadpool_limits(1):  # TensorFlow's libraries chatter there
        fold.learner.set_up()
        if fold.is_trained:
            on_epoch("", 1)
        else:
            train(fold, on_epoch)
        if stage != "train" and not fold.is_quantized(forms):
            quantize(fold, forms)
        if stage == "evaluate" and not fold.is_evaluated:
            evaluate(fold)
