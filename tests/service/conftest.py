"""Fixtures of the tests of the service."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_ser.service import package, system
from edge_ser.service.plan import wanted_by
from edge_ser.service.system import Target
from tests.service.staged import GROUPS, PYTHON, environment

FAKE_SYSTEMCTL = """#!/bin/sh
echo "$*" >>"{log}"
case "$1" in
  --version) echo "systemd 252 (252.38)" ;;
  show) cat "{state}-$2" 2>/dev/null || echo ActiveState=inactive ;;
  enable) mkdir -p "{wants}" && ln -sf "/etc/systemd/system/$2" "{wants}/$2" ;;
  restart) [ ! -e "{broken}-$2" ] || {{ echo "Job for $2 failed." >&2; exit 1; }}
    now=$("{python}" -c 'import time; print(int((time.monotonic() + 2) * 1e6))')
    printf 'ActiveState=active\\nExecMainStartTimestampMonotonic=%s\\nNeedDaemonReload=no\\n' "$now" >"{state}-$2" ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    (folder / "edge_ser").mkdir(parents=True)
    (folder / "pyproject.toml").write_text("")
    (folder / "edge_ser" / "a.py").write_text("1")
    return folder


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Target:
    """A system below a folder, whose systemctl writes down what it is told, and where installing takes no time."""
    root = tmp_path / "root"
    (root / "run/systemd/system").mkdir(parents=True)
    (root / "etc").mkdir()
    (root / "etc/group").write_text(GROUPS)
    names = {name: str(tmp_path / name) for name in ("log", "state", "broken")}
    fake = tmp_path / "bin" / "systemctl"
    fake.parent.mkdir()
    fake.write_text(FAKE_SYSTEMCTL.format(**names, python=sys.executable, wants=Target(root).at(wanted_by(""))))
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(system, "service_python", lambda: PYTHON)
    monkeypatch.setattr(system, "ROOM", 0)
    monkeypatch.setattr(package, "make", lambda venv, source, python: environment(venv, source.fingerprint))
    return Target(root)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def tell(told: list[str]) -> Callable[[str], None]:
    return told.append
