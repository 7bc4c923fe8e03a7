"""No speaker stands on both sides of a split, and model selection cannot reach the test speakers."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import training
from edge_ser.errors import NoRecordings
from training.corpora import Clip, read
from training.protocols import Split, holdout


def made_up(corpus: str, speakers: int) -> list[Clip]:
    labels = {"noise": [None]}.get(corpus, ["anger", "sadness"])
    return [
        Clip(Path(f"{corpus}/{s}-{n}"), corpus, f"{corpus}/{s}", labels[n % len(labels)])
        for s in range(speakers)
        for n in range(4)
    ]


CLIPS = made_up("crema-d", 60) + made_up("emodb", 10) + made_up("noise", 40)


@pytest.mark.parametrize("seed", range(10))
def test_speakers_never_cross(seed: int) -> None:
    split = holdout(CLIPS, seed)
    sets = [{clip.speaker for clip in part} for part in (split.train, split.validation, split.test)]
    assert not sets[0] & sets[1] | sets[0] & sets[2] | sets[1] & sets[2]
    assert sum(map(len, (split.train, split.validation, split.test))) == len(CLIPS)
    assert [len([s for s in part if s.startswith("crema-d")]) for part in sets] == [40, 8, 12]
    assert [len([s for s in part if s.startswith("emodb")]) for part in sets] == [7, 1, 2]


def test_a_split_is_reproducible() -> None:
    assert holdout(CLIPS) == holdout(list(CLIPS))
    assert holdout(CLIPS, 1) != holdout(CLIPS, 2)


def test_a_leaking_split_cannot_be_made() -> None:
    first, second = CLIPS[0], CLIPS[1]
    with pytest.raises(ValueError, match="both sides"):
        Split([first], [], [second])


def test_only_evaluation_reads_the_test_speakers() -> None:
    """Training, quantization and calibration never touch ``.test``, neither clips nor utterances."""
    readers = set()
    for path in Path(training.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr == "test":
                readers.add(path.name)
    # protocols.py checks the split itself; run.py makes the test utterances for evaluate.py; normalization.py splits
    # the training speakers once more, without the test speakers.
    assert readers == {"protocols.py", "run.py", "evaluate.py", "normalization.py"}


def test_the_normalization_is_chosen_without_the_test_speakers() -> None:
    from training.benchmarks.normalization import _without_test_speakers

    clips = made_up("crema-d", 60)
    tested = {clip.speaker for clip in holdout(clips).test}
    assert tested
    assert not tested & {clip.speaker for clip in _without_test_speakers(clips)}


def test_the_real_corpora_are_read(data: Path) -> None:
    clips = read(data)
    by_corpus = {c: [clip for clip in clips if clip.corpus == c] for c in ("crema-d", "emodb", "noise")}
    assert len(by_corpus["crema-d"]) == 4_895
    assert len({clip.speaker for clip in by_corpus["crema-d"]}) == 60
    assert len(by_corpus["emodb"]) == 535 - 81  # boredom is left out
    assert len({clip.speaker for clip in by_corpus["emodb"]}) == 10
    assert len(by_corpus["noise"]) == 244
    assert all(clip.label is None for clip in by_corpus["noise"])
    takes = [clip.speaker for clip in by_corpus["noise"] if "esc10_baby_cry_1-22694" in clip.path.name]
    assert len(takes) == 2
    assert len(set(takes)) == 1, "takes of one recording belong together"


def test_a_missing_corpus_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoRecordings, match="no recordings of crema-d"):
        read(tmp_path)


def test_the_shipped_model_names_its_test_speakers(data: Path) -> None:
    from edge_ser.model.bundle import read_bundle

    expected = sorted({clip.speaker for clip in holdout(read(data)).test if clip.label})
    assert read_bundle().card["test_speakers"] == expected
