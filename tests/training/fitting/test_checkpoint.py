"""A checkpoint is used by its own training, and only if it is intact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.training.fitting.trial import SCHEDULE, Stop, Trial
from training.fitting.checkpoint import Checkpoint

pytest.importorskip("tensorflow", reason="needs the extra 'train'")


def begun_at(folder: Path, identity: str = "mine") -> int:
    """Return the epoch after which a training in a folder would continue."""
    return Trial(folder, replace(SCHEDULE, epochs=2), identity).begun


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Written after the first of two epochs."""
    folder = tmp_path_factory.mktemp("checkpoint")
    trial = Trial(folder, replace(SCHEDULE, epochs=2))
    with pytest.raises(Stop):
        trial.run(stop_after=1)
    assert list(folder.glob("tensorboard/*tfevents*"))
    return trial.training.checkpoint.read_bytes()


def test_only_a_checkpoint_of_the_same_training_is_used(checkpoint: bytes, tmp_path: Path) -> None:
    (tmp_path / "checkpoint.npz").write_bytes(checkpoint)
    assert begun_at(tmp_path) == 1
    assert begun_at(tmp_path, "another training") == 0


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"",
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:-1],
        lambda whole: b"no archive at all",
        lambda whole: whole[:2_000] + bytes(200) + whole[2_200:],
    ],
    ids=["empty", "half", "one byte short", "text", "zeros within"],
)
def test_a_damaged_checkpoint_is_not_used(damage: Callable[[bytes], bytes], checkpoint: bytes, tmp_path: Path) -> None:
    (tmp_path / "checkpoint.npz").write_bytes(damage(checkpoint))
    assert begun_at(tmp_path) == 0


def test_a_checkpoint_with_a_wrong_bit_is_intact_or_not_used(checkpoint: bytes, tmp_path: Path) -> None:
    path, rng = tmp_path / "checkpoint.npz", np.random.default_rng(1)
    path.write_bytes(checkpoint)
    whole = Checkpoint.read(path, "mine")
    assert whole is not None
    # Readers are most likely to fail on headers and on the directory at the end.
    ends = [*range(300), *range(len(checkpoint) - 3_000, len(checkpoint))]
    for place in (*rng.choice(ends, 150, replace=False), *rng.integers(0, len(checkpoint), 50)):
        damaged = bytearray(checkpoint)
        damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        found = Checkpoint.read(path, "mine")
        assert found is None or (found.epoch, found.history) == (whole.epoch, whole.history)
        for name in ("network", "optimizer", "kept") if found else ():
            for a, b in zip(getattr(found, name), getattr(whole, name), strict=True):
                assert np.array_equal(a, b)
