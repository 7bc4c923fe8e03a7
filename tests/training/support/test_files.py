"""Files are written completely or not at all."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import numpy as np
import pytest

from edge_ser.errors import OutputFailed
from tests.training.limits import little_room
from training.support.files import failure, read_json, write_bytes, write_json, write_with


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_written_values_are_read_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folders" / "facts.json"
    write_json(path, {"a": [1, 2.5, None]})
    assert read_json(path) == {"a": [1, 2.5, None]}
    write_bytes(path, b"[]")
    assert read_json(path) == []
    assert names(path.parent) == ["facts.json"]


def test_a_file_gets_its_name_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    path.write_text("before")

    def write(temporary: Path) -> None:
        assert temporary.suffix == ".npz", "numpy would add one"
        assert temporary.parent == tmp_path
        temporary.write_text("aft")
        assert path.read_text() == "before"
        temporary.write_text("after")

    write_with(path, write)
    assert path.read_text() == "after"
    assert names(tmp_path) == ["weights.npz"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ValueError, OSError(errno.ENOSPC, "No space left on device")])
def test_an_interrupted_write_keeps_the_old_file(tmp_path: Path, stop: BaseException) -> None:
    path = tmp_path / "facts.json"
    write_json(path, "before")

    def write(temporary: Path) -> None:
        temporary.write_text("half")
        raise stop

    with pytest.raises(OutputFailed if isinstance(stop, OSError) else stop):  # type: ignore[arg-type]
        write_with(path, write)
    assert read_json(path) == "before"
    assert names(tmp_path) == ["facts.json"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # zipfile tries again in vain
def test_a_full_disk_is_reported(tmp_path: Path) -> None:
    much = np.zeros(100_000)
    writes = {
        "a.bin": lambda path: path.write_bytes(much.tobytes()),
        "b.npz": lambda path: np.savez(path, much),
        "c.npy": lambda path: np.save(path, much),  # whose error has no number
    }
    for name, write in writes.items():
        path = tmp_path / name
        with little_room(100_000), pytest.raises(OutputFailed) as error:
            write_with(path, write)
        assert str(error.value) == (
            f"cannot write {path}: the disk is full; free some space and run the same command again"
        )
    assert names(tmp_path) == []


def test_a_folder_that_is_not_writable_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputFailed, match=r"file/facts\.json: .*; check the path and its permissions"):
        write_json(tmp_path / "file" / "facts.json", {})
    assert "the disk is full" in str(failure(tmp_path, OSError(errno.EDQUOT, "Disk quota exceeded")))


def test_json_files_are_ascii(tmp_path: Path) -> None:
    write_json(tmp_path / "facts.json", {"name": "Fröhlich"})
    assert (tmp_path / "facts.json").read_bytes() == json.dumps({"name": "Fröhlich"}, indent=1).encode() + b"\n"
