"""What goes wrong for users of `python -m training`: one clear line, a status, no traceback, nothing half-written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from edge_ser.paths import default_model
from tests.training import voices
from tests.training.limits import fill
from training.support import workers

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 120.0
SVM = ("--family", "svm", "--copies", "0", "--jobs", "1")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a corpus `mine` of five speakers and two labels, and what is wrong in some way."""
    folder = tmp_path_factory.mktemp("bad") / "data"
    voices.corpus(folder / "mine", speakers=5, takes=2)
    voices.corpus(folder / "lonely", speakers=4)
    voices.record(folder / "lonely" / "bored" / "s1_0.wav")
    (folder / "notes.tflite").write_text("no model")
    rows = [f"mine/angry/s{n}_0.wav,angri,{n}\nmine/sad/s{n}_0.wav,qqq,{n}\n" for n in range(5)]
    (folder / "labels.csv").write_text("path,label,speaker\n" + "".join(rows))
    (folder / "wrong.toml").write_text("[training]\nepoch = 3\n")
    return folder


def command(*arguments: Any) -> list[str]:
    return [sys.executable, "-m", "training", *map(str, arguments)]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "EDGE_SER_DATA": "", "EDGE_SER_CACHE": "", **more}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run(*arguments: Any, most: int | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*arguments),
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            cwd=tmp_path,
            env=environment(),
            preexec_fn=None if most is None else lambda: fill(most),
        )

    return run


def lines(stderr: str) -> list[str]:
    """Return what was said, without the progress bars."""
    return [line for line in stderr.replace("\r", "\n").splitlines() if line.strip() and "| " not in line]


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


# One line ------------------------------------------------------------------------------------------------------------

KNOWN = "crema-d, emodb, ravdess, tess, savee, emovo, nemo, urdu, iemocap, esd, casia, noise"
FAMILIES = "cnn, lstm, blstm, cnn_lstm, cnn_blstm, svm, decision_tree, random_forest"


@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        ("train", 9, "no data folder: give --data DIR or set EDGE_SER_DATA (README.md, 'Training')"),
        ("train --data {data}/none", 9, "--data {data}/none: no such folder"),
        (
            "train --data {data} --corpus savee",
            26,
            "no recordings of savee: {data} has no folder savee or savee-database or "
            "surrey-audiovisual-expressed-emotion-savee; get the corpus from "
            "http://kahlan.eps.surrey.ac.uk/savee/ (requires registration), and put it there",
        ),
        (
            "train --data {data} --corpus minne",
            50,
            "unknown corpus 'minne' (did you mean mine?), and {data} has no folder of that name; known corpora: "
            f"{KNOWN}, labels.csv, lonely, mine",
        ),
        (
            "train --data {data} --corpus labels.csv",
            26,
            "no recordings of labels.csv in {data}/labels.csv: 10 skipped (5 x unsupported label 'angri' "
            "(nearest: angry), 5 x unsupported label 'qqq')",
        ),
        (
            "train --data {data} --config {data}/wrong.toml",
            50,
            "{data}/wrong.toml: there is no key 'training.epoch'; did you mean 'training.epochs'?",
        ),
        ("train --data {data} --family svn", 50, f"network.family = svn (did you mean svm?): allowed are {FAMILIES}"),
        (
            "compare --data {data} --corpus mine --vary seed=1",
            50,
            "--vary seed=1: allowed is KEY=V1,V2,..., for example training.imbalance=none,over-sampling",
        ),
        (
            "compare --data {data} --corpus mine --vary seed=1,2 --family svm --family cnn",
            50,
            "--vary compares the settings of one family: give --family once",
        ),
        (
            "train --data {data} --corpus mine --set data.noise= --classes anger,sadnes",
            50,
            "classes: unknown label 'sadnes'; did you mean sadness?",
        ),
        (
            "evaluate --data {data} --corpus mine --model {data}/notes.tflite",
            31,
            "{data}/notes.tflite is not a TensorFlow Lite model; pass one made by `python -m training`",
        ),
        (
            f"evaluate --data {{data}} --corpus mine --epochs 3 --model {default_model()}",
            9,
            "--model names a finished model: --epochs is only for a training; leave it out",
        ),
    ],
)
def test_one_clear_line(run: Run, data: Path, arguments: str, status: int, line: str) -> None:
    done = run(*arguments.format(data=data).split())
    assert (done.stderr, done.returncode, done.stdout) == (f"training: {line.format(data=data)}\n", status, "")


def test_a_class_with_one_speaker(run: Run, data: Path) -> None:
    done = run("train", "--data", data, "--corpus", "lonely", "--protocol", "loso", "--set", "data.noise=", *SVM)
    assert lines(done.stderr) == [
        "training: boredom cannot be evaluated: its only speaker (lonely/s1) is not in the training part of "
        "02-lonely-s1; exclude it with --classes or use more folds"
    ]
    assert (done.returncode, done.stdout) == (9, "")


# Recordings that are not right ---------------------------------------------------------------------------------------


def test_a_half_unpacked_corpus_with_broken_clips_goes_on_and_counts_them(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "emodb" / "wav"
    for speaker in ("03", "08", "09", "10", "11"):
        for code in ("a01Wa", "a02Wa", "a01Ta", "a02Ta"):
            voices.record(folder / f"{speaker}{code}.wav")
    cut = folder / "03a01Wa.wav"
    cut.write_bytes(cut.read_bytes()[:7_000])
    (folder / "08a01Wa.wav").write_bytes(b"")
    (folder / "09a01Ta.wav").write_text("no sound")
    done = run("evaluate", "--data", tmp_path / "data", "--corpus", "emodb", "--run", "run", "--format", "json", *SVM)
    assert done.returncode == 0, done.stderr
    said = lines(done.stderr)
    assert said[0] == "training: emodb: found 19 of 535 clips; the corpus is incomplete"
    assert said[1] == "training: emodb: skipped 1 file: empty file"
    assert "training: emodb: skipped 2 unreadable recordings, for example 03a01Wa.wav: cut off, " in said[3]
    assert len(said) == 4, said
    skipped = json.loads(done.stdout)["data"]["skipped"]
    assert skipped.pop("empty file") == 1
    assert [reason.split(",")[0] for reason in skipped] == ["Format not recognised; give a WAV", "cut off"]
    assert set(skipped.values()) == {1}
    listed = (tmp_path / "run" / "skipped.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in listed] == [
        "recording",
        "emodb/wav/08a01Wa.wav",
        "emodb/wav/03a01Wa.wav",
        "emodb/wav/09a01Ta.wav",
    ]
    assert json.loads((tmp_path / "run" / "record.json").read_text())["data"]["clips"] == 17


# A disk that fills ---------------------------------------------------------------------------------------------------


def test_a_disk_that_fills_leaves_nothing_half_written(run: Run, data: Path, tmp_path: Path) -> None:
    asked = ("train", "--data", data, "--corpus", "mine", "--run", "run", "--cache", "cache", *SVM)
    done = run(*asked, most=20_000)  # room for the settings, not for the features
    assert done.returncode == 42
    assert "Traceback" not in done.stderr
    said = lines(done.stderr)[-1]
    assert said.startswith(f"training: cannot write {tmp_path}/cache/mine-0-")
    assert said.endswith(": the disk is full; free some space and run the same command again")
    assert files_in(tmp_path) == ["run/settings.toml"]

    done = run(*asked)
    assert done.returncode == 0, done.stderr
    assert "validation UAR" in done.stdout
    assert files_in(tmp_path / "run" / "holdout") == ["classifier.joblib", "training.json"]

    done = run(*asked, "--run", "another", most=20_000)  # the features are there, the classifier has no room
    assert done.returncode == 42
    assert lines(done.stderr)[-1] == (
        "training: cannot write another/holdout/classifier.joblib: the disk is full; free some space and run the same "
        "command again"
    )
    assert files_in(tmp_path / "another") == ["record.json", "settings.toml", "skipped.csv"]


# Ctrl-C --------------------------------------------------------------------------------------------------------------


def test_a_worker_that_still_loads_is_deaf_to_ctrl_c() -> None:
    with workers.pool(1) as pool:
        waiting = pool.submit(int)
        (process,) = pool._processes
        status = Path(f"/proc/{process}/status").read_text()
        assert int(status.split("SigBlk:")[1].split()[0], 16) & 1 << (signal.SIGINT - 1)
        assert waiting.result(TIMEOUT) == 0
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def alive_in(session: int) -> list[str]:
    """Return the processes of a session that have not ended."""
    listed = subprocess.run(["ps", "-o", "stat=,args=", "--sid", str(session)], capture_output=True, text=True).stdout
    return [line for line in listed.splitlines() if not line.startswith("Z")]


@pytest.mark.parametrize(
    ("family", "begun"),
    [
        ("svm", "cache/.*"),
        pytest.param(
            "cnn_lstm",
            "run/holdout/checkpoint.npz",
            marks=pytest.mark.skipif(not find_spec("tensorflow"), reason="needs TensorFlow"),
        ),
    ],
)
def test_ctrl_c_ends_all_processes_quietly(data: Path, tmp_path: Path, family: str, begun: str) -> None:
    asked = ("--run", "run", "--cache", "cache", "--jobs", "2", "--copies", "0", "--family", family)
    slow = ("--epochs", "5000", "--set", "network.units=4", "--set", "network.channels=4")
    process = subprocess.Popen(
        command("train", "--data", data, "--corpus", "mine", *asked, *slow),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=environment(),
        start_new_session=True,
    )
    end = time.monotonic() + TIMEOUT
    while process.poll() is None and time.monotonic() < end:
        if family == "svm" and len(alive_in(process.pid)) > 2:  # the workers are being started
            break
        if any(tmp_path.glob(begun)):
            break
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    stdout, stderr = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
    assert lines(stderr)[-1] == "training: interrupted"
    assert stdout == ""
    while alive_in(process.pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert alive_in(process.pid) == []
    assert not (tmp_path / "run" / "holdout" / "training.json").exists()
    assert not list((tmp_path / "cache").glob("*/clip.npy")) or family != "svm"
