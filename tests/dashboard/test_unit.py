"""The systemd unit of the dashboard: as restricted as the service's wherever possible."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from edge_ser.paths import resource_folder

FOLDER = resource_folder("systemd")
DIFFERENT = {
    "PrivateNetwork", "RestrictAddressFamilies",  # it serves browsers
    "MemoryMax", "LimitDATA", "CPUQuota", "Nice",
    "InaccessiblePaths",
}  # fmt: skip
"""Settings that differ from the service's unit."""


def settings(name: str) -> set[tuple[str, str]]:
    lines = (FOLDER / name).read_text().split("[Service]")[-1].split("[Install]")[0].splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {(key, value) for key, _, value in pairs}


def test_unit_is_as_restricted_as_the_service() -> None:
    text = (FOLDER / "edge-ser.service").read_text()
    begin = text.index("PrivateNetwork=yes")
    service = {line.partition("=")[0] for line in text[begin:].splitlines() if "=" in line and line[0] not in "#["}
    there = {pair for pair in settings("edge-ser.service") if pair[0] in service - DIFFERENT - {"DeviceAllow"}}
    assert len(there) > 25
    assert there - settings("edge-ser-dashboard.service") == set()
    own = dict(settings("edge-ser-dashboard.service"))
    assert own["RestrictAddressFamilies"] == "AF_INET AF_INET6 AF_UNIX"
    assert "PrivateNetwork" not in own


def test_systemd_accepts_it(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    unit = tmp_path / "edge-ser-dashboard.service"
    unit.write_text((FOLDER / unit.name).read_text().replace("/opt/edge-ser/bin/edge-ser", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False, timeout=60)
    assert "edge-ser-dashboard" not in done.stderr, done.stderr
