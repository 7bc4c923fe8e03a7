"""What goes wrong for users: one clear line and an exit status of its own each time, nothing hung, no traceback."""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_ser import errors
from edge_ser.paths import default_model
from tests.cli.command import (
    DEMONSTRATION,
    TIMEOUT,
    assert_refused,
    run,
    start,
    wait_until_loading,
    without_privileges,
)
from tests.virtual_microphone import alsa_environment, file_microphone, pulse_microphone

JSON = ("--format", "json")
DEMO = ("listen", "--input", "demo", *JSON)


# Microphones ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def no_microphone(tmp_path: Path) -> dict[str, str]:
    env = alsa_environment(tmp_path, "pcm.!default { type nonsense }")
    if json.loads(run("devices", *JSON, env=env).stdout):
        pytest.skip("this machine has a sound card")
    return env


@pytest.mark.parametrize("command", [("listen", *JSON), ("listen",), ("devices",), ("listen", "--device", "0", *JSON)])
def test_no_microphone(no_microphone: dict[str, str], command: tuple[str, ...]) -> None:
    assert_refused(run(*command, env=no_microphone), errors.NoMicrophone, "plug one in")


def test_no_microphone_is_an_empty_list_for_programs(no_microphone: dict[str, str]) -> None:
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
def test_wrong_device(tmp_path: Path, device: str, error: type[errors.EdgeSerError]) -> None:
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


# Recordings ----------------------------------------------------------------------------------------------------------


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


def test_names_that_are_no_text_are_read(tmp_path: Path) -> None:
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


# Raw PCM -------------------------------------------------------------------------------------------------------------


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


def test_raw_pcm_at_a_rate_that_cannot_be_used() -> None:
    assert_refused(run("listen", "--input", "-", "--rate", "191999", *JSON), errors.UnsupportedRate, "191999")


# Usage ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonsense",),
        ("listen", "--nonsense"),
        ("listen", "--rate", "1"),
        ("listen", "--duration", "0"),
        ("listen", "--duration", "nan"),
        ("listen", "--duration", "inf"),
        ("listen", "--realtime"),
        ("listen", "--device", "x", "--input", "demo"),
        ("listen", "--publish", "tcp:localhost:1"),
        ("listen", "--publish", "unix:"),
        ("classify",),
        ("model", "--format", "xml"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...]) -> None:
    assert_refused(run(*arguments), errors.EdgeSerError, "--help", status=2)


# Models --------------------------------------------------------------------------------------------------------------


def with_description(network: bytes, description: dict[str, object]) -> bytes:
    out = io.BytesIO(network)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("edge-ser.json", json.dumps(description))
    return out.getvalue()


def with_other_zip(network: bytes) -> bytes:
    out = io.BytesIO(network)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("labels.txt", "yes\nno\n")
    return out.getvalue()


def flip(content: bytes, position: int) -> bytes:
    return content[:position] + bytes([content[position] ^ 0xFF]) + content[position + 1 :]


def bad_model(kind: str) -> bytes | None:
    content = default_model().read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        network = content[: min(entry.header_offset for entry in archive.infolist())]
        description = json.loads(archive.read("edge-ser.json"))
    newer = description | {"front_end": description["front_end"] | {"version": 999}}
    other = description | {"labels": ["yes", "no"], "network_sha256": hashlib.sha256(network).hexdigest()}
    return {
        "missing": None,
        "empty": b"",
        "garbage": np.random.default_rng(1).bytes(5_000),
        "truncated": content[:-100],
        "truncated-archive": content[: len(network) + 60],
        "flipped-in-network": flip(content, len(network) // 2),
        "flipped-in-description": flip(content, len(network) + 70),
        "no-archive": network,
        "other-archive": with_other_zip(network),
        "description-is-a-list": with_description(network, [description]),  # type: ignore[arg-type]
        "other-labels": with_description(network, other),
        "newer-front-end": with_description(network, newer),
    }[kind]


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("missing", errors.ModelCorrupt),
        ("empty", errors.ModelForeign),
        ("garbage", errors.ModelForeign),
        ("truncated", errors.ModelCorrupt),
        ("truncated-archive", errors.ModelCorrupt),
        ("flipped-in-network", errors.ModelCorrupt),
        ("flipped-in-description", errors.ModelCorrupt),
        ("no-archive", errors.ModelForeign),
        ("other-archive", errors.ModelForeign),
        ("description-is-a-list", errors.ModelCorrupt),
        ("other-labels", errors.ModelForeign),
        ("newer-front-end", errors.FrontEndMismatch),
    ],
)
def test_bad_model(tmp_path: Path, kind: str, error: type[errors.EdgeSerError]) -> None:
    path = tmp_path / "bad.tflite"
    content = bad_model(kind)
    if content is not None:
        path.write_bytes(content)
    if kind != "other-labels":  # only the interpreter can tell
        assert_refused(run("model", path), error, str(path))
    assert_refused(run(*DEMO, "--model", path), error)


def test_unreadable_model(tmp_path: Path) -> None:
    path = tmp_path / "secret.tflite"
    shutil.copy(default_model(), path)
    path.chmod(0)
    assert_refused(run("model", path, prefix=without_privileges()), errors.ModelCorrupt, "Permission denied")
    assert_refused(run("model", tmp_path), errors.ModelCorrupt, str(tmp_path))


# Sockets -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["missing/edge-ser.sock", "file", "folder", "x" * 120, "file/below"])
def test_socket_path_that_cannot_be_used(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("precious")
    (tmp_path / "folder").mkdir()
    assert_refused(run(*DEMO, "--publish", f"unix:{tmp_path / name}"), errors.SocketUnwritable, name)
    assert (tmp_path / "file").read_text() == "precious"


def test_socket_in_a_folder_that_may_not_be_written_to(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    done = run(*DEMO, "--publish", f"unix:{tmp_path}/sock", prefix=without_privileges())
    assert_refused(done, errors.SocketUnwritable, "Permission denied")
    tmp_path.chmod(0o700)


def test_socket_of_a_live_process_is_refused_and_of_a_dead_one_replaced(short_path: Path) -> None:
    path = short_path / "sock"
    arguments = (*DEMO, "--publish", f"unix:{path}")
    with start(*arguments, "--realtime") as first:
        assert first.stdout is not None
        assert "listening" in first.stdout.readline()
        assert_refused(run(*arguments), errors.SocketInUse, str(path))
        with socket.socket(socket.AF_UNIX) as reader:
            reader.connect(str(path))  # the refused one has left it alone
        first.kill()
    assert path.is_socket()
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert not path.exists()


def test_one_socket_twice_is_refused(short_path: Path) -> None:
    publish = ("--publish", f"unix:{short_path}/sock")
    done = run(*DEMO, *publish, *publish)
    assert (done.returncode, done.stdout) == (2, "")
    assert "stands there twice" in done.stderr
    assert list(short_path.iterdir()) == []


# Standard output and standard error ----------------------------------------------------------------------------------

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
def test_a_reader_that_goes_away_ends_it_quietly(arguments: tuple[str, ...]) -> None:
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
def test_output_beyond_the_allowed_file_size(tmp_path: Path, unbuffered: str) -> None:
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


def test_closed_standard_output() -> None:
    done = run(*DEMO, prefix=["sh", "-c", 'exec "$@" >&-', "sh"])
    assert_refused(done, errors.OutputFailed, "closed")


@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-"])
def test_standard_error_that_cannot_be_written_changes_nothing(redirection: str) -> None:
    prefix = ["sh", "-c", f'exec "$@" {redirection}', "sh"]
    assert run("listen", "--input", "demo", prefix=prefix).returncode == 0
    assert run("listen", "--input", "missing.wav", prefix=prefix).returncode == errors.RecordingMissing.exit_status


def test_locale_without_block_characters() -> None:
    done = run("listen", "--input", "demo", env=os.environ | {"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert done.stdout.isascii()
    assert "\\u" not in done.stdout


# Signals -------------------------------------------------------------------------------------------------------------

SIGNALS = pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])


def assert_stops(process: subprocess.Popen[str], number: signal.Signals, status: int) -> None:
    process.send_signal(number)
    out, err = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, err) == (status, "")
    assert json.loads(out.splitlines()[-1])["message"] == "stopped: asked to"


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
    # Before there is anything to tidy up the signal itself ends it, which a shell reports as the same status.
    assert process.returncode in (status, -number)
    assert err == ""


def test_stopping_while_nobody_reads_its_output() -> None:
    reading, writing = os.pipe()
    os.write(writing, bytes(fcntl.fcntl(writing, fcntl.F_GETPIPE_SZ)))
    with start("listen", "--input", "demo", "--realtime", *JSON, stdout=writing) as process:
        time.sleep(1.5)  # it cannot say that it listens
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=15) == 143
    os.close(reading)
    os.close(writing)
