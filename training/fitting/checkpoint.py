"""The saved state of an unfinished training, which continues from it to the same weights."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from training.fitting.history import Epoch
from training.support import files, records

Arrays = list[npt.NDArray[Any]]

_LISTS: Final = ("network", "optimizer", "kept")


@dataclass
class Checkpoint:
    """Everything that the rest of a training depends on.

    Attributes:
        epoch: How many epochs are done.
        history: One entry per epoch.
        network: The network's variables.
        optimizer: The optimizer's variables.
        kept: The weights selected so far.
        best: The best validation UAR so far, 0 to 1; -1 before the first epoch.
    """

    epoch: int = 0
    history: list[Epoch] = field(default_factory=list)
    network: Arrays = field(default_factory=list)
    optimizer: Arrays = field(default_factory=list)
    kept: Arrays = field(default_factory=list)
    best: float = -1.0

    def write(self, path: Path, identity: str) -> None:
        """Write an ``.npz`` file whole or not at all.

        Args:
            path: The file.
            identity: Tells this training from any other.
        """
        lists = {name: getattr(self, name) for name in _LISTS}
        arrays = {f"{name}_{i}": value for name, values in lists.items() for i, value in enumerate(values)}
        facts = {
            "identity": identity,
            "epoch": self.epoch,
            "history": records.to_json(self.history),
            "best": self.best,
            "lengths": {name: len(values) for name, values in lists.items()},
        }
        files.write_arrays(path, facts=json.dumps(facts), **arrays)

    @classmethod
    def read(cls, path: Path, identity: str) -> Checkpoint | None:
        """Read a checkpoint; ``None`` if there is none, or it belongs to another training."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                facts = json.loads(str(stored["facts"]))
                if facts["identity"] != identity:
                    return None
                history = [records.from_json(Epoch, row) for row in facts["history"]]
                network, optimizer, kept = (
                    [stored[f"{name}_{i}"] for i in range(facts["lengths"][name])] for name in _LISTS
                )
                return cls(facts["epoch"], history, network, optimizer, kept, facts["best"])
        except Exception:  # missing or damaged, whatever that leads to: the training starts over
            return None
