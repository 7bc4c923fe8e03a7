"""Whole installations, on a system below a folder."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_ser import paths
from edge_ser.errors import StepFailed
from edge_ser.listening.configuration import read_settings
from edge_ser.service import groups, install, uninstall
from edge_ser.service.install import Options
from edge_ser.service.plan import wanted_by
from edge_ser.service.steps import write_file
from edge_ser.service.system import Target
from tests.service.staged import GROUPS, run, snapshot

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may create groups, below a folder too")


def test_second_installation_starts_nothing(target: Target) -> None:
    started = ["daemon-reload", f"enable {paths.UNIT}", f"restart {paths.UNIT}"]
    assert run(target, device="USB") == (True, started)
    configuration = target.at(paths.CONFIGURATION)
    assert read_settings(configuration).microphone.device == "USB"
    configuration.write_text("# mine\n")
    assert run(target, device="other") == (False, [])
    assert configuration.read_text() == "# mine\n"


def test_drop_in_restarts_and_is_kept_up_to_date(target: Target) -> None:
    run(target)
    again = ["daemon-reload", f"restart {paths.UNIT}"]
    drop_in = target.at(paths.DROP_INS) / "mqtt-lan.conf"
    assert run(target, drop_ins=("mqtt-lan",)) == (True, again)
    text = drop_in.read_text()
    drop_in.write_text("older")
    assert run(target) == (True, again)
    assert drop_in.read_text() == text
    assert run(target) == (False, [])


@as_root
def test_dashboard_is_installed_with_its_group_and_started(target: Target, tell: Callable[[str], None]) -> None:
    run(target)
    there = snapshot(target)
    page = paths.DASHBOARD_UNIT
    calls = ["daemon-reload", f"restart {paths.UNIT}", f"enable {page}", f"restart {page}"]
    assert run(target, drop_ins=("dashboard",)) == (True, calls)
    assert groups.exists(target, "edge-ser-readers")
    assert "Group=edge-ser-readers" in (target.at(paths.DROP_INS) / "dashboard.conf").read_text()
    assert str(target.at(wanted_by(page)).readlink()) == f"/etc/systemd/system/{page}"
    stamp = json.loads((target.at(paths.VENV) / "edge-ser-installed.json").read_text())
    assert stamp["fingerprint"].endswith(" dashboard")
    assert run(target, drop_ins=("dashboard",)) == run(target) == (False, [])
    target.at(paths.DASHBOARD_UNIT_FILE).write_text("older")
    assert run(target) == (True, ["daemon-reload", f"restart {page}"])

    write_file(target.at(paths.UNITS / f"{page}.d/override.conf"), "owner's")
    assert uninstall.uninstall(target, False, tell, "edge-ser", dry_run=False)
    assert f"disable --now {page}\n" in (target.root.parent / "log").read_text()
    assert target.at(Path("/etc/group")).read_text() == GROUPS
    assert snapshot(target) <= there
    assert not uninstall.uninstall(target, False, tell, "edge-ser", dry_run=False)


@as_root
def test_failed_start_of_the_dashboard_says_where_to_look(target: Target) -> None:
    (target.root.parent / f"broken-{paths.DASHBOARD_UNIT}").touch()
    with pytest.raises(StepFailed, match=r"why: journalctl --unit edge-ser-dashboard.service -n 20$"):
        run(target, drop_ins=("dashboard",))
    (target.root.parent / f"broken-{paths.DASHBOARD_UNIT}").unlink()
    assert run(target, drop_ins=("dashboard",)) == (True, [f"restart {paths.DASHBOARD_UNIT}"])


@as_root
def test_group_with_the_same_beginning_is_another(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/group").write_text("edge-ser-readers2:x:5:\nx:x:6:edge-ser-readers\n")
    assert not groups.exists(Target(tmp_path), "edge-ser-readers")
    groups.add(Target(tmp_path), "edge-ser-readers")
    assert groups.exists(Target(tmp_path), "edge-ser-readers")
    with pytest.raises(StepFailed, match=r"groupadd failed: .*already exists"):
        groups.add(Target(tmp_path), "edge-ser-readers")


def test_failed_start_says_where_to_look_and_is_tried_again(target: Target) -> None:
    broken = target.root.parent / f"broken-{paths.UNIT}"
    broken.touch()
    with pytest.raises(StepFailed, match=r"Job for edge-ser.service failed\.; why: edge-ser service logs"):
        run(target)
    broken.unlink()
    assert run(target) == (True, [f"restart {paths.UNIT}"])


def test_other_command_is_left_alone(target: Target) -> None:
    command = target.at(paths.COMMAND)
    write_file(command, "mine")
    run(target)
    assert command.read_text() == "mine"
    uninstall.uninstall(target, True, lambda _: None, "edge-ser", dry_run=False)
    assert command.read_text() == "mine"


def test_dry_run_changes_nothing(target: Target, tell: Callable[[str], None], told: list[str]) -> None:
    before = sorted(target.root.rglob("*"))
    assert install.install(target, Options(), tell, "edge-ser", dry_run=True)
    assert told[-1] == "would start the service"
    assert sorted(target.root.rglob("*")) == before


def test_uninstalling_keeps_the_configuration(target: Target, tell: Callable[[str], None]) -> None:
    run(target, drop_ins=("mqtt-lan",))
    write_file(target.at(paths.DROP_INS) / "override.conf", "owner's")
    write_file(target.at(Path("/var/lib/private/edge-ser/muted")), "")
    target.at(paths.STATE).symlink_to("private/edge-ser")
    assert uninstall.uninstall(target, False, tell, "edge-ser", dry_run=False)
    calls = (target.root.parent / "log").read_text()
    assert f"disable --now {paths.UNIT}\ndaemon-reload\n" in calls
    assert snapshot(target) == {target.at(paths.CONFIGURATION), target.at(Path("/etc/group"))}
    assert not uninstall.uninstall(target, False, tell, "edge-ser", dry_run=False)
    assert uninstall.uninstall(target, True, tell, "edge-ser", dry_run=False)
    assert not target.at(paths.CONFIGURATION.parent).exists()
    assert not uninstall.uninstall(target, True, tell, "edge-ser", dry_run=False)
