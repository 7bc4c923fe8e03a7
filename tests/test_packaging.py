"""The wheel has the runtime, the model and the configuration only, and importing the package costs nothing."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

import edge_ser

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


def test_the_wheel_has_the_files_of_the_runtime(wheel: zipfile.ZipFile) -> None:
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


def test_the_wheel_has_no_training_and_no_tests(wheel: zipfile.ZipFile) -> None:
    folders = {name.split("/")[0] for name in wheel.namelist()}
    assert {name for name in folders if not name.endswith(".dist-info")} == {"edge_ser"}


def test_the_base_install_has_no_heavy_library(wheel: zipfile.ZipFile) -> None:
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


def modules_after(code: str) -> set[str]:
    """Return the top-level modules that a fresh process has loaded after running some code."""
    code = f"{code}\nimport sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_importing_the_package_loads_no_library() -> None:
    libraries = {"numpy", "tflite_runtime", "ai_edge_litert", "tensorflow", "click", "pyaudio", "soundfile"}
    assert not libraries & modules_after("import edge_ser; dir(edge_ser)")


def test_the_recognizer_and_the_listener_can_be_imported() -> None:
    loaded = modules_after("from edge_ser import EmotionRecognizer, Listener")
    assert "numpy" in loaded
    assert not {"tflite_runtime", "ai_edge_litert", "tensorflow", "click", "pyaudio"} & loaded


@pytest.mark.parametrize("name", edge_ser.__all__)
def test_every_public_name_can_be_imported_and_is_listed(name: str) -> None:
    modules_after(f"from edge_ser import {name}")
    assert name in dir(edge_ser)


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'edge_ser' has no attribute 'Backend'"):
        edge_ser.Backend  # noqa: B018
