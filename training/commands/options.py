"""Options that the commands share, and what they make of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from edge_ser.cli.options import format_of
from edge_ser.console import standard_error
from edge_ser.errors import EdgeSerError
from training import configuration
from training.data.dataset import Dataset, load
from training.data.protocols import Split
from training.experiment.fold import Fold
from training.experiment.run import Run, begin, record, reopen
from training.families import CLASSICAL, DEEP
from training.settings import IMBALANCES, PROTOCOLS, AugmentSettings, DataSettings, RunSettings

_Command = TypeVar("_Command", bound=Callable[..., Any])

data = click.option(
    "--data",
    envvar="EDGE_SER_DATA",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder with a folder a corpus; by default $EDGE_SER_DATA.",
)
folder = click.option(
    "--run",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder of the run: settings, checkpoints, weights, models, figures.",
)
jobs = click.option(
    "--jobs",
    type=click.IntRange(1),
    default=os.cpu_count() or 1,
    show_default="cores",
    help="Folds, or recordings, at a time; the result does not depend on it.",
)
cache = click.option(
    "--cache",
    envvar="EDGE_SER_CACHE",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs/cache"),
    show_default=True,
    metavar="DIR",
    help="Where features are kept.",
)
format_ = format_of("table", "json")

# Option, key of the settings, type, help.
_SETTINGS: Final = (
    ("--corpus", "data.corpora", str, "Corpus whose speakers are split, or judged whole by `cross`; may be repeated."),
    ("--learn-from", "data.learn_from", str, "Further corpus that is only learned from; may be repeated."),
    ("--classes", "data.classes", str, "Labels: 4, 6, all, or names with commas between them."),
    ("--protocol", "protocol.name", click.Choice(PROTOCOLS), "Who is learned from and who is judged."),
    ("--folds", "protocol.folds", int, "Folds of `kfold`."),
    ("--epochs", "training.epochs", int, "Passes over the training recordings."),
    ("--copies", "augment.copies", int, "Augmented copies of each recording."),
    ("--imbalance", "training.imbalance", click.Choice(IMBALANCES), "What is done about unequal classes."),
    ("--seed", "seed", int, "Of initial weights, order and chance."),
)


def of_a_run(family: bool = True) -> Callable[[_Command], _Command]:
    """Make the options that choose a run's settings; the command gets them as ``chosen``, by key.

    Args:
        family: Whether ``--family`` is one of them.
    """

    def decorate(command: _Command) -> _Command:
        command = click.option(
            "--set",
            "assignments",
            multiple=True,
            metavar="KEY=VALUE",
            help="Any key of the TOML file, for example training.mixup=0.2; may be repeated.",
        )(command)
        rows = [*_SETTINGS]
        if family:
            names = f"{', '.join(DEEP)}; or a baseline: {', '.join(CLASSICAL)}."
            rows.insert(0, ("--family", "network.family", str, names))
        for name, key, kind, text in reversed(rows):
            many = key in ("data.corpora", "data.learn_from")
            metavar = "NAME" if kind is str else None
            command = click.option(name, _variable(key), type=kind, multiple=many, metavar=metavar, help=text)(command)
        return click.option(
            "--config",
            type=click.Path(path_type=Path),
            metavar="FILE.toml",
            help="Settings of the run; options given here go before it.",
        )(command)

    return decorate


def _variable(key: str) -> str:
    return key.replace(".", "_")


def settings_of(options: dict[str, Any]) -> RunSettings:
    """Return the settings that a command's options, and the file that they name, ask for."""
    config = options.get("config")
    values = configuration.read(config) if config else {}
    values = configuration.with_options(values, dict(map(configuration.parse_assignment, options["assignments"])))
    keys = [("", "network.family", None, ""), *_SETTINGS]
    chosen = {key: options.get(_variable(key)) for _, key, _, _ in keys}
    chosen = {key: value for key, value in chosen.items() if value != ()}  # of those that may be repeated
    return configuration.resolve(configuration.with_options(values, chosen), str(config or "options"))


def asked(options: dict[str, Any]) -> bool:
    """Tell whether any setting was given."""
    keys = ["network.family", *(key for _, key, _, _ in _SETTINGS)]
    given = [options.get(_variable(key)) for key in keys]
    return bool(options.get("config") or options["assignments"]) or any(g not in (None, ()) for g in given)


def run_of(folder: Path | None, options: dict[str, Any]) -> Run:
    """Begin or go on with the run that the options ask for.

    Without ``--run`` its folder is named by its settings, so that the same command finds it again.
    """
    if folder is not None and (folder / "settings.toml").exists() and not asked(options):
        return reopen(folder)
    settings = settings_of(options)
    if folder is None:
        words = [settings.network.family, *settings.data.corpora, settings.protocol.name]
        folder = Path("runs") / "-".join([*(Path(word).stem for word in words), configuration.short_hash(settings)])
    return begin(folder, settings)


def data_folder(data: Path | None) -> Path:
    """Return the data folder.

    Raises:
        EdgeSerError: none was given, or it is not there.
    """
    if data is None:
        raise EdgeSerError("no data folder: give --data DIR or set EDGE_SER_DATA (README.md, 'Training')")
    if not data.is_dir():
        raise EdgeSerError(f"--data {data}: no such folder")
    return data.resolve()


def folds_of(run: Run, data: Path | None, cache: Path, jobs: int) -> tuple[list[tuple[Fold, Split]], dict[str, Any]]:
    """Return the folds of a run with their splits, and the record of what it is made of."""
    dataset = _dataset_of(run, data, cache, jobs)
    folds = run.folds(dataset)
    return folds, record(run, dataset, folds)


def _dataset_of(run: Run, data: Path | None, cache: Path, jobs: int) -> Dataset:
    """Read the recordings of a run and make what is missing of their features."""
    settings = run.settings
    augmentation = settings.augment
    if settings.network.family in CLASSICAL:  # these learn from the recordings as they are
        augmentation = replace(augmentation, copies=0)
    cross = settings.protocol.name == "cross"
    return load(data_folder(data), settings.data, augmentation, cache.resolve(), jobs, say, cross=cross)


def dataset_for_model(
    settings: DataSettings, known: Sequence[str], data: Path | None, cache: Path, jobs: int
) -> Dataset:
    """Read the recordings that a finished model is judged on, their labels narrowed to those that it knows."""
    return load(data_folder(data), settings, AugmentSettings(copies=0), cache.resolve(), jobs, say, known)


def say(line: str) -> None:
    """Tell people something while they wait."""
    standard_error.say(f"training: {line}")
