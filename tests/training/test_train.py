"""A training depends on its seed alone: not on the process, and not on how often it was interrupted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from training.corpora import Clip
from training.data import cache
from training.data.corpus_features import CorpusFeatures
from training.data.dataset import Dataset
from training.data.protocols import Learning
from training.data.utterances import FRONT_END, ClipFeatures, Utterance
from training.experiment.fold import Fold, learn, quantize
from training.families import deep
from training.fitting.batches import Pool
from training.settings import (
    SELECTIONS,
    AugmentSettings,
    NetworkSettings,
    RunSettings,
    TeacherSettings,
    TrainingSettings,
)
from training.support import files

pytest.importorskip("tensorflow", reason="needs the extra 'train'")

LABELS = ("anger", "neutral", "sadness")
COEFFICIENTS = 6
GAINS = (6_000,) * COEFFICIENTS
SIZES = NetworkSettings("cnn_lstm", channels=8, units=8, dropout=0.3)
EPOCHS = 6
SCHEDULE = TrainingSettings(epochs=EPOCHS, draws=0, batch=16, rate=0.02, mixup=0.2)


class Stop(Exception):
    """Stands for whatever ends a training before its time."""


def features(label: int, seed: int) -> npt.NDArray[np.int8]:
    """A label is where the first coefficients stand."""
    rng = np.random.default_rng([label, seed])
    x = rng.normal(0, 20, (int(rng.integers(40, 80)), COEFFICIENTS))
    x[:, label] += 40
    return np.clip(np.round(x), -128, 127).astype(np.int8)


def pool(variant: int, opinion_of: Callable[[int], int] | None = None) -> Pool:
    targets = np.arange(64) % 4 - 1  # a quarter is noise
    made = [features(max(t, 0), 100 * variant + i) for i, t in enumerate(targets)]
    truth = np.array([np.eye(3)[t] if t >= 0 else np.zeros(3) for t in targets], np.float32)
    opinion = np.array([10 * np.eye(3)[opinion_of(t)] if opinion_of and t >= 0 else np.zeros(3) for t in targets])
    return Pool(
        made,
        [np.full(len(f), t >= 0) for f, t in zip(made, targets, strict=True)],
        np.ones(len(targets), np.int64),
        targets,
        truth,
        opinion.astype(np.float32),
    )


VALIDATION = np.arange(24) % 3


class Trial:
    """A training of made-up features in a folder."""

    def __init__(
        self,
        folder: Path,
        schedule: TrainingSettings = SCHEDULE,
        identity: str = "mine",
        initial: int = 1,
        teacher: TeacherSettings | None = None,
        opinion_of: Callable[[int], int] | None = None,
    ) -> None:
        import keras

        from training.fitting import fit
        from training.scoring import predict

        keras.utils.set_random_seed(initial)
        family = deep(SIZES.family)
        self.network = family.build(None, GAINS, len(LABELS) + 1, SIZES)
        pools = [pool(0, opinion_of), pool(1, opinion_of)]
        self.training = fit.Training(self.network, family, pools, schedule, 1, folder, identity, teacher)
        steps = predict.float_steps(self.network, family)
        self._said = lambda: np.array(
            [
                predict.pooled(rows, LABELS).argmax()
                for rows in steps([features(t, 9_000 + i) for i, t in enumerate(VALIDATION)])
            ]
        )
        self.begun: list[int] = []
        self.history: list[dict[str, float]] = []

    def said(self) -> npt.NDArray[np.int64]:
        return np.asarray(self._said())

    def run(self, stop_after: int | None = None, stop_within: int | None = None, validate: Any = None) -> str:
        """Train, perhaps not to the end; return the hash of the weights."""
        from training.fitting.fit import weights_hash

        def after(done: int) -> None:
            self.begun.append(done)
            if done == stop_after:
                raise Stop

        def checked() -> npt.NDArray[np.int64]:
            if self.begun[-1] + 1 == stop_within:
                raise Stop
            return self.said()

        self.history = self.training.run(validate or checked, VALIDATION, after)
        return weights_hash(self.network)


STOPS: dict[str, list[dict[str, int]]] = {
    "average": [{"stop_after": 2}, {"stop_within": 5}, {"stop_after": EPOCHS}],
    "best": [{"stop_after": 3}],
    "last": [{"stop_within": 3}],
}
"""After which epoch, or within which, a training is stopped, time after time; the last time when all is done."""


def trial_in_this_process(stops: dict[str, list[dict[str, int]]], folder: str) -> None:
    """Train with each selection and print hashes; called in a process of its own."""
    from training.fitting import fit

    fit.set_up()
    results = {}
    for select, of_select in stops.items():
        schedule, begun = replace(SCHEDULE, select=select), []
        for initial, stop in enumerate([*of_select, {}], 1):  # each time with other initial weights
            trial = Trial(Path(folder) / select, schedule, initial=initial)
            try:
                digest = trial.run(**stop)
            except Stop:
                digest = ""
            begun.append(trial.begun[0])
        results[select] = {"hash": digest, "history": trial.history, "begun": begun}
    print(json.dumps(results))


def in_a_process(stops: dict[str, list[dict[str, int]]], folder: Path) -> dict[str, Any]:
    code = f"from tests.training.test_train import trial_in_this_process as t; t({stops!r}, {str(folder)!r})"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=280, cwd=root)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return in_a_process({select: [] for select in SELECTIONS}, tmp_path_factory.mktemp("whole"))


def test_the_same_seed_gives_the_same_weights_in_another_process(whole: dict[str, Any], tmp_path: Path) -> None:
    assert in_a_process({"average": []}, tmp_path)["average"] == whole["average"]
    assert len({result["hash"] for result in whole.values()}) == len(SELECTIONS), "each selection keeps other weights"


def test_an_interrupted_training_comes_to_the_same_weights(whole: dict[str, Any], tmp_path: Path) -> None:
    resumed = in_a_process(STOPS, tmp_path)
    assert {select: result["begun"] for select, result in resumed.items()} == {
        "average": [0, 2, 4, EPOCHS],
        "best": [0, 3],
        "last": [0, 2],
    }
    for select in SELECTIONS:
        assert resumed[select]["hash"] == whole[select]["hash"], select
        assert resumed[select]["history"] == whole[select]["history"]


def test_a_network_learns_and_says_so(whole: dict[str, Any]) -> None:
    history = whole["last"]["history"]
    assert [row["epoch"] for row in history] == list(range(1, EPOCHS + 1))
    assert history[-1]["loss"] < history[0]["loss"]
    assert history[-1]["validation_uar"] > 0.9


def begun_at(folder: Path, identity: str = "mine") -> int:
    """The epoch that a training in a folder would go on from."""
    trial = Trial(folder, replace(SCHEDULE, epochs=2), identity)

    def stop(done: int) -> None:
        trial.begun.append(done)
        raise Stop

    with pytest.raises(Stop):
        trial.training.run(trial.said, VALIDATION, stop)
    return trial.begun[0]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Written after the first of two epochs."""
    folder = tmp_path_factory.mktemp("checkpoint")
    trial = Trial(folder, replace(SCHEDULE, epochs=2))
    with pytest.raises(Stop):
        trial.run(stop_after=1)
    assert list(folder.glob("tensorboard/*tfevents*"))
    return trial.training.checkpoint.read_bytes()


def test_a_checkpoint_of_this_training_is_used_and_of_another_one_is_not(checkpoint: bytes, tmp_path: Path) -> None:
    (tmp_path / "checkpoint.npz").write_bytes(checkpoint)
    assert begun_at(tmp_path) == 1
    assert begun_at(tmp_path, "another training") == 0


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"",
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:-1],
        lambda whole: b"no archive at all",
        lambda whole: whole[:2_000] + bytes(200) + whole[2_200:],
    ],
    ids=["empty", "half", "one byte short", "text", "zeros within"],
)
def test_a_damaged_checkpoint_is_not_used(damage: Callable[[bytes], bytes], checkpoint: bytes, tmp_path: Path) -> None:
    (tmp_path / "checkpoint.npz").write_bytes(damage(checkpoint))
    assert begun_at(tmp_path) == 0


def test_whatever_bit_is_wrong_a_checkpoint_is_whole_or_not_used(checkpoint: bytes, tmp_path: Path) -> None:
    from training.fitting.fit import _Progress

    path, rng = tmp_path / "checkpoint.npz", np.random.default_rng(1)
    path.write_bytes(checkpoint)
    whole = _Progress.read(path, "mine")
    assert whole is not None
    # Headers and the directory at the end are where a reader may stumble.
    ends = [*range(300), *range(len(checkpoint) - 3_000, len(checkpoint))]
    for place in (*rng.choice(ends, 150, replace=False), *rng.integers(0, len(checkpoint), 50)):
        damaged = bytearray(checkpoint)
        damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        found = _Progress.read(path, "mine")
        assert found is None or (found.epoch, found.history) == (whole.epoch, whole.history)
        for name in ("network", "optimizer", "kept") if found else ():
            for a, b in zip(getattr(found, name), getattr(whole, name), strict=True):
                assert np.array_equal(a, b)


@pytest.mark.parametrize("select", SELECTIONS)
def test_the_weights_that_are_kept_are_those_asked_for(select: str, tmp_path: Path) -> None:
    trial = Trial(tmp_path, replace(SCHEDULE, select=select))
    scores = [0.5, 0.2, 0.9, 0.9, 0.3, 0.6]  # of each epoch; the first 0.9 is the best
    after_each: list[list[npt.NDArray[Any]]] = []

    def validate() -> npt.NDArray[np.int64]:
        right = round(scores[len(after_each)] * 10)
        after_each.append(trial.network.get_weights())
        return np.where(np.arange(30) // 3 < right, truth, (truth + 1) % 3)

    truth = np.arange(30) % 3
    history = trial.training.run(validate, truth, lambda done: None)
    assert [row["validation_uar"] for row in history] == scores
    third = [np.mean(pair, axis=0) for pair in zip(*after_each[-2:], strict=True)]
    expected = {"last": after_each[-1], "best": after_each[2], "average": third}[select]
    for kept, right in zip(trial.network.get_weights(), expected, strict=True):
        np.testing.assert_allclose(kept, right, rtol=1e-5, atol=1e-7)


def test_a_student_learns_what_its_teachers_say(tmp_path: Path) -> None:
    """They are wrong here in every case, so that it shows."""
    teacher = TeacherSettings(members=1, weight=1.0)
    trial = Trial(tmp_path, replace(SCHEDULE, mixup=0.0), teacher=teacher, opinion_of=lambda label: (label + 1) % 3)
    trial.run()
    assert (trial.said() == (VALIDATION + 1) % 3).mean() > 0.9


def made_up_dataset(folder: Path) -> Dataset:
    """Four speakers, each with six clips of a few hundred milliseconds, with one augmented copy."""
    clips = [
        Clip(Path(f"/data/s{speaker}/{take}.wav"), "emodb", f"emodb/s{speaker}", LABELS[take % 3])
        for speaker in range(4)
        for take in range(6)
    ]
    entries = []
    for copy in range(2):
        rng = np.random.default_rng(copy)
        heights = [3_000 * LABELS.index(clip.label or "") for clip in clips]
        cepstra = [rng.normal(height, 4_000, (40, FRONT_END.coefficients)).astype(np.int32) for height in heights]
        entry = cache.Entry(folder / f"emodb-{copy}")
        rows = zip(clips, cepstra, strict=True)
        entry.write(ClipFeatures([Utterance(clip, c, np.ones(len(c), np.bool_))]) for clip, c in rows)
        entries.append(entry)
    groups = {clip.speaker: clip.speaker for clip in clips}
    return Dataset(LABELS, clips, [], [], groups, [], "fingerprint", [], [CorpusFeatures(clips, [], entries)])


def made_up_fold(folder: Path, schedule: TrainingSettings, teacher: TeacherSettings) -> tuple[Fold, Learning]:
    settings = RunSettings(network=SIZES, augment=AugmentSettings(copies=1), training=schedule, teacher=teacher)
    fold = Fold(folder / "fold", settings, made_up_dataset(folder))
    clips = fold.dataset.judged
    parts = [[clip for clip in clips if (clip.speaker == "emodb/s3") is last] for last in (False, True)]
    return fold, Learning("fold", *parts)


def test_a_fold_with_a_teacher_learns_and_leaves_no_checkpoint(tmp_path: Path) -> None:
    teacher = TeacherSettings(members=1, channels=8, units=8, epochs=3)
    fold, learning = made_up_fold(tmp_path, TrainingSettings(epochs=2, draws=0, batch=8), teacher)
    told: list[tuple[str, int]] = []
    learn(fold, learning, lambda name, done: told.append((name, done)))
    assert told == [("teacher-1", done) for done in range(4)] + [("", done) for done in range(3)]
    assert fold.trained
    facts = files.read_json(fold.folder / "training.json")
    assert len(facts["history"]) == 2
    assert len(facts["gains"]) == FRONT_END.coefficients
    assert not list(fold.folder.rglob("checkpoint.npz"))
    assert fold.network().count_params() == facts["parameters"]


def test_exporting_another_form_forgets_none(tmp_path: Path) -> None:
    fold, learning = made_up_fold(tmp_path, TrainingSettings(epochs=1, draws=0, batch=8), TeacherSettings())
    learn(fold, learning, lambda name, done: None)
    found = []
    for variant in ("int8", "dynamic"):
        assert not fold.quantized((variant,))
        quantize(fold, learning, (variant,))
        found.append(files.read_json(fold.folder / "quantization.json")["variants"])
    assert fold.quantized(("int8", "dynamic"))
    assert found[1]["int8"] == found[0]["int8"]
    assert fold.model("int8").exists()
    assert fold.model("dynamic").exists()
