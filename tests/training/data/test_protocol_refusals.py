"""A protocol that needs more speakers is refused in one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_ser.errors import EdgeSerError
from tests.training.data.protocol_cases import made_up
from training.corpora import Clip
from training.data.protocols import splits
from training.settings import ProtocolSettings


@pytest.mark.parametrize(
    ("speakers", "settings", "words"),
    [
        (2, ProtocolSettings(), "protocol holdout needs at least 3 speakers who share no recording, but there are 2 ("),
        (1, ProtocolSettings(name="loso"), "protocol loso needs at least 3 speakers"),
        (4, ProtocolSettings(name="kfold", folds=5), "protocol kfold needs at least 5 speakers"),
        (2, ProtocolSettings(name="kfold", folds=2), "protocol kfold needs at least 3 speakers"),
        (3, ProtocolSettings(name="kfold", folds=2), "too few speakers to set one aside for model selection"),
        (3, ProtocolSettings(test=0.9), "too few speakers to set one aside"),
    ],
)
def test_too_few_speakers_are_refused(speakers: int, settings: ProtocolSettings, words: str) -> None:
    with pytest.raises(EdgeSerError) as refusal:
        splits(made_up("a", speakers), [], {}, settings)
    assert words in str(refusal.value)


def test_linked_speakers_count_as_one() -> None:
    clips = made_up("a", 4)
    with pytest.raises(EdgeSerError, match="needs at least 3 speakers who share no recording, but there are 2"):
        splits(clips, [], dict.fromkeys(["a/00", "a/01", "a/02"], "a/00"), ProtocolSettings())


@pytest.mark.parametrize("training_only", [[], made_up("x", 1)])
def test_cross_needs_two_training_speakers(training_only: list[Clip]) -> None:
    with pytest.raises(EdgeSerError, match="cross: too few speakers"):
        splits(made_up("a", 4), training_only, {}, ProtocolSettings(name="cross"))


@pytest.mark.parametrize("protocol", ["kfold", "loso"])
def test_a_label_with_only_one_speaker_is_refused(protocol: str) -> None:
    clips = [*made_up("a", 10), Clip(Path("a/only"), "a", "a/04", "disgust", "female")]
    with pytest.raises(EdgeSerError) as refusal:
        splits(clips, [], {}, ProtocolSettings(name=protocol))
    assert str(refusal.value).startswith(
        "disgust cannot be evaluated: its only speaker (a/04) is not in the training part"
    )
    assert "--classes" in str(refusal.value)


def test_a_label_without_training_data_is_refused_by_cross() -> None:
    evaluated = [*made_up("a", 3), Clip(Path("a/calm"), "a", "a/01", "calm", "male")]
    with pytest.raises(EdgeSerError, match="calm cannot be evaluated"):
        splits(evaluated, made_up("x", 6), {}, ProtocolSettings(name="cross"))
