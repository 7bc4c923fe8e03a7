"""A run: its folder, its settings, what it was made of, and the folds that go through their stages."""

from __future__ import annotations

import csv
import io
import platform
import subprocess
from collections.abc import Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from threadpoolctl import threadpool_limits

from edge_ser.console import standard_error
from edge_ser.errors import EdgeSerError, InvalidSetting
from edge_ser.features import parameters
from training import configuration, families
from training.data.dataset import Dataset
from training.data.protocols import Split, noise_split, splits
from training.experiment.fold import Fold, judge, learn, quantize
from training.settings import RunSettings
from training.support import files, progress, workers

STAGES: Final = ("train", "quantize", "evaluate")
"""Each needs those before it, and does them if they are missing."""

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
class Run:
    """A run's folder and settings."""

    folder: Path
    settings: RunSettings

    def folds(self, dataset: Dataset) -> list[tuple[Fold, Split]]:
        """Split the recordings by the run's protocol."""
        made = splits(dataset.judged, dataset.learned, dataset.groups, self.settings.protocol)
        noise = noise_split(dataset.noise)
        return [(Fold(self.folder / s.name, self.settings, dataset), s.with_noise(noise)) for s in made]


def begin(folder: Path, settings: RunSettings) -> Run:
    """Begin a run, or go on with one.

    Settings of which nothing has been made yet, as :func:`record` has not been called, are replaced.

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
            raise InvalidSetting(f"{folder} holds a run of other settings ({'; '.join(different)}); take another --run")
    else:
        files.write_bytes(path, configuration.to_toml(settings).encode())
    return Run(folder, settings)


def reopen(folder: Path) -> Run:
    """Go on with a run as it was begun.

    Raises:
        EdgeSerError: the folder holds none.
    """
    path = folder / "settings.toml"
    if not path.exists():
        raise EdgeSerError(f"{folder} holds no run; begin one: python -m training train --run {folder}")
    return Run(folder, configuration.resolve(configuration.read(path), str(path)))


def record(run: Run, dataset: Dataset, folds: Sequence[tuple[Fold, Split]]) -> dict[str, Any]:
    """Write down what a run is made of, and which recordings it leaves out (``skipped.csv``); return the former.

    Raises:
        EdgeSerError: the run was begun with other recordings.
    """
    path = run.folder / "record.json"
    if path.exists():
        before: dict[str, Any] = files.read_json(path)
        if before["data"]["fingerprint"] != dataset.fingerprint:
            raise EdgeSerError(
                f"{run.folder} was begun with other recordings ({before['data']['clips']} clips, now "
                f"{len(dataset.judged) + len(dataset.learned)}); take another --run, or the recordings of then"
            )
        return before
    rows = csv.writer(listing := io.StringIO(), lineterminator="\n")
    rows.writerow(["recording", "reason"])
    rows.writerows(["/".join(skip.path.parts[-3:]), skip.reason] for skip in dataset.skipped)
    files.write_bytes(run.folder / "skipped.csv", listing.getvalue().encode())
    facts = {
        "labels": list(dataset.labels),
        "data": {
            "fingerprint": dataset.fingerprint,
            "clips": len(dataset.judged) + len(dataset.learned),
            "noises": len(dataset.noise),
            "skipped": dataset.reasons,
            "warnings": dataset.warnings,
        },
        "speakers": {
            split.name: {
                part: sorted({c.speaker for c in getattr(split, part) if c.label is not None})
                for part in ("train", "validation", "test")
            }
            for _, split in folds
        },
        "front_end_version": parameters.VERSION,
        "versions": {"python": platform.python_version(), **_versions()},
        "machine": platform.machine(),
        "git_revision": _git_revision(),
    }
    files.write_json(path, facts)
    return facts


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


def advance(folds: Sequence[tuple[Fold, Split]], stage: str, jobs: int, variants: Sequence[str] = ("int8",)) -> None:
    """Bring all folds to a stage, several at a time, each in a process with one thread.

    So the result does not depend on the number of processes; a fold that is there already is not made again.

    Raises:
        EdgeSerError: what went wrong in a fold, in one line.
    """
    waiting = [(fold, split) for fold, split in folds if not _there(fold, stage, variants)]
    if not waiting:
        return
    with (
        progress.bar(None, stage, sum(_epochs(fold) for fold, _ in waiting), "epoch") as bar,
        workers.pool(min(jobs, len(waiting)), bar.update) as pool,
    ):
        tasks = [pool.submit(_advance_one, fold, split, stage, tuple(variants)) for fold, split in waiting]
        for task in as_completed(tasks):
            task.result()


def _there(fold: Fold, stage: str, variants: Sequence[str]) -> bool:
    done = [fold.trained, fold.quantized(variants), fold.judged]
    return all(done[: STAGES.index(stage) + 1])


def _epochs(fold: Fold) -> int:
    if fold.trained or fold.classical:
        return 1
    return fold.settings.training.epochs + fold.settings.teacher.members * fold.settings.teacher.epochs


def _advance_one(fold: Fold, split: Split, stage: str, variants: tuple[str, ...]) -> None:
    told: dict[str, int] = {}

    def tell(name: str, done: int) -> None:
        workers.tell(done - told.get(name, 0))
        told[name] = done

    with standard_error.muting_c_libraries(), threadpool_limits(1):  # TensorFlow's libraries chatter there
        if not fold.classical:
            from training.fitting import fit

            fit.set_up()
        if fold.trained:
            tell("", 1)
        else:
            learn(fold, split.learning, tell)
        if stage != "train" and not fold.quantized(variants):
            quantize(fold, split.learning, variants)
        if stage == "evaluate" and not fold.judged:
            judge(fold, split)
