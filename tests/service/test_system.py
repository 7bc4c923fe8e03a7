"""Systems that are refused before the first step."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from edge_ser.errors import InvalidSetting, NoRoom, NoSystemd, NotRoot, UnsupportedSystem
from edge_ser.service import install, system
from edge_ser.service.install import Options
from edge_ser.service.system import Machine, Target
from tests.service.staged import PYTHON

MACHINE = Machine("aarch64", PYTHON, 252, 5_000)


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        (replace(MACHINE, architecture="armv7l"), ["64-bit", "armv7l"]),
        (replace(MACHINE, python=replace(PYTHON, bits=32)), ["64-bit", "32-bit"]),
        (replace(MACHINE, python=replace(PYTHON, version=(3, 9))), ["3.9", "3.10"]),
        (replace(MACHINE, systemd=241), ["241", "247"]),
        (replace(MACHINE, python=replace(PYTHON, can_make_environments=False)), ["apt install", "python3-venv"]),
    ],
)
def test_unsuitable_machine_is_refused(machine: Machine, words: list[str]) -> None:
    with pytest.raises(UnsupportedSystem) as error:
        system.require_suitable(machine)
    for word in words:
        assert word in str(error.value)


def test_suitable_machine_is_accepted() -> None:
    system.require_suitable(MACHINE)
    system.require_room(MACHINE)


def test_lack_of_space_is_reported_with_figures() -> None:
    with pytest.raises(NoRoom, match="needs 300 MB and its disk has 12 MB left"):
        system.require_room(replace(MACHINE, free=12))


def test_systemd_and_root_are_required(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoSystemd, match="--root DIR"):
        system.require_may_change(Target(tmp_path), "edge-ser")
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(NotRoot, match="sudo /home/pi/edge-ser service install"):
        system.require_may_change(Target(tmp_path), "/home/pi/edge-ser service install")
    system.require_may_change(Target(tmp_path, live=False), "edge-ser")


def test_missing_group_file_is_reported_before_changes(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=f"--with dashboard: needs a group, and there is no {tmp_path}/etc/group"):
        install.install(Target(tmp_path), Options(drop_ins=("dashboard",)), print, "edge-ser", dry_run=True)
    assert list(tmp_path.iterdir()) == []
