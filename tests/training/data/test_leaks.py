"""Training and model selection cannot reach the test speakers."""

from __future__ import annotations

import ast
from dataclasses import dataclass, fields, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import training
from edge_ser.events import LABELS as DEFAULT_LABELS
from edge_ser.model.bundle import read_bundle
from tests.training.data.protocol_cases import LABELS, NOISE, made_up
from training import configuration, corpora
from training.corpora import Clip
from training.data.dataset import Dataset
from training.data.protocols import Leak, Split, TrainingSplit, noise_split, splits
from training.data.utterances import Utterance
from training.experiment import fold
from training.experiment.fold import Fold
from training.settings import NetworkSettings, ProtocolSettings, RunSettings, TrainingSettings

ANNA, BERT = made_up("a", 2)[0], made_up("a", 2)[3]


@pytest.mark.parametrize("first", range(3))
@pytest.mark.parametrize("second", range(3))
@pytest.mark.parametrize(
    ("what", "other", "groups"),
    [
        ("a speaker", replace(BERT, speaker=ANNA.speaker), {}),
        ("a speaker", BERT, {ANNA.speaker: "both", BERT.speaker: "both"}),
        ("a speaker", BERT, {BERT.speaker: ANNA.speaker}),
        ("a recording", replace(BERT, path=ANNA.path), {}),
    ],
)
def test_a_leaking_split_is_refused(first: int, second: int, what: str, other: Clip, groups: dict[str, str]) -> None:
    parts: list[list[Clip]] = [[], [], []]
    parts[first].append(ANNA)
    parts[second].append(other)
    if first == second:
        assert Split("one", *parts, groups)
        return
    with pytest.raises(Leak, match=f"fold one: {what} is in more than one part of the split"):
        Split("one", *parts, groups)


def test_a_noise_of_a_test_speaker_is_a_leak() -> None:
    split = Split("one", [ANNA], [], [BERT], {})
    with pytest.raises(Leak):
        split.with_noise(Split("noise", [replace(BERT, path=Path("other"), label=None)], [], [], {}))


READERS = {
    "data/protocols.py": "makes splits, checks them and adds noises",
    "settings.py": "the share of the speakers, a number",
    "experiment/fold.py evaluate": "the only stage that gets test speakers",
    "experiment/evaluate.py _whole_path": "false alarms of a model that is finished and evaluated",
    "robustness/measure.py measure": "noises for a finished model",
    "experiment/run.py _speakers": "records the names of the speakers",
    "experiment/write_card.py make_card": "reads these names",
    "corpora/esd.py": "the name of a folder",
    "corpora/manifest.py": "a word in a manifest",
}
"""Where `.test` or `"test"` may occur, as a module or a function of one, and what for."""


def test_only_the_evaluation_reads_the_test_speakers() -> None:
    found = set()
    for path in Path(training.__path__[0]).rglob("*.py"):
        module = path.relative_to(training.__path__[0]).as_posix()
        for place in ast.parse(path.read_text()).body:
            for node in ast.walk(place):
                named = isinstance(node, ast.Constant) and node.value == "test"
                if named or (isinstance(node, ast.Attribute) and node.attr == "test"):
                    found.add(module if module in READERS else f"{module} {getattr(place, 'name', '')}".strip())
    assert found == set(READERS)


def test_the_shipped_model_was_tested_on_the_right_speakers(data: Path) -> None:
    settings = configuration.resolve(configuration.read(Path(training.__path__[0]) / "default.toml"))
    clips = [clip for name in settings.data.corpora for clip in corpora.read(data, name).clips]
    (split,) = splits([clip for clip in clips if clip.label in DEFAULT_LABELS], [], {}, settings.protocol)
    card = read_bundle().card
    assert card["test_speakers"] == sorted({clip.speaker for clip in split.test})
    assert not set(card["test_speakers"]) & set(card.get("learned_from", ()))


def test_the_learning_part_has_no_test_speakers() -> None:
    (split,) = splits(made_up("a", 10), [], {}, ProtocolSettings())
    assert [field.name for field in fields(TrainingSplit)] == ["name", "train", "validation"]
    assert split.for_training == TrainingSplit(split.name, split.train, split.validation)
    assert not hasattr(split.for_training, "test")


@dataclass(frozen=True)
class Guarded(Dataset):
    """Random cepstra; a request for a clip of a forbidden speaker fails."""

    forbidden: frozenset[str] = frozenset()

    def utterances(self, clips: Any, copy: int = 0) -> list[Utterance]:
        asked = list(clips)
        caught = self.forbidden & {clip.speaker for clip in asked}
        assert not caught, f"reached the test speakers {sorted(caught)}"
        return [self._made_up(clip, copy) for clip in asked]

    def _made_up(self, clip: Clip, copy: int) -> Utterance:
        rng = np.random.default_rng([copy, *str(clip.path).encode()])
        frames = int(rng.integers(40, 60))
        shift = 0 if clip.label is None else 4_000 * self.labels.index(clip.label)
        cepstra = rng.normal(shift, 4_096, (frames, 40)).astype(np.int32)
        return Utterance(clip, cepstra, np.full(frames, clip.label is not None))


@pytest.mark.parametrize(
    "family",
    [
        "svm",
        "decision_tree",
        pytest.param("cnn_lstm", marks=pytest.mark.skipif(not find_spec("tensorflow"), reason="needs TensorFlow")),
    ],
)
def test_training_and_quantization_cannot_reach_test_speakers(tmp_path: Path, family: str) -> None:
    clips = made_up("a", 10)
    (split,) = splits(clips, [], {}, ProtocolSettings())
    split = split.with_noise(noise_split(NOISE))
    forbidden = frozenset(clip.speaker for clip in split.test)
    dataset = Guarded(LABELS, clips, [], NOISE, {}, [], "made up", [], [], forbidden)
    settings = RunSettings(
        network=NetworkSettings(family, channels=8, units=8),
        augment=replace(RunSettings().augment, copies=1),
        training=TrainingSettings(epochs=1, draws=0, batch=8),
    )
    one = Fold(tmp_path / "fold", settings, dataset, split)
    progress: list[tuple[str, int]] = []
    fold.train(one, lambda name, done: progress.append((name, done)))
    assert progress[-1] == ("", 1)
    assert one.is_trained and not one.is_evaluated
    if one.can_be_exported:
        fold.quantize(one)
        assert one.is_quantized(["int8"])
    with pytest.raises(AssertionError, match="reached the test speakers"):
        fold.evaluate(one)
    assert not one.is_evaluated
    fold.evaluate(replace(one, dataset=replace(dataset, forbidden=frozenset())))
    assert one.is_evaluated, "only the guard prevents the evaluation"
