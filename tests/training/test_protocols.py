"""No speaker stands on both sides of a split, and model selection cannot reach the test speakers."""

from __future__ import annotations

import ast
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import settings as examples
from hypothesis import strategies as st

import training
from edge_ser.errors import EdgeSerError
from edge_ser.events import LABELS as DEFAULT_LABELS
from edge_ser.model.bundle import read_bundle
from training import configuration, corpora
from training.corpora import Clip
from training.data import duplicates
from training.data.dataset import Dataset, Utterance
from training.data.protocols import Leak, Learning, Split, noise_split, splits
from training.experiment import fold
from training.experiment.fold import Fold
from training.settings import PROTOCOLS, NetworkSettings, ProtocolSettings, RunSettings, TrainingSettings

LABELS = ("anger", "neutral", "sadness")
PARTS = ("train", "validation", "test")


def made_up(corpus: str, speakers: int, labels: Sequence[str | None] = LABELS) -> list[Clip]:
    """Return clips of speakers, women and men in turn, one of each label."""
    return [
        Clip(Path(f"{corpus}/{s}-{n}"), corpus, f"{corpus}/{s:02d}", label, ("female", "male")[s % 2])
        for s in range(speakers)
        for n, label in enumerate(labels)
    ]


NOISE = made_up("noise", 40, [None, None])


@st.composite
def people(draw: st.DrawFn, most: int, corpora: Sequence[str]) -> list[Clip]:
    """Draw corpora whose speakers have any sex and any of the labels."""
    clips = []
    for corpus in corpora:
        for speaker in range(draw(st.integers(1, most))):
            sex = draw(st.sampled_from(["female", "male", None]))
            said = draw(st.lists(st.sampled_from(LABELS), min_size=1, max_size=4))
            clips += [
                Clip(Path(f"{corpus}/{speaker}-{n}"), corpus, f"{corpus}/{speaker}", label, sex)
                for n, label in enumerate(said)
            ]
    return clips


@st.composite
def cases(draw: st.DrawFn, most: int = 9) -> tuple[list[Clip], list[Clip], dict[str, str], ProtocolSettings]:
    """Draw what `splits` takes: corpora that are judged, others that are learned from, linked speakers, a protocol."""
    judged = draw(people(most, ["a", "b"][: draw(st.integers(1, 2))]))
    settings = ProtocolSettings(
        name=draw(st.sampled_from(PROTOCOLS)),
        folds=draw(st.integers(2, 6)),
        test=draw(st.floats(0.05, 0.5)),
        validation=draw(st.floats(0.05, 0.5)),
        seed=draw(st.integers(0, 99)),
    )
    learned = draw(people(most, ["x", "y"][: draw(st.integers(settings.name == "cross", 2))]))
    speakers = [clip.speaker for clip in (*judged, *learned)]
    places = st.integers(0, len(speakers) - 1)
    groups = duplicates.groups(speakers, draw(st.lists(st.tuples(places, places), max_size=3)))
    return judged, learned, groups, settings


def assert_clean(split: Split, groups: Mapping[str, str]) -> None:
    """Assert that no speaker, no group and no recording stands in two parts."""
    for of in (lambda c: c.speaker, lambda c: groups.get(c.speaker, c.speaker), lambda c: c.path):
        parts = [{of(clip) for clip in getattr(split, part)} for part in PARTS]
        assert sum(map(len, parts)) == len(set().union(*parts))


def parts_of(split: Split) -> tuple[str, list[list[Path]]]:
    """Return who stands where, whatever the order of the clips."""
    return split.name, [sorted(clip.path for clip in getattr(split, part)) for part in PARTS]


# Speakers ------------------------------------------------------------------------------------------------------------


@given(cases())
def test_speakers_groups_and_recordings_never_cross(case: Any) -> None:
    judged, learned, groups, settings = case
    try:
        made = splits(judged, learned, groups, settings)
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
        # Of those who are judged all have their place; of the others all who are related to nobody that is kept apart.
        assert {clip.path for clip in judged} <= everything.keys()
        kept_apart = {groups[clip.speaker] for clip in (*split.validation, *split.test)}
        missing = {groups[clip.speaker] for clip in learned if clip.path not in everything}
        assert missing <= kept_apart


@given(cases())
def test_each_judged_clip_is_tested_exactly_once(case: Any) -> None:
    judged, learned, groups, settings = case
    settings = replace(settings, name="loso" if settings.seed % 2 else "kfold")
    try:
        made = splits(judged, learned, groups, settings)
    except EdgeSerError:
        return
    tested = Counter(clip.path for split in made for clip in split.test)
    assert tested == Counter(clip.path for clip in judged)
    assert len({split.name for split in made}) == len(made)


@given(cases(), st.randoms(use_true_random=False))
def test_splits_are_reproducible_and_independent_of_the_order_of_clips(case: Any, chance: random.Random) -> None:
    judged, learned, groups, settings = case
    try:
        made = splits(judged, learned, groups, settings)
    except EdgeSerError:
        return
    assert splits(judged, learned, groups, settings) == made
    mixed = [chance.sample(clips, len(clips)) for clips in (judged, learned)]
    assert [*map(parts_of, splits(*mixed, groups, settings))] == [*map(parts_of, made)]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@given(seed=st.integers(0, 10_000), speakers=st.integers(6, 12), more=st.integers(6, 12))
@examples(max_examples=20)
def test_usual_corpora_are_never_refused(protocol: str, seed: int, speakers: int, more: int) -> None:
    made = splits(
        made_up("a", speakers), made_up("x", more), {}, ProtocolSettings(name=protocol, folds=5, seed=seed, test=0.3)
    )
    assert len(made) == {"holdout": 1, "kfold": 5, "loso": speakers, "cross": 1}[protocol]


@pytest.mark.parametrize("protocol", ["holdout", "kfold", "cross"])
def test_another_seed_is_another_split(protocol: str) -> None:
    clips = made_up("a", 30), made_up("x", 30)
    made = [splits(*clips, {}, ProtocolSettings(name=protocol, seed=seed)) for seed in range(5)]
    assert len({repr([*map(parts_of, one)]) for one in made}) == 5


@pytest.mark.parametrize("seed", range(10))
def test_both_sexes_are_tested_and_validated_where_there_are_enough(seed: int) -> None:
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


def test_a_holdout_has_the_shares_that_were_asked_for() -> None:
    (split,) = splits(made_up("a", 60) + made_up("b", 10), [], {}, ProtocolSettings())
    for corpus, counts in {"a": (40, 8, 12), "b": (7, 1, 2)}.items():
        speakers = [{clip.speaker for clip in getattr(split, part) if clip.corpus == corpus} for part in PARTS]
        assert tuple(map(len, speakers)) == counts


# Speakers who share a recording --------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", ["holdout", "kfold", "loso"])
def test_linked_speakers_are_tested_together(protocol: str) -> None:
    clips = made_up("a", 12)
    groups = duplicates.groups([c.speaker for c in clips], [(0, 6), (6, 9), (12, 15)])  # 0, 2, 3 and 4, 5
    for seed in range(10):
        made = splits(clips, [], groups, ProtocolSettings(name=protocol, folds=4, seed=seed))
        for linked in ({"a/00", "a/02", "a/03"}, {"a/04", "a/05"}):
            assert {len(linked & {clip.speaker for clip in split.test}) for split in made} <= {0, len(linked)}


def test_who_shares_a_recording_with_a_judged_corpus_is_not_learned_from() -> None:
    judged, learned = made_up("a", 4), made_up("x", 6)
    groups = {"a/01": "a/01", "x/03": "a/01"}
    (split,) = splits(judged, learned, groups, ProtocolSettings(name="cross"))
    assert "x/03" not in {clip.speaker for clip in (*split.train, *split.validation)}
    for split in splits(judged, learned, groups, ProtocolSettings(name="loso")):
        assert ("x/03" in {clip.speaker for clip in split.train}) == ("a/01" in {clip.speaker for clip in split.train})


# Leaks ---------------------------------------------------------------------------------------------------------------

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
def test_a_leaking_split_cannot_be_made(
    first: int, second: int, what: str, other: Clip, groups: dict[str, str]
) -> None:
    parts: list[list[Clip]] = [[], [], []]
    parts[first].append(ANNA)
    parts[second].append(other)
    if first == second:
        assert Split("one", *parts, groups)
        return
    with pytest.raises(Leak, match=f"fold one: {what} stands on both sides"):
        Split("one", *parts, groups)


def test_a_noise_of_a_test_speaker_is_a_leak_too() -> None:
    split = Split("one", [ANNA], [], [BERT], {})
    with pytest.raises(Leak):
        split.with_noise(Split("noise", [replace(BERT, path=Path("other"), label=None)], [], [], {}))


# Corpora that are only learned from ----------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", ["holdout", "kfold", "loso"])
def test_corpora_that_are_only_learned_from_are_learned_whole(protocol: str) -> None:
    learned = made_up("x", 3)
    for split in splits(made_up("a", 10), learned, {}, ProtocolSettings(name=protocol)):
        assert [clip for clip in split.train if clip.corpus == "x"] == learned
        assert {clip.corpus for clip in (*split.validation, *split.test)} == {"a"}


def test_cross_judges_whole_corpora_and_validates_on_those_that_are_learned() -> None:
    judged, learned = made_up("a", 3) + made_up("b", 2), made_up("x", 10) + made_up("y", 6)
    (split,) = splits(judged, learned, {}, ProtocolSettings(name="cross"))
    assert split.test == judged
    assert {clip.corpus for clip in split.validation} == {clip.corpus for clip in split.train} == {"x", "y"}
    assert len(split.train) + len(split.validation) == len(learned)


# What a manifest says ------------------------------------------------------------------------------------------------


def placed(clips: Sequence[Clip], **parts: Sequence[str]) -> list[Clip]:
    """Put speakers where a manifest's column `split` does."""
    where = {speaker: part for part, speakers in parts.items() for speaker in speakers}
    return [replace(clip, part=where.get(clip.speaker)) for clip in clips]


def test_a_holdout_tests_and_validates_whom_a_manifest_says() -> None:
    clips = placed(made_up("a", 10), test=["a/01", "a/02", "a/05"], validation=["a/00", "a/09"])
    for seed in range(5):
        (split,) = splits(clips, [], {}, ProtocolSettings(seed=seed))
        assert {clip.speaker for clip in split.test} == {"a/01", "a/02", "a/05"}
        assert {clip.speaker for clip in split.validation} == {"a/00", "a/09"}
    every = splits(clips, [], {}, ProtocolSettings(name="loso"))
    assert len(every) == 10, "who judges everybody takes no notice"


def test_a_manifest_that_tears_a_speaker_apart_is_refused() -> None:
    clips = placed(made_up("a", 10), test=["a/01", "a/02"])
    torn = [replace(clips[3], part="train"), *clips[:3], *clips[4:]]
    with pytest.raises(EdgeSerError, match="the manifest of a puts a/01 into test and into another part too"):
        splits(torn, [], {}, ProtocolSettings())
    with pytest.raises(EdgeSerError, match="puts a/02 into test and into another part too"):
        splits(clips, [], {"a/07": "a/02", "a/02": "a/02"}, ProtocolSettings())


# Refusals ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("speakers", "settings", "words"),
    [
        (2, ProtocolSettings(), "protocol holdout needs 3 speakers or more who share no recording, there are 2 ("),
        (1, ProtocolSettings(name="loso"), "protocol loso needs 3 speakers or more"),
        (4, ProtocolSettings(name="kfold", folds=5), "protocol kfold needs 5 speakers or more"),
        (2, ProtocolSettings(name="kfold", folds=2), "protocol kfold needs 3 speakers or more"),
        (3, ProtocolSettings(name="kfold", folds=2), "too few speakers to keep one apart for selection"),
        (3, ProtocolSettings(test=0.9), "too few speakers to keep one apart"),
    ],
)
def test_too_few_speakers_are_refused(speakers: int, settings: ProtocolSettings, words: str) -> None:
    with pytest.raises(EdgeSerError) as refusal:
        splits(made_up("a", speakers), [], {}, settings)
    assert words in str(refusal.value)


def test_linked_speakers_count_as_one() -> None:
    clips = made_up("a", 4)
    with pytest.raises(EdgeSerError, match="needs 3 speakers or more who share no recording, there are 2"):
        splits(clips, [], dict.fromkeys(["a/00", "a/01", "a/02"], "a/00"), ProtocolSettings())


@pytest.mark.parametrize("learned", [[], made_up("x", 1)])
def test_cross_needs_two_speakers_to_learn_from(learned: list[Clip]) -> None:
    with pytest.raises(EdgeSerError, match="cross: too few speakers"):
        splits(made_up("a", 4), learned, {}, ProtocolSettings(name="cross"))


@pytest.mark.parametrize("protocol", ["kfold", "loso"])
def test_a_label_with_one_speaker_is_named(protocol: str) -> None:
    clips = [*made_up("a", 10), Clip(Path("a/only"), "a", "a/04", "disgust", "female")]
    with pytest.raises(EdgeSerError) as refusal:
        splits(clips, [], {}, ProtocolSettings(name=protocol))
    assert str(refusal.value).startswith("disgust cannot be judged: of its 1 speaker (a/04) none is left to learn it")
    assert "--classes" in str(refusal.value)


def test_a_label_that_cross_never_learns_is_named() -> None:
    judged = [*made_up("a", 3), Clip(Path("a/calm"), "a", "a/01", "calm", "male")]
    with pytest.raises(EdgeSerError, match="calm cannot be judged"):
        splits(judged, made_up("x", 6), {}, ProtocolSettings(name="cross"))


# Noise ---------------------------------------------------------------------------------------------------------------


def test_noises_are_split_alike_in_every_protocol_with_takes_of_one_recording_together() -> None:
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


# Model selection -----------------------------------------------------------------------------------------------------

READERS = {
    "protocols.py": "makes splits, checks them and adds noises",
    "settings.py": "the share of the speakers, a number",
    "fold.py judge": "the only stage that is given test speakers",
    "evaluate.py _whole_path": "false alarms of a model that is finished and judged",
    "robustness.py measure": "noises for a model that is finished",
    "run.py record": "writes the names of the speakers down",
    "card.py write": "reads these names",
    "corpora/esd.py": "the name of a folder",
    "corpora/manifest.py": "a word in a manifest",
}
"""Who may write `.test` or `"test"`, as a module or a function of one, and what for."""


def test_only_judging_reads_the_test_speakers() -> None:
    found = set()
    for path in Path(training.__path__[0]).rglob("*.py"):
        module = path.relative_to(training.__path__[0]).as_posix()
        for place in ast.parse(path.read_text()).body:
            for node in ast.walk(place):
                named = isinstance(node, ast.Constant) and node.value == "test"
                if named or (isinstance(node, ast.Attribute) and node.attr == "test"):
                    found.add(module if module in READERS else f"{module} {getattr(place, 'name', '')}".strip())
    assert found == set(READERS)


def test_the_shipped_model_was_judged_on_the_test_speakers_of_its_settings(data: Path) -> None:
    settings = configuration.resolve(configuration.read(Path(training.__path__[0]) / "default.toml"))
    clips = [clip for name in settings.data.corpora for clip in corpora.read(data, name).clips]
    (split,) = splits([clip for clip in clips if clip.label in DEFAULT_LABELS], [], {}, settings.protocol)
    card = read_bundle().card
    assert card["test_speakers"] == sorted({clip.speaker for clip in split.test})
    assert not set(card["test_speakers"]) & set(card.get("learned_from", ()))


def test_learning_is_all_of_a_split_but_the_test() -> None:
    (split,) = splits(made_up("a", 10), [], {}, ProtocolSettings())
    assert [field.name for field in fields(Learning)] == ["name", "train", "validation"]
    assert split.learning == Learning(split.name, split.train, split.validation)
    assert not hasattr(split.learning, "test")


@dataclass(frozen=True)
class Guarded(Dataset):
    """Random cepstra; whoever asks for a clip of a forbidden speaker is caught."""

    forbidden: frozenset[str] = frozenset()

    def utterances(self, clips: Any, variant: int = 0) -> list[Utterance]:
        asked = list(clips)
        caught = self.forbidden & {clip.speaker for clip in asked}
        assert not caught, f"reached the test speakers {sorted(caught)}"
        return [self._made_up(clip, variant) for clip in asked]

    def _made_up(self, clip: Clip, variant: int) -> Utterance:
        chance = np.random.default_rng([variant, *str(clip.path).encode()])
        frames = int(chance.integers(40, 60))
        shift = 0 if clip.label is None else 4_000 * self.labels.index(clip.label)
        cepstra = chance.normal(shift, 4_096, (frames, 40)).astype(np.int32)
        return Utterance(clip, cepstra, np.full(frames, clip.label is not None))


@pytest.mark.parametrize(
    "family",
    [
        "svm",
        "decision_tree",
        pytest.param("cnn_lstm", marks=pytest.mark.skipif(not find_spec("tensorflow"), reason="needs TensorFlow")),
    ],
)
def test_neither_training_nor_quantization_reaches_the_test_speakers(tmp_path: Path, family: str) -> None:
    clips = made_up("a", 10)
    (split,) = splits(clips, [], {}, ProtocolSettings())
    split = split.with_noise(noise_split(NOISE))
    forbidden = frozenset(clip.speaker for clip in split.test)
    dataset = Guarded(LABELS, clips, [], NOISE, {}, [], "made up", [], [], forbidden)
    settings = RunSettings(
        network=NetworkSettings(family, channels=8, units=8),
        augment=replace(RunSettings().augment, variants=1),
        training=TrainingSettings(epochs=1, draws=0, batch=8),
    )
    one = Fold(tmp_path / "fold", settings, dataset)
    told: list[tuple[str, int]] = []
    fold.learn(one, split.learning, lambda name, done: told.append((name, done)))
    assert told[-1] == ("", 1)
    assert one.trained and not one.judged
    if not one.classical:
        fold.quantize(one, split.learning)
        assert one.quantized(["int8"])
    with pytest.raises(AssertionError, match="reached the test speakers"):
        fold.judge(one, split)
    assert not one.judged
    fold.judge(replace(one, dataset=replace(dataset, forbidden=frozenset())), split)
    assert one.judged, "but for the guard it can be judged"
