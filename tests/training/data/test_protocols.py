"""Every protocol keeps speakers apart, uses all recordings, and refuses what it cannot split."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from edge_ser.errors import EdgeSerError
from tests.training.data.protocol_cases import NOISE, PARTS, assert_clean, cases, made_up, parts_of
from training.corpora import Clip
from training.data import duplicates
from training.data.protocols import noise_split, splits
from training.settings import PROTOCOLS, ProtocolSettings


@given(cases())
def test_speakers_groups_and_recordings_never_cross(case: Any) -> None:
    evaluated, training_only, groups, settings = case
    try:
        made = splits(evaluated, training_only, groups, settings)
    except EdgeSerError as refusal:
        assert "\n" not in str(refusal)
        event("refused")
        return
    noise = noise_split(NOISE)
    for split in made:
        assert_clean(split, groups)
        assert_clean(split.with_noise(noise), groups)
        assert split.train and split.validation and split.test
        assert {clip.label for clip in split.test} <= {clip.label for clip in split.train}
        everything = Counter(path for part in PARTS for path in (c.path for c in getattr(split, part)))
        assert max(everything.values()) == 1
        # All evaluated clips are used; of the others, all but those of groups that are validated or tested.
        assert {clip.path for clip in evaluated} <= everything.keys()
        kept_apart = {groups[clip.speaker] for clip in (*split.validation, *split.test)}
        missing = {groups[clip.speaker] for clip in training_only if clip.path not in everything}
        assert missing <= kept_apart


@given(cases())
def test_each_evaluated_clip_is_tested_exactly_once(case: Any) -> None:
    evaluated, training_only, groups, settings = case
    settings = replace(settings, name="loso" if settings.seed % 2 else "kfold")
    try:
        made = splits(evaluated, training_only, groups, settings)
    except EdgeSerError:
        return
    tested = Counter(clip.path for split in made for clip in split.test)
    assert tested == Counter(clip.path for clip in evaluated)
    assert len({split.name for split in made}) == len(made)


@given(cases(), st.randoms(use_true_random=False))
def test_splits_do_not_depend_on_the_order_of_clips(case: Any, chance: random.Random) -> None:
    evaluated, training_only, groups, settings = case
    try:
        made = splits(evaluated, training_only, groups, settings)
    except EdgeSerError:
        return
    assert splits(evaluated, training_only, groups, settings) == made
    mixed = [chance.sample(clips, len(clips)) for clips in (evaluated, training_only)]
    assert [*map(parts_of, splits(*mixed, groups, settings))] == [*map(parts_of, made)]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@given(seed=st.integers(0, 10_000), speakers=st.integers(6, 12), more=st.integers(6, 12))
@examples(max_examples=20)
def test_ordinary_corpora_are_never_refused(protocol: str, seed: int, speakers: int, more: int) -> None:
    made = splits(
        made_up("a", speakers), made_up("x", more), {}, ProtocolSettings(name=protocol, folds=5, seed=seed, test=0.3)
    )
    assert len(made) == {"holdout": 1, "kfold": 5, "loso": speakers, "cross": 1}[protocol]


@pytest.mark.parametrize("protocol", ["holdout", "kfold", "cross"])
def test_another_seed_gives_another_split(protocol: str) -> None:
    clips = made_up("a", 30), made_up("x", 30)
    made = [splits(*clips, {}, ProtocolSettings(name=protocol, seed=seed)) for seed in range(5)]
    assert len({repr([*map(parts_of, one)]) for one in made}) == 5


@pytest.mark.parametrize("seed", range(10))
def test_both_sexes_are_validated_and_tested(seed: int) -> None:
    clips = made_up("a", 60) + made_up("b", 10)

    def sexes(part: Sequence[Clip], corpus: str) -> set[str | None]:
        return {clip.sex for clip in part if clip.corpus == corpus}

    (holdout,) = splits(clips, [], {}, ProtocolSettings(seed=seed))
    assert sexes(holdout.test, "a") == sexes(holdout.test, "b") == sexes(holdout.validation, "a") == {"female", "male"}
    for split in splits(clips, [], {}, ProtocolSettings(name="kfold", seed=seed)):
        assert sexes(split.test, "a") == sexes(split.test, "b") == sexes(split.validation, "a") == {"female", "male"}
        assert Counter(clip.sex for clip in split.test)["female"] == len(split.test) / 2
    (cross,) = splits(made_up("c", 2), clips, {}, ProtocolSettings(name="cross", seed=seed))
    assert sexes(cross.validation, "a") == {"female", "male"}


def test_a_holdout_has_the_requested_shares() -> None:
    (split,) = splits(made_up("a", 60) + made_up("b", 10), [], {}, ProtocolSettings())
    for corpus, counts in {"a": (40, 8, 12), "b": (7, 1, 2)}.items():
        speakers = [{clip.speaker for clip in getattr(split, part) if clip.corpus == corpus} for part in PARTS]
        assert tuple(map(len, speakers)) == counts


@pytest.mark.parametrize("protocol", ["holdout", "kfold", "loso"])
def test_linked_speakers_are_tested_together(protocol: str) -> None:
    clips = made_up("a", 12)
    groups = duplicates.groups([c.speaker for c in clips], [(0, 6), (6, 9), (12, 15)])  # 0, 2, 3 and 4, 5
    for seed in range(10):
        made = splits(clips, [], groups, ProtocolSettings(name=protocol, folds=4, seed=seed))
        for linked in ({"a/00", "a/02", "a/03"}, {"a/04", "a/05"}):
            assert {len(linked & {clip.speaker for clip in split.test}) for split in made} <= {0, len(linked)}


def test_a_speaker_linked_to_a_test_speaker_is_not_trained_on() -> None:
    evaluated, training_only = made_up("a", 4), made_up("x", 6)
    groups = {"a/01": "a/01", "x/03": "a/01"}
    (split,) = splits(evaluated, training_only, groups, ProtocolSettings(name="cross"))
    assert "x/03" not in {clip.speaker for clip in (*split.train, *split.validation)}
    for split in splits(evaluated, training_only, groups, ProtocolSettings(name="loso")):
        assert ("x/03" in {clip.speaker for clip in split.train}) == ("a/01" in {clip.speaker for clip in split.train})


@pytest.mark.parametrize("protocol", ["holdout", "kfold", "loso"])
def test_corpora_for_training_only_are_not_split(protocol: str) -> None:
    training_only = made_up("x", 3)
    for split in splits(made_up("a", 10), training_only, {}, ProtocolSettings(name=protocol)):
        assert [clip for clip in split.train if clip.corpus == "x"] == training_only
        assert {clip.corpus for clip in (*split.validation, *split.test)} == {"a"}


def test_cross_tests_whole_corpora_and_validates_on_the_others() -> None:
    evaluated, training_only = made_up("a", 3) + made_up("b", 2), made_up("x", 10) + made_up("y", 6)
    (split,) = splits(evaluated, training_only, {}, ProtocolSettings(name="cross"))
    assert split.test == evaluated
    assert {clip.corpus for clip in split.validation} == {clip.corpus for clip in split.train} == {"x", "y"}
    assert len(split.train) + len(split.validation) == len(training_only)


def placed(clips: Sequence[Clip], **parts: Sequence[str]) -> list[Clip]:
    """Assign speakers to parts as the column `split` of a manifest does."""
    where = {speaker: part for part, speakers in parts.items() for speaker in speakers}
    return [replace(clip, part=where.get(clip.speaker)) for clip in clips]


def test_a_holdout_follows_the_manifest() -> None:
    clips = placed(made_up("a", 10), test=["a/01", "a/02", "a/05"], validation=["a/00", "a/09"])
    for seed in range(5):
        (split,) = splits(clips, [], {}, ProtocolSettings(seed=seed))
        assert {clip.speaker for clip in split.test} == {"a/01", "a/02", "a/05"}
        assert {clip.speaker for clip in split.validation} == {"a/00", "a/09"}
    every = splits(clips, [], {}, ProtocolSettings(name="loso"))
    assert len(every) == 10, "a protocol that tests all speakers ignores it"


def test_a_manifest_that_divides_a_speaker_is_refused() -> None:
    clips = placed(made_up("a", 10), test=["a/01", "a/02"])
    torn = [replace(clips[3], part="train"), *clips[:3], *clips[4:]]
    with pytest.raises(EdgeSerError, match="the manifest of a assigns a/01 to test and to another part"):
        splits(torn, [], {}, ProtocolSettings())
    with pytest.raises(EdgeSerError, match="assigns a/02 to test and to another part"):
        splits(clips, [], {"a/07": "a/02", "a/02": "a/02"}, ProtocolSettings())


def test_noises_are_split_in_the_same_way_by_every_protocol() -> None:
    noise = noise_split(NOISE)
    assert_clean(noise, {})
    counts = [len({clip.speaker for clip in getattr(noise, part)}) for part in PARTS]
    assert counts == [24, 6, 10]
    assert parts_of(noise_split(NOISE[::-1])) == parts_of(noise)
    for protocol in PROTOCOLS:
        settings = ProtocolSettings(name=protocol, seed=len(protocol))
        for split in splits(made_up("a", 10), made_up("x", 5), {}, settings):
            with_noise = split.with_noise(noise)
            for part in PARTS:
                assert getattr(with_noise, part) == [*getattr(split, part), *getattr(noise, part)]
