"""Recordings and raw PCM that cannot be used: one clear line each, and an exit status."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_ser import errors
from tests.cli.command import (
    DEMONSTRATION,
    JSON,
    assert_refused,
    run,
    without_privileges,
)


def wav(path: Path, seconds: float = 1.0) -> Path:
    samples = np.random.default_rng(1).normal(0, 1_000, round(16_000 * seconds)).astype(np.int16)
    soundfile.write(path, samples, 16_000)
    return path


def truncated(path: Path) -> None:
    wav(path)
    os.truncate(path, 20_000)


def impossible_rate(path: Path) -> None:
    content = bytearray(wav(path).read_bytes())
    content[24:28] = (1_000).to_bytes(4, "little")
    path.write_bytes(content)


RECORDINGS: dict[str, tuple[Callable[[Path], object], type[errors.EdgeSerError]]] = {
    "missing": (lambda path: None, errors.RecordingMissing),
    "empty": (Path.touch, errors.EmptyRecording),
    "zero-length": (lambda path: wav(path, 0), errors.NoSamples),
    "truncated": (truncated, errors.TruncatedRecording),
    "header-only-in-part": (lambda path: path.write_bytes(b"RIFF\x00\x00"), errors.TruncatedRecording),
    "not-audio": (lambda path: path.write_text("Dear diary,\n" * 100), errors.NotARecording),
    "impossible-rate": (impossible_rate, errors.UnsupportedRate),
    "fifo": (os.mkfifo, errors.RecordingUnreadable),
}


@pytest.mark.parametrize("command", [("listen", *JSON, "--input"), ("classify",)], ids=["listen", "classify"])
@pytest.mark.parametrize("kind", RECORDINGS)
def test_bad_recording(tmp_path: Path, command: tuple[str, ...], kind: str) -> None:
    make, error = RECORDINGS[kind]
    path = tmp_path / "bad.wav"
    make(path)
    assert_refused(run(*command, path), error, str(path))


@pytest.mark.parametrize("command", [("listen", *JSON, "--input"), ("classify",)], ids=["listen", "classify"])
def test_unreadable_recording(tmp_path: Path, command: tuple[str, ...]) -> None:
    path = wav(tmp_path / "secret.wav")
    path.chmod(0)
    assert_refused(run(*command, path, prefix=without_privileges()), errors.RecordingUnreadable, "permissions")


def test_folders(tmp_path: Path) -> None:
    assert_refused(run("listen", *JSON, "--input", tmp_path), errors.RecordingUnreadable, "folder")
    assert_refused(run("classify", tmp_path), errors.NoRecordings, str(tmp_path))
    tmp_path.chmod(0)
    assert_refused(run("classify", tmp_path, prefix=without_privileges()), errors.RecordingUnreadable, "permissions")
    tmp_path.chmod(0o700)


def test_file_names_need_not_be_text(tmp_path: Path) -> None:
    path = os.fsdecode(bytes(tmp_path) + b"/caf\xe9 \n.flac")
    shutil.copy(DEMONSTRATION, path)
    for options in ("table", "json", "csv"):
        done = run("classify", path, "--format", options)
        assert (done.returncode, done.stderr) == (0, "")
    assert run("listen", "--input", path).returncode == 0


def test_good_and_bad_recordings_together(tmp_path: Path) -> None:
    for kind in ("empty", "not-audio", "truncated"):
        RECORDINGS[kind][0](tmp_path / f"{kind}.wav")
    shutil.copy(DEMONSTRATION, tmp_path / "good.flac")
    missing = tmp_path / "missing.wav"
    done = run("classify", missing, tmp_path, *JSON)
    assert done.returncode == 1
    rows = {Path(row["path"]).name: row for row in json.loads(done.stdout)}
    assert list(rows) == ["missing.wav", "empty.wav", "good.flac", "not-audio.wav", "truncated.wav"]
    assert set(rows["good.flac"]) >= {"label", "segments"}
    for name in rows.keys() - {"good.flac"}:
        assert set(rows[name]) == {"path", "error"}
    *failures, last = done.stderr.splitlines()
    assert [failure.split(": ")[1] for failure in failures] == [row["path"] for row in rows.values() if "error" in row]
    assert last == "edge-ser: 4 of 5 recordings failed"
    table = run("classify", missing, tmp_path)
    assert (table.returncode, table.stderr) == (1, done.stderr)
    assert len(table.stdout.splitlines()) == 2


def test_damaged_files_never_crash(tmp_path: Path) -> None:
    rng = np.random.default_rng(20_240_601)
    samples = rng.normal(0, 3_000, 4_000).astype(np.int16)
    files = 0
    for suffix, subtype in (("wav", "PCM_16"), ("wav", "FLOAT"), ("wav", "IMA_ADPCM"), ("flac", None), ("ogg", None)):
        whole = tmp_path / f"whole.{suffix}"
        soundfile.write(whole, samples, 16_000, subtype=subtype)
        content = np.frombuffer(whole.read_bytes(), np.uint8)
        for _ in range(40):
            changed = content.copy()
            where = rng.integers(0, min(80, changed.size), rng.integers(1, 6))  # the header, mostly
            changed[where] = rng.integers(0, 256, where.size)
            if rng.random() < 0.3:
                changed = changed[: rng.integers(changed.size)]
            (tmp_path / f"mutated-{files}.{suffix}").write_bytes(changed.tobytes())
            files += 1
        whole.unlink()
    for size in (1, 3, 11, 12, 13, 44, 45, 1_000, 100_000):
        for suffix, magic in (("wav", b""), ("wav", b"RIFF\xff\xff\xff\xffWAVE"), ("flac", b"fLaC"), ("ogg", b"OggS")):
            (tmp_path / f"random-{files}.{suffix}").write_bytes(magic + rng.bytes(size))
            files += 1
    done = run("classify", tmp_path, *JSON)
    rows = json.loads(done.stdout)
    assert len(rows) == files
    failed = [row for row in rows if "error" in row]
    assert len(failed) > files / 4
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == len(failed) + 1
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", errors.EmptyRecording),
        (b"x", errors.NoSamples),
        (b"RIFF" + bytes(100), errors.NotARecording),
        (b"fLaC" + bytes(100), errors.NotARecording),
    ],
)
def test_bad_raw_pcm(content: bytes, error: type[errors.EdgeSerError]) -> None:
    assert_refused(run("listen", "--input", "-", *JSON, input=content), error, "standard input")


def test_closed_standard_input() -> None:
    done = run("listen", "--input", "-", *JSON, prefix=["sh", "-c", 'exec "$@" <&-', "sh"])
    assert_refused(done, errors.RecordingUnreadable, "closed")


def test_raw_pcm_at_an_unusable_rate() -> None:
    assert_refused(run("listen", "--input", "-", "--rate", "191999", *JSON), errors.UnsupportedRate, "191999")
