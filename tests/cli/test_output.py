"""Standard output and standard error that cannot be written, or not completely."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge_ser import errors
from tests.cli.command import (
    DEMO,
    DEMONSTRATION,
    JSON,
    TIMEOUT,
    assert_refused,
    run,
    start,
)

WRITERS = {
    "listen-json": DEMO,
    "classify": ("classify", str(DEMONSTRATION)),
    "classify-csv": ("classify", str(DEMONSTRATION), "--format", "csv"),
    "model": ("model",),
    "devices": ("devices", *JSON),
    "help": ("--help",),
    "listen-help": ("listen", "--help"),
    "version": ("--version",),
}


@pytest.mark.parametrize("arguments", WRITERS.values(), ids=WRITERS)
def test_closed_reader_ends_it_quietly(arguments: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        done = run(*arguments, stdout=pipe)
    assert (done.returncode, done.stderr) == (141, "")


def test_head() -> None:
    with start("listen", "--input", "-", *JSON, stdin=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert "listening" in process.stdout.readline()
        process.stdout.close()
        assert process.stdin is not None
        process.stdin.write("\0" * 32_000)
        process.stdin.close()
        assert process.wait(timeout=TIMEOUT) == 141
        assert process.stderr is not None
        assert process.stderr.read() == ""


@pytest.mark.parametrize("arguments", WRITERS.values(), ids=WRITERS)
def test_full_disk(arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        assert_refused(run(*arguments, stdout=full), errors.OutputFailed, "disk is full")


UNBUFFERED = pytest.mark.parametrize("unbuffered", ["", "1"])


@UNBUFFERED
def test_disk_that_fills_up(tmp_path: Path, unbuffered: str) -> None:
    small = [
        "unshare",
        "-m",
        "sh",
        "-c",
        'mount -t tmpfs -o size=4k none "$0" && exec "$@" >"$0/labels"',
        str(tmp_path),
    ]
    if subprocess.run([*small, "true"], capture_output=True, check=False).returncode:
        pytest.skip("mounting a small tmpfs takes root")
    done = run("classify", *["missing"] * 100, *JSON, prefix=small, env=os.environ | {"PYTHONUNBUFFERED": unbuffered})
    assert_refused(done, errors.OutputFailed, "disk is full")


@UNBUFFERED
def test_output_beyond_the_file_size_limit(tmp_path: Path, unbuffered: str) -> None:
    limit = (
        "import os, resource as r, sys; r.setrlimit(r.RLIMIT_FSIZE, (500, 500)); os.execv(sys.argv[1], sys.argv[1:])"
    )
    with (tmp_path / "labels.json").open("wb") as file:
        done = run(
            "model",
            stdout=file,
            prefix=[sys.executable, "-c", limit],
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        )
    assert_refused(done, errors.OutputFailed, "File too large")


@pytest.mark.parametrize("arguments", [DEMO, ("doctor",), ("model",)], ids=lambda words: words[0])
def test_closed_standard_output(arguments: tuple[str, ...]) -> None:
    done = run(*arguments, prefix=["sh", "-c", 'exec "$@" >&-', "sh"])
    assert_refused(done, errors.OutputFailed, "closed")


@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-"])
def test_unwritable_standard_error_changes_nothing(redirection: str) -> None:
    prefix = ["sh", "-c", f'exec "$@" {redirection}', "sh"]
    assert run("listen", "--input", "demo", prefix=prefix).returncode == 0
    assert run("listen", "--input", "missing.wav", prefix=prefix).returncode == errors.RecordingMissing.exit_status


def test_locale_without_block_characters() -> None:
    done = run("listen", "--input", "demo", env=os.environ | {"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert done.stdout.isascii()
    assert "\\u" not in done.stdout
