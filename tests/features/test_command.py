"""``edge-ser features``."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import edge_ser
from edge_ser.cli.features import command
from edge_ser.errors import EdgeSerError, OutputFailed, RecordingMissing

pytest.importorskip("soundfile")
RECORDING = str(Path(edge_ser.__file__).with_name("demonstration.flac"))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, [RECORDING, *arguments])


def test_formats_agree(tmp_path: Path) -> None:
    rows = list(csv.reader(io.StringIO(run().output)))
    from_csv = np.array([row[2:] for row in rows[1:]], np.int8)
    utterances = json.loads(run("--format", "json").output)
    from_json = np.concatenate([u["features"] for u in utterances]).astype(np.int8)
    assert run("--format", "npy", "--output", str(tmp_path / "x.npy")).exit_code == 0
    from_npy = np.load(tmp_path / "x.npy")
    assert from_npy.dtype == np.int8
    assert len(from_npy) > 50
    assert np.array_equal(from_npy, from_csv)
    assert np.array_equal(from_npy, from_json)
    assert rows[0][:3] == ["utterance", "time", "c0"]


@pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="needs edge-ser[plots]")
def test_plot(tmp_path: Path) -> None:
    assert run("--plot", str(tmp_path / "x.png")).exit_code == 0
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.skipif(not all(map(importlib.util.find_spec, ("librosa", "parselmouth"))), reason="needs edge-ser[plots]")
def test_descriptors() -> None:
    for utterance in json.loads(run("--format", "json", "--descriptors").output):
        assert len(utterance["f0_hz"]) == len(utterance["centroid_hz"]) == len(utterance["features"])
        assert all(value is None or 50 < value < 700 for value in utterance["f0_hz"])


@pytest.mark.parametrize(("option", "module"), [("--plot=x.png", "matplotlib"), ("--descriptors", "librosa")])
def test_a_missing_extra_is_reported_in_one_line(monkeypatch: pytest.MonkeyPatch, option: str, module: str) -> None:
    real = importlib.import_module

    def without(name: str, package: str | None = None) -> object:
        if name.startswith(module):
            raise ImportError(name)
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", without)
    error = run(option).exception
    assert isinstance(error, EdgeSerError)
    assert "edge-ser[plots]" in str(error)


def test_errors_of_users(tmp_path: Path) -> None:
    assert isinstance(run("--output", str(tmp_path / "no" / "x")).exception, OutputFailed)
    assert isinstance(CliRunner().invoke(command, ["missing.wav"]).exception, RecordingMissing)
    assert run("--format", "npy", "--descriptors").exit_code == 2
