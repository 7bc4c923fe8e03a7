"""`edge-ser doctor` as a user runs it: without a microphone, with a deaf one, with a good one, on a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from edge_ser.paths import demonstration
from edge_ser.sources.recording import read_samples
from tests.cli.command import EDGE_SER, TIMEOUT, open_terminal, run
from tests.virtual_microphone import alsa_environment, file_microphone, pulse_microphone

CHECKS = [
    "python", "machine", "configuration", "numpy", "interpreter", "model", "pyaudio", "sound cards", "permission",
    "alsa", "in use", "microphone", "privacy", "level", "service", "temperature", "power",
]  # fmt: skip
Row = dict[str, str | None]


def doctor(*arguments: str, env: Mapping[str, str]) -> tuple[int, dict[str, Row]]:
    """Run it and return its exit status and what it found."""
    done = run("doctor", "--format", "json", *arguments, env=env)
    rows = json.loads(done.stdout)
    assert done.stderr == ""
    assert [row["check"] for row in rows] == CHECKS
    for row in rows:
        assert list(row) == ["check", "state", "found", "fix"]
        assert row["state"] in ("ok", "warning", "failed", "skipped")
        assert row["found"]
        assert row["fix"] or row["state"] in ("ok", "skipped")
    assert done.returncode == int(any(row["state"] == "failed" for row in rows))
    return done.returncode, {row["check"]: row for row in rows}


def good_microphone(tmp_path: Path, seconds: float = 8.0) -> dict[str, str]:
    """A microphone in a quiet room in which somebody speaks now and then."""
    samples = np.random.default_rng(3).normal(0, 20, round(16_000 * seconds))
    speech = read_samples(demonstration())[:24_000].astype(float)
    samples[16_000:40_000] += 8_000 * speech / np.abs(speech).max()
    return file_microphone(tmp_path, samples.round().astype(np.int16))


@pytest.fixture
def no_microphone(tmp_path: Path) -> dict[str, str]:
    return alsa_environment(tmp_path, "pcm.!default { type hw card 31 }")


def test_without_a_microphone(no_microphone: dict[str, str]) -> None:
    if Path("/proc/asound/pcm").exists():
        pytest.skip("this machine has sound cards of its own")
    status, rows = doctor(env=no_microphone)
    assert status == 1
    assert rows["microphone"] == {
        "check": "microphone",
        "state": "failed",
        "found": "no microphone found",
        "fix": "plug one in, or close what uses it, and check with: arecord -l",
    }
    assert rows["level"]["state"] == "skipped"
    for check in ("python", "interpreter", "model", "pyaudio"):
        assert rows[check]["state"] in ("ok", "warning"), rows[check]


def test_silent_microphone(tmp_path: Path) -> None:
    status, rows = doctor("--device", "default", env=file_microphone(tmp_path, np.zeros(160_000, np.int16)))
    assert status == 1
    assert rows["level"]["state"] == "failed"
    assert "exact zeros" in str(rows["level"]["found"])
    assert "alsamixer" in str(rows["level"]["fix"])


def test_good_microphone(tmp_path: Path) -> None:
    status, rows = doctor("--device", "DEFAULT", "--seconds", "4", env=good_microphone(tmp_path))
    assert status == 0, rows
    assert rows["level"]["state"] == "ok"
    found = str(rows["level"]["found"])
    assert found.startswith("default: peak -12 dBFS, noise floor -6")


def test_stuck_microphone(tmp_path: Path) -> None:
    sound = np.random.default_rng(3).normal(0, 300, 6_400).astype(np.int16)
    status, rows = doctor("--device", "default", env=file_microphone(tmp_path, np.tile(sound, 25)))
    assert status == 1
    assert "again and again" in str(rows["level"]["found"])


def test_recording_takes_no_longer_than_asked(tmp_path: Path) -> None:
    with pulse_microphone(tmp_path) as mic:
        begin = time.monotonic()
        _, quick = doctor("--no-meter", env=mic.env)
        between = time.monotonic()
        status, rows = doctor("--seconds", "1", env=mic.env)
        took = time.monotonic() - between - (between - begin)
    assert quick["level"]["state"] == "skipped"
    assert status == 1
    assert "exact zeros" in str(rows["level"]["found"])  # a sink to which nothing is played
    assert took < 5


def test_unknown_microphone(tmp_path: Path) -> None:
    status, rows = doctor("--device", "gramophone", "--no-meter", env=good_microphone(tmp_path))
    assert status == 1
    assert "no microphone is called 'gramophone'" in str(rows["microphone"]["found"])
    assert "edge-ser devices" in str(rows["microphone"]["fix"])


def test_configuration_is_applied(tmp_path: Path) -> None:
    env = good_microphone(tmp_path)
    file = tmp_path / "my.toml"
    file.write_text('[microphone]\ndevice = "gramophone"\n')
    _, rows = doctor("--config", str(file), "--no-meter", env=env)
    assert rows["configuration"]["found"] == f"{file} is valid"
    assert rows["microphone"]["state"] == "failed"
    _, rows = doctor("--config", str(file), "--device", "default", "--no-meter", env=env)
    assert rows["microphone"]["state"] == "ok"


@pytest.mark.parametrize("text", [None, "[microphone]\nqueue_seconds = 0.1\n", "[", "\xff"])
def test_wrong_configuration(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "my.toml"
    if text is not None:
        file.write_text(text, encoding="latin-1")
    status, rows = doctor("--config", str(file), "--no-meter", env=good_microphone(tmp_path))
    assert status == 1
    assert rows["configuration"]["state"] == "failed"
    assert str(file) in str(rows["configuration"]["found"])
    assert "edge-ser config example" in str(rows["configuration"]["fix"])


def test_mute_applies_to_the_doctor_too(tmp_path: Path) -> None:
    muted, file = tmp_path / "muted", tmp_path / "my.toml"
    muted.touch()
    file.write_text(f'[privacy]\nmute_file = "{muted}"\n')
    status, rows = doctor("--config", str(file), "--device", "default", env=good_microphone(tmp_path))
    assert status == 0, rows
    assert rows["privacy"]["fix"] == f"edge-ser unmute --file {muted}"
    assert rows["level"]["state"] == "skipped"


def test_text_is_one_line_per_check_and_counts(tmp_path: Path) -> None:
    env = good_microphone(tmp_path) | {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    done = run("doctor", "--device", "default", "--no-meter", env=env)
    assert (done.returncode, done.stderr) == (0, "")
    *lines, counts = done.stdout.splitlines()
    findings = [line for line in lines if not line.startswith(" ")]
    assert [line[9:23].strip() for line in findings] == CHECKS
    words = [line.split()[0] for line in findings]
    states = ("ok", "warning", "failed", "skipped")
    assert counts == ", ".join(f"{words.count(state)} {state}" for state in states)
    assert all(line.strip().startswith("-> ") for line in lines if line.startswith(" "))
    assert "\x1b" not in done.stdout


def test_terminal_has_colours_and_a_meter(tmp_path: Path) -> None:
    main, terminal = open_terminal()
    shown = b""
    command = [*EDGE_SER, "doctor", "--device", "default", "--seconds", "1"]
    env = {key: value for key, value in good_microphone(tmp_path).items() if key != "NO_COLOR"}
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=env) as process:
        os.close(terminal)
        try:
            while piece := os.read(main, 4_096):
                shown += piece
        except OSError:  # how Linux says that the other end is closed
            pass
        assert process.wait(TIMEOUT) == 0
    os.close(main)
    text = shown.decode()
    assert "\x1b[32mok" in text
    assert "say something  [" in text
    assert text.count("\r\x1b[K") == 1
    assert text.splitlines()[-1].endswith("skipped")


@pytest.mark.parametrize("seconds", ["0", "61", "nan", "1.5"])
def test_wrong_usage(seconds: str) -> None:
    done = run("doctor", "--seconds", seconds)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
