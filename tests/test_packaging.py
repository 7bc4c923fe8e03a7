"""The wheel that a Pi installs: the runtime, the model and the configuration, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    assert path.stat().st_size < 2_000_000
    return zipfile.ZipFile(path)


def test_it_carries_what_the_runtime_needs(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    for name in (
        "edge_ser/models/default.tflite",
        "edge_ser/models/default-dynamic.tflite",
        "edge_ser/models/default-float.tflite",
        "edge_ser/bench/bench.schema.json",
        "edge_ser/demonstration.flac",
        "edge_ser/events.schema.json",
        "edge_ser/py.typed",
        "edge_ser/systemd/config.toml",
        "edge_ser/systemd/edge-ser.service",
        "edge_ser/systemd/drop-ins/mqtt-local.conf",
        "edge_ser/firmware_config/90-edge-ser.rules",
        "edge_ser/firmware_config/asound.conf",
        "edge_ser/firmware_config/profiles/inmp441.txt",
    ):
        assert name in names


def test_it_carries_no_training_and_no_tests(wheel: zipfile.ZipFile) -> None:
    folders = {name.split("/")[0] for name in wheel.namelist()}
    assert {name for name in folders if not name.endswith(".dist-info")} == {"edge_ser"}


def test_the_base_install_needs_no_heavy_library(wheel: zipfile.ZipFile) -> None:
    (metadata,) = (name for name in wheel.namelist() if name.endswith("METADATA"))
    requirements = message_from_string(wheel.read(metadata).decode()).get_all("Requires-Dist") or []
    base = {r.split(">")[0].split("<")[0].split(";")[0].strip().lower() for r in requirements if "extra ==" not in r}
    assert base == {
        "ai-edge-litert",
        "click",
        "numpy",
        "pyaudio",
        "soundfile",
        "tflite-runtime",
        "tomli",
        "webrtcvad-wheels",
    }
