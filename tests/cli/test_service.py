"""`edge-ser service` as users and builders of images run it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

import edge_ser
from edge_ser.cli.service import command
from edge_ser.errors import InvalidSetting, NoSystemd, NotInstalled
from edge_ser.service.install import drop_in_names
from tests.cli.command import assert_refused, run

CHECKOUT = Path(__file__).resolve().parents[2]
NEEDED_TO_BUILD = ("pyproject.toml", "README.md", "LICENSE", "edge_ser", "systemd", "firmware_config")
NO_SYSTEMD = not Path("/run/systemd/system").is_dir()


@pytest.fixture
def fakes(tmp_path: Path) -> Path:
    """A folder for programs that stand in for the real ones."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def fake(folder: Path, name: str, script: str) -> dict[str, str]:
    """Put a program there and return an environment that finds it."""
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}


# Install and uninstall -----------------------------------------------------------------------------------------------


def test_dry_run_shows_every_step_and_changes_nothing(tmp_path: Path) -> None:
    done = run("service", "install", "--root", tmp_path, "--with", "mqtt-lan", "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"would install {CHECKOUT}[mqtt] into {tmp_path}/opt/edge-ser, with /")
    assert lines[1:] == [
        "would write /etc/systemd/system/edge-ser.service",
        "would write /etc/systemd/system/edge-ser.service.d/mqtt-lan.conf",
        "would write /etc/edge-ser/config.toml",
        "would link /usr/local/bin/edge-ser to /opt/edge-ser/bin/edge-ser",
        "would enable the service at boot",
        "nothing was changed: this was a dry run",
    ]
    assert list(tmp_path.iterdir()) == []


def test_dry_run_of_the_dashboard_shows_group_and_unit(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/group").touch()
    done = run("service", "install", "--root", tmp_path, "--with", "dashboard", "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"would install {CHECKOUT}[dashboard] into {tmp_path}/opt/edge-ser, with /")
    assert lines[1:] == [
        "would write /etc/systemd/system/edge-ser.service",
        "would write /etc/systemd/system/edge-ser.service.d/dashboard.conf",
        "would write /etc/systemd/system/edge-ser-dashboard.service",
        "would write /etc/edge-ser/config.toml",
        "would link /usr/local/bin/edge-ser to /opt/edge-ser/bin/edge-ser",
        "would create the group edge-ser-readers",
        "would enable the service at boot",
        "would enable the dashboard at boot",
        "nothing was changed: this was a dry run",
    ]


def test_dry_run_needs_neither_root_nor_systemd() -> None:
    for arguments in (("install",), ("uninstall", "--purge")):
        done = run("service", *arguments, "--dry-run")
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not NO_SYSTEMD, reason="systemd runs here, and would be called")
def test_without_systemd_nothing_is_changed() -> None:
    for arguments in (("install",), ("uninstall",)):
        assert_refused(run("service", *arguments), NoSystemd, "systemd does not run here", "--root DIR")


def test_errors_are_reported_before_changes(tmp_path: Path) -> None:
    staged = ("service", "install", "--root", tmp_path)
    assert_refused(run(*staged, "--with", "mqtt"), InvalidSetting, "--with mqtt", ", ".join(drop_in_names()))
    assert_refused(run(*staged, "--device", "a\nb"), InvalidSetting, "--device", "edge-ser devices")
    assert_refused(run(*staged, "--from", "/nonexistent.whl"), InvalidSetting, "/nonexistent.whl", "no such file")
    assert_refused(run(*staged, "--from", "/etc"), InvalidSetting, "/etc", "pyproject.toml")
    assert run("service", "install", "--root", tmp_path / "missing").returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_help_names_all_drop_ins() -> None:
    text = run("service", "install", "--help").stdout
    for name in drop_in_names():
        assert name in text


def test_uninstalling_nothing_is_reported(tmp_path: Path) -> None:
    done = run("service", "uninstall", "--root", tmp_path)
    assert (done.returncode, done.stdout) == (0, "nothing is installed: nothing was changed\n")


def snapshot(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Owner, size and time of change of everything in a folder, but not what Python caches."""
    every = ((path, path.lstat()) for path in sorted(folder.rglob("*")) if "__pycache__" not in path.parts)
    return {str(path): (of.st_uid, of.st_size, of.st_mtime_ns) for path, of in every if not path.is_dir()}


def test_slow_real_installation_into_an_image(tmp_path: Path) -> None:
    """Needs the package index, as `make test` itself does."""
    checkout, root = tmp_path / "checkout", tmp_path / "image"
    root.mkdir()
    checkout.mkdir()
    for name in NEEDED_TO_BUILD:
        copy = shutil.copytree if (CHECKOUT / name).is_dir() else shutil.copy2
        copy(CHECKOUT / name, checkout / name)
    before = snapshot(checkout)

    def service(*arguments: str, python: Path = Path(sys.executable)) -> str:
        words = [python, "-m", "edge_ser", "service", *arguments, "--root", root]
        done = subprocess.run(words, cwd=checkout, capture_output=True, text=True, timeout=250, check=False)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return done.stdout

    told = service("install", "--device", "USB PnP", "--with", "mqtt-local")
    assert told.startswith(f"install {checkout}[mqtt] into {root}/opt/edge-ser, with ")
    assert told.endswith(f"edge-ser is staged in {root}: it starts when a machine boots from there.\n")
    assert snapshot(checkout) == before

    venv = root / "opt/edge-ser"
    version = [venv / "bin/python", "-I", "-m", "edge_ser", "--version"]
    assert subprocess.check_output(version, text=True) == f"edge-ser, version {edge_ser.__version__}\n"
    assert (venv / "bin/edge-ser").read_text().startswith("#!/opt/edge-ser/bin/python")
    for script in [venv / "pyvenv.cfg", *(venv / "bin").iterdir()]:
        assert script.is_symlink() or os.fsencode(tmp_path) not in script.read_bytes()
    link = root / "etc/systemd/system/multi-user.target.wants/edge-ser.service"
    assert str(link.readlink()) == "/etc/systemd/system/edge-ser.service"
    assert str((root / "usr/local/bin/edge-ser").readlink()) == "/opt/edge-ser/bin/edge-ser"
    configuration = root / "etc/edge-ser/config.toml"
    assert 'device = "USB PnP"' in configuration.read_text()

    configuration.write_text("# mine\n")
    staged = snapshot(root)
    assert service("install", "--device", "other").endswith("everything is up to date: nothing was changed\n")
    assert snapshot(root) == staged

    # From here on the installed command runs, and removes what it runs from.
    own = venv / "bin/python"
    assert "uninstall" not in service("uninstall", "--dry-run", python=own)
    assert snapshot(root) == staged
    assert "config.toml is kept" in service("uninstall", python=own)
    assert list(snapshot(root)) == [str(configuration)]
    assert service("uninstall").startswith("nothing is installed")
    assert service("uninstall", "--purge").endswith("edge-ser was removed\n")
    assert snapshot(root) == {}


# Status and logs -----------------------------------------------------------------------------------------------------


def status(fakes: Path, *arguments: str, **properties: str) -> subprocess.CompletedProcess[str]:
    lines = "\\n".join(f"{name}={value}" for name, value in properties.items())
    dashboard = "LoadState=loaded\\nActiveState=active\\nStatusText=http://127.0.0.1:8765/"
    script = f"case $2 in *dashboard*) printf '{dashboard}\\n' ;; *) printf '{lines}\\n' ;; esac"
    return run("service", "status", *arguments, env=fake(fakes, "systemctl", script))


def test_status_of_a_running_service(fakes: Path) -> None:
    entered = str(int((time.monotonic() - 120) * 1e6))
    properties: Mapping[str, str] = {
        "LoadState": "loaded",
        "ActiveState": "active",
        "StatusText": "listening to USB PnP",
        "ActiveEnterTimestampMonotonic": entered,
    }
    done = status(fakes, **properties)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("edge-ser is running: listening to USB PnP\n")
    assert ", for 2 min\n" in done.stdout
    assert "  dashboard  http://127.0.0.1:8765/ (edge-ser-dashboard.service)\n" in done.stdout
    found = json.loads(status(fakes, "--format", "json", **properties).stdout)
    assert (found["active"], found["says"], found["memory_bytes"]) == (True, "listening to USB PnP", None)
    assert found["dashboard"]["address"] == "http://127.0.0.1:8765/"


def test_status_of_a_stopped_service(fakes: Path) -> None:
    done = status(fakes, LoadState="loaded", ActiveState="failed", Result="exit-code", ExecMainStatus="50")
    assert (done.returncode, done.stderr) == (3, "")
    assert "exit status 50" in done.stdout
    assert "edge-ser config check" in done.stdout


def test_status_of_a_missing_service(fakes: Path) -> None:
    assert_refused(status(fakes, LoadState="not-found"), NotInstalled, "sudo edge-ser service install")


def test_status_without_an_answer_of_systemd(fakes: Path) -> None:
    env = fake(fakes, "systemctl", "echo 'Failed to connect to bus' >&2; exit 1")
    assert_refused(run("service", "status", env=env), NoSystemd, "systemd does not run here", "Failed to connect")


def test_logs_are_those_of_the_service(fakes: Path) -> None:
    env = fake(fakes, "journalctl", 'for word; do echo "$word"; done; exit 4')
    done = run("service", "logs", "-f", "-n", "5", "--since", "-1h", env=env)
    words = ["--unit=edge-ser.service", "--output=short", "--follow", "--lines=5", "--since=-1h"]
    assert (done.returncode, done.stdout.split(), done.stderr) == (4, words, "")


def test_logs_without_a_journal(fakes: Path) -> None:
    env = {**os.environ, "PATH": str(fakes)}
    assert_refused(run("service", "logs", env=env), NoSystemd, "journalctl")


@pytest.mark.parametrize("name", command.list_commands(None))  # type: ignore[arg-type]
def test_help_of_every_command_has_examples(name: str) -> None:
    done = run("service", name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Examples:" in done.stdout
    assert f"edge-ser service {name}" in done.stdout
