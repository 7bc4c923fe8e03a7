"""A fold goes through its stages, and leaves nothing behind but their results."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.fitting.trial import LABELS, SIZES
from training.corpora import Clip
from training.data import cache
from training.data.corpus_features import CorpusFeatures
from training.data.dataset import Dataset
from training.data.protocols import Split
from training.data.utterances import FRONT_END, ClipFeatures, Utterance
from training.experiment.fold import Fold, evaluate, quantize, train
from training.settings import AugmentSettings, NetworkSettings, RunSettings, TeacherSettings, TrainingSettings

pytest.importorskip("tensorflow", reason="needs the extra 'train'")

PARTS = (("emodb/s0", "emodb/s1", "emodb/s2"), ("emodb/s3",), ("emodb/s4",))
"""Speakers for training, validation and test."""


def made_up_dataset(folder: Path) -> Dataset:
    """Five speakers, each with six clips of a few hundred milliseconds, with one augmented copy."""
    clips = [
        Clip(Path(f"/data/s{speaker}/{take}.wav"), "emodb", f"emodb/s{speaker}", LABELS[take % 3])
        for speaker in range(5)
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


def made_up_fold(folder: Path, schedule: TrainingSettings, teacher: TeacherSettings) -> Fold:
    settings = RunSettings(network=SIZES, augment=AugmentSettings(copies=1), training=schedule, teacher=teacher)
    dataset = made_up_dataset(folder)
    parts = [[clip for clip in dataset.evaluated if clip.speaker in speakers] for speakers in PARTS]
    return Fold(folder / "fold", settings, dataset, Split("fold", *parts, dataset.groups))


def test_a_fold_with_a_teacher_is_trained_and_leaves_no_checkpoint(tmp_path: Path) -> None:
    teacher = TeacherSettings(members=1, channels=8, units=8, epochs=3)
    fold = made_up_fold(tmp_path, TrainingSettings(epochs=2, draws=0, batch=8), teacher)
    reported: list[tuple[str, int]] = []
    train(fold, lambda network, done: reported.append((network, done)))
    assert reported == [("teacher-1", done) for done in range(4)] + [("", done) for done in range(3)]
    assert fold.is_trained
    result = fold.training()
    assert [epoch.epoch for epoch in result.history] == [1, 2]
    assert len(result.gains or ()) == FRONT_END.coefficients
    assert not list(fold.folder.rglob("checkpoint.npz"))
    with np.load(fold.folder / "weights.npz") as weights:
        assert sum(weights[key].size for key in weights.files) == result.parameters


def test_exporting_another_form_keeps_the_others(tmp_path: Path) -> None:
    fold = made_up_fold(tmp_path, TrainingSettings(epochs=1, draws=0, batch=8), TeacherSettings())
    train(fold, lambda network, done: None)
    found = []
    for form in ("int8", "dynamic"):
        assert not fold.is_quantized((form,))
        quantize(fold, (form,))
        found.append(fold.quantization().forms)
    assert fold.is_quantized(("int8", "dynamic"))
    assert list(found[1]) == ["int8", "dynamic"]
    assert found[1]["int8"] == found[0]["int8"]
    assert fold.model("int8").exists()
    assert fold.model("dynamic").exists()
    assert not fold.is_evaluated
    evaluate(fold)
    assert fold.is_evaluated
    for form in ("float", "int8"):
        assert set(fold.predictions(form).speakers) == {"emodb/s4"}


def test_a_baseline_has_no_export_and_one_form(tmp_path: Path) -> None:
    dataset = made_up_dataset(tmp_path)
    parts = [[clip for clip in dataset.evaluated if clip.speaker in speakers] for speakers in PARTS]
    settings = RunSettings(network=NetworkSettings("svm"), augment=AugmentSettings(copies=0))
    fold = Fold(tmp_path / "fold", settings, dataset, Split("fold", *parts, dataset.groups))
    assert not fold.can_be_exported
    assert fold.is_quantized(("int8",)), "there is nothing to export"
    train(fold, lambda network, done: None)
    result = fold.training()
    assert (result.history, result.parameters, result.gains) == ((), None, None)
    evaluate(fold)
    assert fold.is_evaluated
    assert set(fold.predictions("float").speakers) == {"emodb/s4"}
