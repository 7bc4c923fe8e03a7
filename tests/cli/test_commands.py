"""What the commands print, and how soon, for users and for programs."""

from __future__ import annotations

import ast
import csv
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import soundfile

import edge_ser
from edge_ser.cli.group import COMMANDS
from edge_ser.events import LABELS
from edge_ser.sources.recording import read_samples
from tests.cli.command import DEMONSTRATION, DISCLAIMER, JSON, run
from tests.virtual_microphone import file_microphone

PACKAGE = Path(edge_ser.__file__).parent
SCHEMA = json.loads((PACKAGE / "events.schema.json").read_text())
HEAVY = {"tensorflow", "keras", "scipy", "sklearn", "librosa", "matplotlib", "pandas"}


@pytest.fixture
def quiet(tmp_path: Path) -> Path:
    """A recording in which nobody speaks."""
    path = tmp_path / "quiet.wav"
    soundfile.write(path, np.random.default_rng(2).normal(0, 5, 32_000).astype(np.int16), 16_000)
    return path


def events(*arguments: str | os.PathLike[str], input: bytes | None = None) -> list[dict[str, Any]]:
    done = run("listen", *arguments, *JSON, input=input)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        jsonschema.validate(line, SCHEMA)
    return lines


def without_clock_and_source(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: line[key] for key in line if key not in ("time", "message")} for line in lines]


# Help ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)], ids=["edge-ser", *COMMANDS])
def test_help_answers_at_once_and_has_examples(command: tuple[str, ...]) -> None:
    best = float("inf")
    for _ in range(3):  # other programs on this machine can make one of them slow
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = run(*command, "--help")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Examples:" in done.stdout
    assert f"  edge-ser {' '.join(command)}" in done.stdout
    assert best < 0.3


def test_version() -> None:
    assert run("--version").stdout == f"edge-ser, version {edge_ser.__version__}\n"


# Imports -------------------------------------------------------------------------------------------------------------


def imported_by(*arguments: str) -> set[str]:
    """Return the top-level packages that a command imports."""
    code = (
        "import sys; from edge_ser.cli.main import run; run(sys.argv[1:]);"
        "print(*sys.modules, file=sys.stderr, sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60, check=True
    )
    return {name.partition(".")[0] for name in done.stderr.split()}


def test_listening_imports_nothing_heavy() -> None:
    imported = imported_by("listen", "--input", "demo", *JSON)
    assert "numpy" in imported
    assert not imported & HEAVY


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)], ids=["edge-ser", *COMMANDS])
def test_help_imports_no_numpy(command: tuple[str, ...]) -> None:
    assert not imported_by(*command, "--help") & (HEAVY | {"numpy", "pyaudio", "soundfile", "webrtcvad"})


# Drawing and comparing features is work at a desk, with the extras installed; inside functions only.
AT_A_DESK = {"cli/features.py": {"scipy", "matplotlib", "librosa"}}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_imports_a_training_library(path: Path) -> None:
    tree = ast.parse(path.read_text())
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            imported.add((node.module or "").partition(".")[0])
    assert not imported & (HEAVY - AT_A_DESK.get(str(path.relative_to(PACKAGE)), set()))


# Devices and models --------------------------------------------------------------------------------------------------


def test_devices(tmp_path: Path) -> None:
    env = file_microphone(tmp_path, np.zeros(1_000, np.int16))
    found = json.loads(run("devices", *JSON, env=env).stdout)
    (default,) = [device for device in found if device["is_default"]]
    keys = ["index", "name", "host_api", "channels", "default_rate", "is_default", "supports_16k_mono"]
    assert list(default) == keys
    assert (default["name"], default["supports_16k_mono"]) == ("default", True)
    head, *rows = run("devices", env=env).stdout.splitlines()
    assert head.split() == ["index", "name", "default", "channels", "rate", "16", "kHz", "mono"]
    assert len(rows) == len(found)


def test_listening_to_a_microphone_by_name_and_index(tmp_path: Path) -> None:
    env = file_microphone(tmp_path, read_samples(DEMONSTRATION))
    index = next(device["index"] for device in json.loads(run("devices", *JSON, env=env).stdout))
    for device in ("DEFAULT", str(index)):
        done = run("listen", "--device", device, "--duration", "0.5", *JSON, env=env)
        first, *_, last = map(json.loads, done.stdout.splitlines())
        assert (done.returncode, done.stderr) == (0, "")
        assert first["message"] == "listening to default"
        assert (last["status"], last["position"]) == ("stopped", 0.5)


def test_model() -> None:
    facts = json.loads(run("model", *JSON).stdout)
    assert list(facts) == ["file", "size", "sha256", "labels", "front_end", "chunk", "decision", "card"]
    assert facts["labels"] == list(LABELS)
    text = run("model", facts["file"]).stdout
    for words in ("labels: anger, disgust", "front end:", "size:", "decision:", "card:"):
        assert words in text.lower()


# Classify ------------------------------------------------------------------------------------------------------------

LABELLED = {*LABELS, "uncertain"}


def test_classify_as_json(quiet: Path) -> None:
    done = run("classify", DEMONSTRATION, quiet, *JSON)
    assert (done.returncode, done.stderr) == (0, "")
    speech, silence = json.loads(done.stdout)
    keys = ["path", "label", "confidence", "probabilities", "duration", "segments"]
    assert list(speech) == list(silence) == keys
    assert speech["path"] == str(DEMONSTRATION)
    assert speech["label"] in LABELLED
    assert speech["confidence"] == max(speech["probabilities"].values())
    assert list(speech["probabilities"]) == list(LABELS)
    assert sum(speech["probabilities"].values()) == pytest.approx(1, abs=0.001)
    assert speech["duration"] == pytest.approx(soundfile.info(DEMONSTRATION).duration, abs=0.001)
    assert speech["segments"]
    end = 0.0
    for segment in speech["segments"]:
        assert list(segment) == ["start", "end", "label", "confidence"]
        assert end <= segment["start"] < segment["end"] <= speech["duration"]
        assert segment["label"] in LABELLED
        end = segment["end"]
    assert (silence["label"], silence["confidence"], silence["segments"]) == ("no-speech", 0, [])
    assert set(silence["probabilities"].values()) == {0}


def test_classify_as_csv_and_table_agree_with_json(quiet: Path) -> None:
    rows = json.loads(run("classify", DEMONSTRATION, quiet, *JSON).stdout)
    table = list(csv.DictReader(io.StringIO(run("classify", DEMONSTRATION, quiet, "--format", "csv").stdout)))
    lines = run("classify", DEMONSTRATION, quiet).stdout.splitlines()
    assert lines[0].split() == ["path", "label", "confidence", "duration", "utterances"]
    for row, record, line in zip(rows, table, lines[1:], strict=True):
        assert list(record) == ["path", "label", "confidence", "duration", *LABELS, "error"]
        assert (record["path"], record["label"], record["error"]) == (row["path"], row["label"], "")
        assert float(record["confidence"]) == row["confidence"]
        assert {label: float(record[label]) for label in LABELS} == row["probabilities"]
        assert line.split()[:2] == [row["path"], row["label"]]
        assert int(line.split()[-1]) == len(row["segments"])


@pytest.mark.parametrize("level", [0, 1, 300])
def test_no_speech_in_silence_and_noise(tmp_path: Path, level: int) -> None:
    path = tmp_path / "noise.wav"
    soundfile.write(path, np.random.default_rng(7).normal(0, level, 80_000).astype(np.int16), 16_000)
    assert json.loads(run("classify", path, *JSON).stdout)[0]["label"] == "no-speech"
    assert [event["event"] for event in events("--input", path)] == ["status", "status"]


def test_classify_searches_folders(tmp_path: Path, quiet: Path) -> None:
    for name in ("b/c.wav", "a.WAV", ".hidden/d.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(quiet, tmp_path / name)
    (tmp_path / "notes.txt").write_text("not a recording")
    paths = [row["path"] for row in json.loads(run("classify", ".", *JSON, cwd=tmp_path).stdout)]
    assert paths == ["a.WAV", "b/c.wav", "quiet.wav"]


# Listen --------------------------------------------------------------------------------------------------------------


def test_listening_to_the_demonstration() -> None:
    first, *emotions, last = events("--input", "demo")
    assert (first["status"], first["position"]) == ("listening", 0)
    assert (last["status"], last["message"]) == ("stopped", "stopped: the end")
    assert last["position"] == pytest.approx(soundfile.info(DEMONSTRATION).duration, abs=0.001)
    assert emotions
    before = {"utterance": 0, "final": True, "end": 0}
    for event in emotions:
        assert event["utterance"] == before["utterance"] + before["final"]
        assert event["start"] >= before["end"] if before["final"] else event["start"] == before["start"]
        assert event["end"] > before["end"]
        assert event["label"] in LABELLED
        before = event
    assert before["final"]


def test_finals_are_the_segments_of_classify() -> None:
    finals = [event for event in events("--input", DEMONSTRATION) if event.get("final")]
    (row,) = json.loads(run("classify", DEMONSTRATION, *JSON).stdout)
    keys = ("start", "end", "label", "confidence")
    assert [{key: event[key] for key in keys} for event in finals] == row["segments"]


@pytest.mark.parametrize(("rate", "channels"), [(16_000, 1), (48_000, 2)])
def test_a_pipe_gives_the_same_events_as_a_file(tmp_path: Path, rate: int, channels: int) -> None:
    samples = np.repeat(read_samples(DEMONSTRATION), rate // 16_000 * channels).reshape(-1, channels)
    path = tmp_path / "demonstration.wav"
    soundfile.write(path, samples, rate)
    piped = events("--input", "-", "--rate", str(rate), "--channels", str(channels), input=samples.tobytes())
    assert without_clock_and_source(piped) == without_clock_and_source(events("--input", path))


@pytest.mark.parametrize("seconds", ["2.5", "0.01", "1000"])
def test_duration(seconds: str) -> None:
    *_, last = events("--input", "demo", "--duration", seconds)
    assert last["position"] == pytest.approx(min(float(seconds), soundfile.info(DEMONSTRATION).duration), abs=0.001)
    assert last["message"] == ("stopped: the end" if seconds == "1000" else f"stopped: {seconds} s are over")


def test_realtime_takes_as_long_as_the_sound(quiet: Path) -> None:
    begin = time.monotonic()
    realtime = events("--input", quiet, "--realtime")
    assert time.monotonic() - begin >= 2
    assert without_clock_and_source(realtime) == without_clock_and_source(events("--input", quiet))


def test_text_is_one_line_per_utterance() -> None:
    done = run("listen", "--input", "demo")
    finals = [event for event in events("--input", "demo") if event.get("final")]
    lines = done.stdout.splitlines()
    assert len(lines) == len(finals)
    for line, event in zip(lines, finals, strict=True):
        assert line.split()[3] == event["label"]
        assert float(line[3:7]) == pytest.approx(event["start"] % 60, abs=0.051)
    assert done.stderr.splitlines() == [DISCLAIMER, f"listening to {DEMONSTRATION}", "stopped: the end"]
