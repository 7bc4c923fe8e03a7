"""From a few real recordings to a model file that the runtime takes, in three commands."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from edge_ser.api import EmotionRecognizer
from edge_ser.model.bundle import read_bundle

pytestmark = pytest.mark.skipif(not find_spec("tensorflow"), reason="needs the extra 'train'")


def subset(data: Path, folder: Path) -> None:
    """Link ten CREMA-D actors, all EmoDB speakers and some noises, six clips or so of each."""
    chosen = [
        *(clip for actor in range(1001, 1011) for clip in sorted((data / "crema-d").glob(f"{actor}_IEO_*_HI.flac"))),
        *(clip for actor in range(1001, 1011) for clip in sorted((data / "crema-d").glob(f"{actor}_DFA_NEU_*.flac"))),
        *sorted((data / "emodb").glob("*.flac"))[::7],
        *sorted((data / "noise").glob("*.ogg"))[::16],
    ]
    for clip in chosen:
        link = folder / clip.parent.name / clip.name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(clip)


def training(*arguments: str) -> str:
    command = [sys.executable, "-m", "training", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_three_commands_make_a_model(data: Path, tmp_path: Path) -> None:
    subset(data, tmp_path / "data")
    where = ("--data", str(tmp_path / "data"), "--run", str(tmp_path / "runs" / "tiny"))
    assert "validation UAR" in training("train", *where, "--epochs", "1", "--variants", "1")
    assert "UNIDIRECTIONAL_SEQUENCE_LSTM" in training("quantize", *where)
    table = training("evaluate", *where)
    assert "crema-d" in table
    assert "emotions an hour of noise" in table

    run = tmp_path / "runs" / "tiny"
    log = json.loads((run / "training.json").read_text())
    for part in ("train", "validation", "test"):
        assert any("crema-d" in speaker for speaker in log["speakers"][part])
    bundle = read_bundle(run / "model.tflite")
    assert list(bundle.front_end.gains) == log["gains"]
    figures = json.loads((run / "evaluation.json").read_text())
    assert figures["crema-d"]["agreement"] > 0.8, "an untrained network's near-ties flip, but not many"
    assert (
        bundle.card["figures_on_the_test_speakers"]["crema-d, 6 classes"]["clips"]
        == figures["crema-d"]["int8"]["clips"]
    )

    clip = next((tmp_path / "data" / "emodb").iterdir())
    assert EmotionRecognizer(run / "model.tflite").classify(clip).duration > 1


def test_missing_data_is_one_clear_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "training", "train", "--data", str(tmp_path), "--run", str(tmp_path / "run")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 26
    assert "no recordings of crema-d" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
