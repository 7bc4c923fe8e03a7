"""From a few real recordings to a model file that runs, through the commands, killed in between."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest

from edge_ser.listening.recognizer import EmotionRecognizer
from edge_ser.model.bundle import read_bundle
from edge_ser.model.interpreter import choose_interpreter

pytestmark = [
    pytest.mark.skipif(not find_spec("tensorflow"), reason="needs the extra 'train'"),
    pytest.mark.timeout(600),
]

ACTORS: Final = range(1001, 1007)
SPEAKERS: Final = ("03", "08", "10", "11", "14")
SMALL: Final = (
    "--epochs", "6", "--copies", "1", "--set", "network.channels=8", "--set", "network.units=8",
    "--set", "training.batch=16", "--set", "augment.room=0", "--set", "training.draws=0", "--set", "data.sounds=1",
)  # fmt: skip


@pytest.fixture(scope="module")
def place(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six CREMA-D actors, five EmoDB speakers and some noises, below ``data``."""
    folder = tmp_path_factory.mktemp("training")
    chosen = [
        *(clip for actor in ACTORS for clip in sorted((data / "crema-d").glob(f"{actor}_IEO_*_[HL][IO].flac"))),
        *(clip for actor in ACTORS for clip in sorted((data / "crema-d").glob(f"{actor}_DFA_*.flac"))),
        *(clip for speaker in SPEAKERS for clip in sorted((data / "emodb").glob(f"{speaker}*.flac"))[::2]),
        *sorted((data / "noise").glob("*.ogg"))[::16],
    ]
    for clip in chosen:
        link = folder / "data" / clip.parent.name / clip.name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(clip)
    return folder


def command(place: Path, *arguments: str) -> list[str]:
    name, *others = arguments
    shared = () if name == "card" else ("--data", str(place / "data"), "--cache", str(place / "cache"), "--jobs", "2")
    return [sys.executable, "-m", "training", name, *shared, *others]


def training(place: Path, *arguments: str) -> str:
    done = subprocess.run(command(place, *arguments), capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(place: Path, *arguments: str) -> str:
    """Return the message of a command that fails: one line, and no traceback."""
    done = subprocess.run(command(place, *arguments), capture_output=True, text=True, timeout=280)
    assert done.returncode not in (0, 1, 2), "an exit status of its own"
    assert not done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[-1]


@pytest.fixture(scope="module")
def run(place: Path) -> Path:
    """A trained run on CREMA-D."""
    folder = place / "runs" / "whole"
    assert "validation UAR" in training(place, "train", "--corpus", "crema-d", "--run", str(folder), *SMALL)
    return folder


def weights(run: Path) -> str:
    return str(json.loads((run / "holdout" / "training.json").read_text())["weights_sha256"])


def processes_below(pid: int) -> set[int]:
    found = {int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in _children(task)}
    return found.union(*map(processes_below, found))


def _children(task: Path) -> list[str]:
    try:
        return (task / "children").read_text().split()
    except OSError:
        return []


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_killed_training_continues_to_the_same_weights(place: Path, run: Path) -> None:
    killed = place / "runs" / "killed"
    again = command(place, "train", "--corpus", "crema-d", "--run", str(killed), *SMALL)
    checkpoint = killed / "holdout" / "checkpoint.npz"
    with subprocess.Popen(again, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + 200
        while not checkpoint.exists():
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.002)
        workers = processes_below(process.pid)
        process.send_signal(signal.SIGKILL)
    assert not (killed / "holdout" / "training.json").exists(), "it was killed in the middle"
    assert workers
    end = time.monotonic() + 30
    while any(map(lives, workers)):
        assert time.monotonic() < end, "a worker lives on without its parent"
        time.sleep(0.05)

    assert subprocess.run(again, capture_output=True, timeout=280).returncode == 0
    assert weights(killed) == weights(run)
    assert not checkpoint.exists()
    assert not list(killed.rglob(".*")), "nothing half-written is left"
    assert "has not been evaluated; first: python -m training evaluate" in refused(place, "card", "--run", str(killed))


@pytest.fixture(scope="module")
def finished(place: Path, run: Path) -> Path:
    """The run, exported, evaluated and with its card in the model file."""
    table = training(place, "quantize", "--run", str(run))
    assert "4 CONV_2D, 1 FULLY_CONNECTED, 4 RESHAPE, 1 UNIDIRECTIONAL_SEQUENCE_LSTM" in table
    assert "emotions per hour of noise" in training(place, "evaluate", "--run", str(run))
    assert "CREMA-D" in training(place, "card", "--run", str(run))
    return run


def test_a_run_is_exported_in_all_forms(place: Path, finished: Path) -> None:
    (rows,) = json.loads(training(place, "quantize", "--run", str(finished), "--format", "json"))["folds"].values()
    assert list(rows["forms"]) == ["int8", "dynamic", "float"]
    assert rows["forms"]["float"]["agreement"] == 1.0
    assert rows["forms"]["int8"]["agreement"] > 0.6, "a hardly trained network's near-ties flip, but not many"


def test_a_run_is_evaluated_on_a_speaker_that_it_was_not_trained_on(place: Path, finished: Path) -> None:
    evaluated = json.loads(training(place, "evaluate", "--run", str(finished), "--format", "json"))
    speakers = json.loads((finished / "record.json").read_text())["speakers"]["holdout"]
    assert sorted(s for part in speakers.values() for s in part) == [f"crema-d/{actor}" for actor in ACTORS]
    assert evaluated["overall"]["int8"]["speakers"] == len(speakers["test"]) == 1
    assert set(evaluated["overall"]) == {"float", "int8", "agreement", "int8_drop"}
    assert evaluated["whole_path"]["noise_hours"] > 0
    assert {path.name for path in finished.glob("*.png")} == {"confusion.png", "reliability.png", "curves.png"}


def test_the_model_file_has_its_card_and_runs(place: Path, finished: Path) -> None:
    record = json.loads((finished / "record.json").read_text())
    speakers = record["speakers"]["holdout"]
    bundle = read_bundle(finished / "model.tflite")
    assert bundle.card["test_speakers"] == speakers["test"]
    assert bundle.card["learned_from"] == sorted(speakers["train"] + speakers["validation"])
    assert bundle.card["reproduce"]["weights_sha256"] == weights(finished)
    assert list(bundle.front_end.gains) == json.loads((finished / "holdout" / "training.json").read_text())["gains"]
    clip = next((place / "data" / "emodb").iterdir())
    models = [finished / "model.tflite", *(finished / "holdout").glob("*.tflite")]
    assert len(models) == 4, "and the forms to compare"
    for model in models:
        result = EmotionRecognizer(model).classify(clip)
        assert result.duration > 1
        assert list(result.probabilities) == record["labels"]


def test_a_finished_model_is_evaluated_on_another_corpus(place: Path, finished: Path) -> None:
    arguments = ("--model", str(finished / "model.tflite"), "--corpus", "emodb", "--classes", "4", "--format", "json")
    evaluated = json.loads(training(place, "evaluate", *arguments))
    assert evaluated["labels"] == ["anger", "happiness", "neutral", "sadness"]
    assert evaluated["overall"]["int8"]["speakers"] == len(SPEAKERS)
    assert evaluated["data"]["speakers_it_learned_from"] == []
    assert "anger" in evaluated["overall"]["int8"]["recalls"]


def test_a_baseline_is_evaluated_by_folds_and_has_no_model_file(place: Path) -> None:
    run = place / "runs" / "svm"
    folds = ("--protocol", "kfold", "--folds", "3")
    arguments = ("--family", "svm", "--corpus", "emodb", "--classes", "4", *folds, "--copies", "0", "--run", str(run))
    evaluated = json.loads(training(place, "evaluate", *arguments, "--format", "json"))
    assert evaluated["protocol"] == "kfold of 3"
    assert list(evaluated["folds"]) == ["fold-1", "fold-2", "fold-3"]
    assert evaluated["overall"]["float"]["speakers"] == len(SPEAKERS)
    assert evaluated["overall"]["float"]["uar"] > 2 / 4, "far above chance"
    assert "svm is a baseline and is not exported" in refused(place, "quantize", "--run", str(run))


def test_families_are_compared_in_one_table(place: Path) -> None:
    folder = place / "runs" / "compared"
    families = ("--family", "lstm", "--family", "svm")
    table = training(place, "compare", *families, "--corpus", "emodb", "--run", str(folder), *SMALL)
    assert "lstm" in table
    rows = json.loads((folder / "comparison.json").read_text())["rows"]
    assert [row["family"] for row in rows] == ["lstm", "svm"]
    assert rows[0]["int8_bytes"] > 1_000
    assert rows[0]["latency_us_a_second"] > 0
    assert rows[1]["int8_bytes"] is None
    assert (folder / "comparison.md").read_text().startswith("# emodb: holdout")


def test_settings_are_compared_in_one_table(place: Path) -> None:
    folder = place / "runs" / "varied"
    vary = ("--vary", "protocol.test=0.2,0.4", "--family", "decision_tree")
    table = training(place, "compare", *vary, "--corpus", "emodb", "--run", str(folder), "--copies", "0")
    assert "by protocol.test" in table
    found = json.loads((folder / "comparison.json").read_text())
    assert [row["family"] for row in found["rows"]] == ["0.2", "0.4"]
    evaluated = [json.loads((folder / f"protocol.test={v}" / "evaluation.json").read_text()) for v in ("0.2", "0.4")]
    assert [evaluation["overall"]["float"]["speakers"] for evaluation in evaluated] == [1, 2]


def test_missing_recordings_are_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    assert "no recordings of crema-d" in refused(tmp_path, "train", "--run", str(tmp_path / "run"))


def test_without_noise_the_whole_path_is_measured_on_speech_alone(place: Path) -> None:
    from training.corpora import read
    from training.scoring import false_alarms
    from training.support import records

    clips = read(place / "data", "emodb").clips[:3]
    found = false_alarms.measure(clips, read_bundle(), choose_interpreter())
    assert set(records.to_json(found)) == {"speech_missed"}
