"""Microphones that are missing, unknown or vanish: one clear line each, and an exit status."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from edge_ser import errors
from tests.cli.command import (
    JSON,
    TIMEOUT,
    assert_refused,
    run,
    start,
)
from tests.virtual_microphone import alsa_environment, file_microphone, pulse_microphone


@pytest.fixture
def no_microphone(tmp_path: Path) -> dict[str, str]:
    env = alsa_environment(tmp_path, "pcm.!default { type nonsense }")
    if json.loads(run("devices", *JSON, env=env).stdout):
        pytest.skip("this machine has a sound card")
    return env


@pytest.mark.parametrize("command", [("listen", *JSON), ("listen",), ("devices",), ("listen", "--device", "0", *JSON)])
def test_no_microphone(no_microphone: dict[str, str], command: tuple[str, ...]) -> None:
    assert_refused(run(*command, env=no_microphone), errors.NoMicrophone, "plug one in")


def test_no_microphone_is_an_empty_list_in_json(no_microphone: dict[str, str]) -> None:
    done = run("devices", *JSON, env=no_microphone)
    assert (done.returncode, json.loads(done.stdout), done.stderr) == (0, [], "")


def test_no_microphone_is_an_event_too(no_microphone: dict[str, str]) -> None:
    (line,) = run("listen", *JSON, env=no_microphone).stdout.splitlines()
    assert json.loads(line)["status"] == "no-microphone"


@pytest.mark.parametrize(
    ("device", "error"),
    [
        ("webcam", errors.UnknownMicrophone),
        ("", errors.UnknownMicrophone),
        ("-1", errors.UnknownMicrophone),
        ("99", errors.MicrophoneIndexOutOfRange),
        ("99999999999999999999", errors.MicrophoneIndexOutOfRange),
    ],
)
def test_unknown_microphone(tmp_path: Path, device: str, error: type[errors.EdgeSerError]) -> None:
    env = file_microphone(tmp_path, np.zeros(16_000, np.int16))
    assert_refused(run("listen", "--device", device, *JSON, env=env), error, "'default'")


@pytest.mark.parametrize("format_", ["text", "json"])
def test_microphone_that_vanishes(tmp_path: Path, format_: str) -> None:
    with (
        pulse_microphone(tmp_path) as microphone,
        start("listen", "--format", format_, env=microphone.env) as process,
    ):
        assert process.stdout is not None
        assert process.stderr is not None
        assert "listening to" in (process.stdout if format_ == "json" else process.stderr).readline()
        time.sleep(0.5)  # the stream starts
        microphone.kill()
        out, err = process.communicate(timeout=TIMEOUT)
    assert_refused(
        subprocess.CompletedProcess(process.args, process.returncode, out, err), errors.MicrophoneLost, "plugged in"
    )
    if format_ == "json":
        assert json.loads(out.splitlines()[-1])["status"] == "device-lost"
