"""`edge-ser bench` as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import soundfile

from edge_ser import errors
from edge_ser.bench.result import to_json
from edge_ser.paths import default_model
from tests.bench.example_results import result
from tests.bench.test_result import SCHEMA
from tests.cli.command import DEMONSTRATION, assert_refused, run, start, without_privileges
from tests.interpreters import installed

QUICK = ("bench", "--seconds", "8", "--rounds", "1", "--rate", "16000")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result of this machine, with the text that was printed beside it."""
    folder = tmp_path_factory.mktemp("bench")
    done = run(*QUICK, "--rounds", "2", "--save", folder / "old.json")
    assert (done.returncode, done.stderr) == (0, "")
    (folder / "old.txt").write_text(done.stdout)
    return folder / "old.json"


def test_table(saved: Path) -> None:
    text = saved.with_suffix(".txt").read_text()
    for words in ("8 s of demonstration", "this is the bundled synthesized speech", "whole block",
                  "2 rounds", "start-up until listening", "peak memory", "56,919"):  # fmt: skip
        assert words in text


def test_saved_result_follows_the_schema(saved: Path) -> None:
    facts = json.loads(saved.read_text())
    jsonschema.validate(facts, SCHEMA)
    (measurement,) = facts["measurements"]
    summary = measurement["summary"]
    assert len(measurement["rounds"]) == 2
    assert sum(stage["share"] for stage in summary["stages"].values()) == pytest.approx(1.0, abs=0.2)
    assert 0 < summary["start_up"]["imports"] < summary["start_up"]["listening"] * 10
    assert summary["end_to_end"]["p50"] <= summary["end_to_end"]["p99"] <= summary["end_to_end"]["max"]
    assert facts["audio"]["seconds"] == 8.0
    assert 0.2 < facts["audio"]["speech_share"] <= 1.0
    assert len(facts["environment"]["pinned"]) == 1
    assert not [path for path in saved.parent.iterdir() if path.name.startswith(".")]


def test_comparison_with_itself(saved: Path) -> None:
    done = run(*QUICK, "--compare", saved, "--limit", "100")
    assert done.returncode == 0, done.stderr
    assert f"Compared with {saved}, limit 100" in done.stdout


def test_regression_has_its_own_exit_status(saved: Path, tmp_path: Path) -> None:
    facts = json.loads(saved.read_text())
    for found in facts["measurements"][0]["rounds"]:
        found["undisturbed"]["p50"] /= 1_000
    (tmp_path / "quick.json").write_text(json.dumps(facts))
    done = run(*QUICK, "--compare", tmp_path / "quick.json", "--limit", "100", "--format", "markdown")
    *_, last = done.stderr.splitlines()
    assert done.returncode == errors.SlowerThanBefore.exit_status == 8
    assert last.startswith("edge-ser: regression against")
    assert "label latency, undisturbed, p50" in last
    assert "REGRESSION" in done.stdout


def test_several_forms_with_json_own_recording_and_picture(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra 'plots'")
    picture = tmp_path / "bench.png"
    forms = ("--form", "int8", "--form", "float", "--form", "int8")
    done = run(*QUICK, *forms, "--input", DEMONSTRATION, "--format", "json", "--plot", picture)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    jsonschema.validate(facts, SCHEMA)
    assert [one["configuration"]["form"] for one in facts["measurements"]] == ["int8", "float"]
    assert facts["measurements"][0]["labels"] == facts["measurements"][1]["labels"]
    assert (facts["audio"]["name"], facts["audio"]["synthesized"]) == (DEMONSTRATION.name, False)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert done.stderr.splitlines() == [f"WARNING: {warning}" for warning in facts["warnings"]]


def test_paced_and_streams() -> None:
    done = run("bench", "--seconds", "3", "--rounds", "1", "--paced", "--streams", "3", "--format", "json")
    assert done.returncode == 0, done.stderr
    (measurement,) = json.loads(done.stdout)["measurements"]
    assert measurement["paced"]["block"]["blocks"] == 29
    assert measurement["paced"]["missed"] >= 0
    assert (measurement["streams"]["count"], measurement["streams"]["automatic"]) == (3, False)


def test_wrongly_computed_form_is_left_out() -> None:
    if "tflite-runtime" not in [interpreter.name for interpreter in installed()]:
        pytest.skip("tflite-runtime is not installed")
    forms = ("--form", "int8", "--form", "dynamic", "--interpreter", "tflite-runtime")
    done = run(*QUICK, *forms, "--format", "json")
    facts = json.loads(done.stdout)
    assert len(facts["measurements"]) == 1
    assert any("left out: default-dynamic.tflite with tflite-runtime" in warning for warning in facts["warnings"])


# Bad input -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def quiet(tmp_path: Path) -> Path:
    path = tmp_path / "quiet.wav"
    soundfile.write(path, np.random.default_rng(2).normal(0, 5, 32_000).astype(np.int16), 16_000)
    return path


def test_audio_without_speech_is_refused(quiet: Path) -> None:
    assert_refused(run(*QUICK, "--input", quiet), errors.NothingHeard, "no utterance was recognized", "--input")


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("--input", "nowhere.wav"), errors.RecordingMissing, "nowhere.wav"),
        (("--model", "nowhere.tflite"), errors.ModelCorrupt, "nowhere.tflite"),
        (("--model", str(DEMONSTRATION)), errors.ModelForeign, "not a TensorFlow Lite model"),
        (("--compare", "nowhere.json"), errors.NotAResult, "No such file"),
        (("--compare", str(DEMONSTRATION)), errors.NotAResult, "is not JSON"),
        (("--save", "nowhere/result.json"), errors.OutputFailed, "cannot write nowhere/result.json: No such file"),
        (("--save", "/dev/full"), errors.OutputFailed, "not a regular file"),
        (("--plot", "/"), errors.OutputFailed, "not a regular file"),
        (("--threads", "64"), errors.InvalidSetting, "threads = 64: allowed are 1 to"),
        (("--rate", "96001"), errors.UnsupportedRate, "96001"),
    ],
)
def test_bad_input_is_refused_before_the_measurement(
    tmp_path: Path, arguments: tuple[str, ...], error: type[errors.EdgeSerError], words: str
) -> None:
    if "64" in arguments and (os.cpu_count() or 1) >= 64:
        pytest.skip("this machine has as many cores")
    done = run("bench", "--seconds", "3600", "--rounds", "1000", *arguments, cwd=tmp_path)
    assert_refused(done, error, words)
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [
    ("--streams", "0"), ("--streams", "many"), ("--seconds", "0"), ("--seconds", "nan"), ("--rounds", "0"),
    ("--limit", "0.5"), ("--limit", "nan"), ("--form", "int4"), ("--interpreter", "onnx"), ("--threads", "0"),
    ("--rate", "1"), ("--format", "csv"),
])  # fmt: skip
def test_wrong_options_are_usage_errors(arguments: tuple[str, str]) -> None:
    done = run("bench", *arguments)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert arguments[0] in done.stderr


def test_missing_form_of_a_model_is_refused(tmp_path: Path) -> None:
    model = tmp_path / "mine.tflite"
    model.write_bytes(default_model().read_bytes())
    done = run(*QUICK, "--model", model, "--form", "float")
    assert_refused(done, errors.InvalidSetting, str(tmp_path / "mine-float.tflite"), "python -m training quantize")


def test_result_of_other_audio_or_another_schema_is_refused(tmp_path: Path) -> None:
    facts: dict[str, Any] = result().to_dict()
    old = tmp_path / "old.json"
    old.write_text(to_json(facts))
    assert_refused(run(*QUICK, "--compare", old), errors.NotAResult, "measured with other audio")
    for version in (1, 7):
        old.write_text(to_json(facts | {"schema": version}))
        words = f"version {version} of the result schema, but this edge-ser reads version 2; measure again"
        assert_refused(run(*QUICK, "--compare", old), errors.NotAResult, words)


def test_missing_interpreter_is_reported(tmp_path: Path) -> None:
    (tmp_path / "tensorflow.py").write_text("raise ImportError('not here')\n")
    env = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = run(*QUICK, "--interpreter", "tensorflow", env=env)
    assert_refused(done, errors.InterpreterMissing, "tensorflow: not here", "pip install tensorflow")


def test_unwritable_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    done = run(*QUICK, "--save", tmp_path / "result.json", prefix=without_privileges())
    tmp_path.chmod(0o755)
    assert_refused(done, errors.OutputFailed, "Permission denied")


@pytest.mark.parametrize("to_the_group", [True, False], ids=["Ctrl-C", "kill -INT"])
def test_interruption(tmp_path: Path, to_the_group: bool) -> None:
    target = tmp_path / "result.json"
    target.write_text("old")
    with start("bench", "--rounds", "500", "--save", target, start_new_session=True) as process:
        deadline = time.monotonic() + 30
        while not children(process.pid) and time.monotonic() < deadline:
            time.sleep(0.02)
        measuring = children(process.pid)
        time.sleep(0.3)
        (os.killpg if to_the_group else os.kill)(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert measuring
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]
    assert not children(process.pid)


def children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def test_command_module_imports_nothing_heavy() -> None:
    code = "import edge_ser.cli.bench, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "edge_ser.bench.runs", "matplotlib", "tensorflow"} & set(done.stdout.split())
