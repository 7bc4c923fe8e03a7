"""Clips and protocols for the tests of splits, and what must hold for every split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from hypothesis import strategies as st

from training.corpora import Clip
from training.data import duplicates
from training.data.protocols import Split
from training.settings import PROTOCOLS, ProtocolSettings

LABELS = ("anger", "neutral", "sadness")


PARTS = ("train", "validation", "test")


def made_up(corpus: str, speakers: int, labels: Sequence[str | None] = LABELS) -> list[Clip]:
    """Return one clip for each speaker and label; women and men alternate."""
    return [
        Clip(Path(f"{corpus}/{s}-{n}"), corpus, f"{corpus}/{s:02d}", label, ("female", "male")[s % 2])
        for s in range(speakers)
        for n, label in enumerate(labels)
    ]


NOISE = made_up("noise", 40, [None, None])


@st.composite
def people(draw: st.DrawFn, most: int, corpora: Sequence[str]) -> list[Clip]:
    """Draw corpora whose speakers have any sex and any labels."""
    clips = []
    for corpus in corpora:
        for speaker in range(draw(st.integers(1, most))):
            sex = draw(st.sampled_from(["female", "male", None]))
            drawn = draw(st.lists(st.sampled_from(LABELS), min_size=1, max_size=4))
            clips += [
                Clip(Path(f"{corpus}/{speaker}-{n}"), corpus, f"{corpus}/{speaker}", label, sex)
                for n, label in enumerate(drawn)
            ]
    return clips


@st.composite
def cases(draw: st.DrawFn, most: int = 9) -> tuple[list[Clip], list[Clip], dict[str, str], ProtocolSettings]:
    """Draw arguments of `splits`: corpora to evaluate, corpora for training only, linked speakers, a protocol."""
    evaluated = draw(people(most, ["a", "b"][: draw(st.integers(1, 2))]))
    settings = ProtocolSettings(
        name=draw(st.sampled_from(PROTOCOLS)),
        folds=draw(st.integers(2, 6)),
        test=draw(st.floats(0.05, 0.5)),
        validation=draw(st.floats(0.05, 0.5)),
        seed=draw(st.integers(0, 99)),
    )
    training_only = draw(people(most, ["x", "y"][: draw(st.integers(settings.name == "cross", 2))]))
    speakers = [clip.speaker for clip in (*evaluated, *training_only)]
    places = st.integers(0, len(speakers) - 1)
    groups = duplicates.groups(speakers, draw(st.lists(st.tuples(places, places), max_size=3)))
    return evaluated, training_only, groups, settings


def assert_clean(split: Split, groups: Mapping[str, str]) -> None:
    """Assert that no speaker, group or recording is in two parts."""
    for of in (lambda c: c.speaker, lambda c: groups.get(c.speaker, c.speaker), lambda c: c.path):
        parts = [{of(clip) for clip in getattr(split, part)} for part in PARTS]
        assert sum(map(len, parts)) == len(set().union(*parts))


def parts_of(split: Split) -> tuple[str, list[list[Path]]]:
    """Return which clips are in which part, independent of their order."""
    return split.name, [sorted(clip.path for clip in getattr(split, part)) for part in PARTS]
