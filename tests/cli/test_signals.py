"""SIGINT and SIGTERM end every command soon, with their exit status."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.cli.command import (
    DEMO,
    DEMONSTRATION,
    JSON,
    TIMEOUT,
    start,
    wait_until_loading,
)
from tests.virtual_microphone import pulse_microphone

SIGNALS = pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])


def assert_stops(process: subprocess.Popen[str], number: signal.Signals, status: int) -> None:
    process.send_signal(number)
    out, err = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, err) == (status, "")
    assert json.loads(out.splitlines()[-1])["message"] == "stopped: on request"


@SIGNALS
def test_stopping_a_recording(short_path: Path, number: signal.Signals, status: int) -> None:
    path = short_path / "sock"
    with start(*DEMO, "--realtime", "--publish", f"unix:{path}") as process:
        assert process.stdout is not None
        assert "listening" in process.stdout.readline()
        assert path.is_socket()
        assert_stops(process, number, status)
    assert not path.exists()


@SIGNALS
def test_stopping_while_standard_input_is_silent(number: signal.Signals, status: int) -> None:
    with start("listen", "--input", "-", *JSON, stdin=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert "listening" in process.stdout.readline()
        assert_stops(process, number, status)


@SIGNALS
@pytest.mark.parametrize("after", [0.0, 0.5])
def test_stopping_a_microphone(tmp_path: Path, number: signal.Signals, status: int, after: float) -> None:
    with pulse_microphone(tmp_path) as microphone, start("listen", *JSON, env=microphone.env) as process:
        assert process.stdout is not None
        assert "listening" in process.stdout.readline()
        time.sleep(after)
        assert_stops(process, number, status)


@SIGNALS
@pytest.mark.parametrize("after", [0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3])
@pytest.mark.parametrize("command", [("listen", *JSON, "--input", "-"), ("classify", *[str(DEMONSTRATION)] * 50)])
def test_stopping_at_start_up(number: signal.Signals, status: int, after: float, command: tuple[str, ...]) -> None:
    with start(*command, stdin=subprocess.PIPE) as process:
        wait_until_loading(process)
        time.sleep(after)
        process.send_signal(number)
        _, err = process.communicate(timeout=TIMEOUT)
    # Before there is anything to clean up, the signal itself ends it, which a shell reports as the same status.
    assert process.returncode in (status, -number)
    assert err == ""


def test_stopping_while_its_output_is_not_read() -> None:
    reading, writing = os.pipe()
    os.write(writing, bytes(fcntl.fcntl(writing, fcntl.F_GETPIPE_SZ)))
    with start("listen", "--input", "demo", "--realtime", *JSON, stdout=writing) as process:
        time.sleep(1.5)  # it cannot report that it listens
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=15) == 143
    os.close(reading)
    os.close(writing)
