"""What the commands share: a run's folder, its data and its utterances."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import numpy.typing as npt

from edge_ser.errors import EdgeSerError
from edge_ser.features.parameters import FrontEndParameters
from training import batches, corpora, protocols
from training.dataset import Utterance, utterances

FRONT_END: Final = FrontEndParameters()

data = click.option(
    "--data",
    envvar="EDGE_SER_DATA",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with crema-d/, emodb/ and noise/; by default $EDGE_SER_DATA.",
)
folder = click.option(
    "--run",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the run: weights, log, model and figures.",
)


@dataclass(frozen=True)
class Data:
    """The utterances of a run, split by speaker."""

    split: protocols.Split
    train: list[list[Utterance]]
    validation: list[Utterance]
    test: list[Utterance]
    gain: npt.NDArray[np.int64]

    @property
    def front_end(self) -> FrontEndParameters:
        """The front end with the gains of the training speakers."""
        return FrontEndParameters(**{**vars(FRONT_END), "gains": tuple(int(g) for g in self.gain)})


def read(path: Path, folder: Path, variants: int = 0, trained: bool = True) -> Data:
    """Read all corpora, split by speaker, and make the utterances.

    Args:
        path: The data folder.
        folder: The run's folder; the cache of features stands beside it.
        variants: Augmented copies of the training utterances.
        trained: Take the gains that the run's network was trained with, rather than find them.
    """
    split = protocols.holdout(corpora.read(path))
    cache = folder.parent / "cache"
    noises = [clip for clip in split.train if clip.label is None]
    train = utterances(split.train, FRONT_END, cache, noises, variants)
    return Data(
        split,
        train,
        utterances(split.validation, FRONT_END, cache)[0],
        utterances(split.test, FRONT_END, cache)[0],
        np.array(_trained_gains(folder) if trained else batches.gains([u for u in train[0] if u.clip.label]), np.int64),
    )


def _trained_gains(folder: Path) -> list[int]:
    path = folder / "training.json"
    if not path.exists():
        raise EdgeSerError(f"{folder} holds no finished training; run: python -m training train --run {folder}")
    return list(json.loads(path.read_text())["gains"])


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file whole or not at all."""
    write_bytes(path, (json.dumps(value, indent=1) + "\n").encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(content)
    temporary.replace(path)
