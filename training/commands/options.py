"""Options that the commands share, and what they are combined into."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from edge_ser.cli.options import format_of
from edge_ser.console import standard_error
from edge_ser.errors import EdgeSerError
from training import configuration
from training.experiment.run import Run, Workplace, begin, default_folder, reopen
from training.families import CLASSICAL, DEEP
from training.settings import IMBALANCES, PROTOCOLS, RunSettings

_Command = TypeVar("_Command", bound=Callable[..., Any])

data = click.option(
    "--data",
    envvar="EDGE_SER_DATA",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder with one folder for each corpus; by default $EDGE_SER_DATA.",
)
folder = click.option(
    "--run",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder of the run: settings, checkpoints, weights, models, figures.",
)
finished_run = click.option(
    "--run",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Folder of the run.",
)
jobs = click.option(
    "--jobs",
    type=click.IntRange(1),
    default=os.cpu_count() or 1,
    show_default="cores",
    help="Folds, or recordings, to process at a time; the result does not depend on it.",
)
cache = click.option(
    "--cache",
    envvar="EDGE_SER_CACHE",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs/cache"),
    show_default=True,
    metavar="DIR",
    help="Where features are stored.",
)
format_ = format_of("table", "json")


@dataclass(frozen=True)
class _Setting:
    """A setting of a run that has its own option.

    Attributes:
        option: Its name on the command line.
        key: The setting's key, in the TOML file.
        kind: Its type, for click.
        help: Its help text.
        several: Whether it may be repeated.
    """

    option: str
    key: str
    kind: Any
    help: str
    several: bool = False

    @property
    def variable(self) -> str:
        """The name of the command's argument."""
        return self.key.replace(".", "_")


FAMILY: Final = _Setting(
    "--family", "network.family", str, f"{', '.join(DEEP)}; or a baseline: {', '.join(CLASSICAL)}."
)
SETTINGS: Final = (
    _Setting(
        "--corpus",
        "data.corpora",
        str,
        "Corpus whose speakers are split, or evaluated whole by `cross`; may be repeated.",
        several=True,
    ),
    _Setting(
        "--learn-from", "data.learn_from", str, "Another corpus, only to train on; may be repeated.", several=True
    ),
    _Setting("--classes", "data.classes", str, "Labels: 4, 6, all, or names separated by commas."),
    _Setting("--protocol", "protocol.name", click.Choice(PROTOCOLS), "Who is trained on and who is evaluated."),
    _Setting("--folds", "protocol.folds", int, "Folds of `kfold`."),
    _Setting("--epochs", "training.epochs", int, "Passes over the training recordings."),
    _Setting("--copies", "augment.copies", int, "Augmented copies of each recording."),
    _Setting("--imbalance", "training.imbalance", click.Choice(IMBALANCES), "How unequal classes are balanced."),
    _Setting("--seed", "seed", int, "Seed of initial weights, order and all random numbers."),
)

_OF_A_MODEL: Final = ("data.corpora", "data.classes")
"""Settings that make sense for a finished model."""


@dataclass(frozen=True)
class Chosen:
    """The settings of a run as a command line gives them.

    Attributes:
        config: The TOML file, if one is named.
        assignments: Each `KEY=VALUE` of `--set`.
        values: Those of the other options, by key.
    """

    config: Path | None
    assignments: tuple[str, ...]
    values: Mapping[str, object]

    @property
    def options(self) -> list[str]:
        """The options that were given."""
        given = ["--config"] if self.config else []
        given += ["--set"] if self.assignments else []
        return given + [setting.option for setting in (FAMILY, *SETTINGS) if setting.key in self.values]

    def with_assignment(self, key: str, value: str) -> Chosen:
        """Return the same with one more `--set`."""
        return replace(self, assignments=(*self.assignments, f"{key}={value}"))

    def settings(self) -> RunSettings:
        """Return the settings: options override the assignments of `--set`, and these the TOML file.

        Raises:
            InvalidSetting: there is no such key, or a value is not allowed.
        """
        values = configuration.read(self.config) if self.config else {}
        values = configuration.with_options(values, dict(map(configuration.parse_assignment, self.assignments)))
        return configuration.resolve(configuration.with_options(values, self.values), str(self.config or "options"))

    def corpora_for_model(self) -> tuple[tuple[str, ...], str]:
        """Return the corpora on which a finished model is evaluated, and the labels.

        Raises:
            EdgeSerError: there is no corpus, or an option that makes sense only for a training.
        """
        corpora: Any = self.values.get("data.corpora", ())
        if not corpora:
            raise EdgeSerError("--model: name a corpus to evaluate it on with --corpus")
        allowed = [setting.option for setting in SETTINGS if setting.key in _OF_A_MODEL]
        if others := [option for option in self.options if option not in allowed]:
            raise EdgeSerError(f"--model names a finished model: {others[0]} is only for a training; leave it out")
        return corpora, str(self.values.get("data.classes", "all"))


def of_a_run(family: bool = True) -> Callable[[_Command], _Command]:
    """Add the options that choose a run's settings; the command gets them as ``chosen``, a :class:`Chosen`.

    Args:
        family: Whether ``--family`` is one of them.
    """
    settings = (*((FAMILY,) if family else ()), *SETTINGS)

    def decorate(command: _Command) -> _Command:
        @wraps(command)
        def gathered(*, config: Path | None, assignments: tuple[str, ...], **others: Any) -> Any:
            given = {setting.key: others.pop(setting.variable) for setting in settings}
            values = {key: value for key, value in given.items() if value not in (None, ())}
            return command(chosen=Chosen(config, assignments, values), **others)

        made: Any = click.option(
            "--set",
            "assignments",
            multiple=True,
            metavar="KEY=VALUE",
            help="Any key of the TOML file, for example training.mixup=0.2; may be repeated.",
        )(gathered)
        for setting in reversed(settings):
            made = click.option(
                setting.option,
                setting.variable,
                type=setting.kind,
                multiple=setting.several,
                metavar="NAME" if setting.kind is str else None,
                help=setting.help,
            )(made)
        made = click.option(
            "--config",
            type=click.Path(path_type=Path),
            metavar="FILE.toml",
            help="Settings of the run; the other options override them.",
        )(made)
        return made  # type: ignore[no-any-return]

    return decorate


@dataclass(frozen=True)
class Place:
    """The options ``--data``, ``--cache`` and ``--jobs``, not yet checked.

    Attributes:
        data: The data folder, if one was given.
        cache: Folder of the features.
        jobs: Processes at a time.
    """

    data: Path | None
    cache: Path
    jobs: int

    def workplace(self) -> Workplace:
        """Return where a command works.

        Raises:
            EdgeSerError: there is no data folder.
        """
        return Workplace(data_folder(self.data), self.cache.resolve(), self.jobs, say)


def placed(command: _Command) -> _Command:
    """Pass ``data``, ``cache`` and ``jobs`` to a command as ``place``, a :class:`Place`."""

    @wraps(command)
    def gathered(*, data: Path | None, cache: Path, jobs: int, **others: Any) -> Any:
        return command(place=Place(data, cache, jobs), **others)

    made: Any = gathered
    return made  # type: ignore[no-any-return]


def run_of(folder: Path | None, chosen: Chosen) -> Run:
    """Begin the run that the options ask for, or continue it.

    Without ``--run`` its folder is named by its settings, so that the same command finds it again.
    """
    if folder is not None and (folder / "settings.toml").exists() and not chosen.options:
        return reopen(folder)
    settings = chosen.settings()
    return begin(folder or default_folder(settings), settings)


def data_folder(data: Path | None) -> Path:
    """Return the data folder.

    Raises:
        EdgeSerError: none was given, or it does not exist.
    """
    if data is None:
        raise EdgeSerError("no data folder: give --data DIR or set EDGE_SER_DATA (README.md, 'Training')")
    if not data.is_dir():
        raise EdgeSerError(f"--data {data}: no such folder")
    return data.resolve()


def say(line: str) -> None:
    """Tell the user something during the work."""
    standard_error.say(f"training: {line}")
