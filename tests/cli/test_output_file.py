"""Output files are written completely or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from edge_ser.console import output_file
from edge_ser.errors import OutputFailed


def test_existing_file_keeps_its_mode_and_a_link_its_place(tmp_path: Path) -> None:
    real, link = tmp_path / "real.txt", tmp_path / "out.txt"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    output_file.write(link, b"new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(("name", "why"), [("none/out.txt", "No such file"), ("folder", "Is a directory")])
def test_unwritable_path_is_named_with_what_to_do(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(
        OutputFailed, match=f"cannot write {tmp_path}/{name}: {why}.*; choose another name, in a folder"
    ):
        output_file.write(tmp_path / name, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_full_disk_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(OutputFailed, match="the disk is full; free some space or write elsewhere"):
        output_file.write(tmp_path / "out.txt", b"new")
    assert list(tmp_path.iterdir()) == []
