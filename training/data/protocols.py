"""Splits that cannot leak: whole groups of speakers go to training, validation or test, never parts of one."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from edge_ser.errors import EdgeSerError
from training.corpora import Clip
from training.settings import ProtocolSettings

_NOISE_SHARES: Final = (0.15, 0.25)  # of the noises, kept for validation and for the test
_NOISE_SEED: Final = 7  # the same in all protocols and folds, so that augmented copies can be shared


class Leak(ValueError):
    """A speaker, or a recording, would stand on both sides of a split."""


@dataclass(frozen=True)
class Learning:
    """The part of a split that training, selection, calibration and quantization are given: no test speakers.

    Attributes:
        name: Of the fold.
        train: Clips to learn from, noises included.
        validation: Clips for selection and calibration, noises included.
    """

    name: str
    train: list[Clip]
    validation: list[Clip]


@dataclass(frozen=True)
class Split:
    """Clips by use.  Model selection, thresholds and calibration may read ``train`` and ``validation`` only.

    Attributes:
        name: Of the fold, for files and messages.
        groups: Of each speaker, the group that may not be torn apart; a speaker that is missing is his own.
    """

    name: str
    train: list[Clip]
    validation: list[Clip]
    test: list[Clip]
    groups: Mapping[str, str]

    def __post_init__(self) -> None:
        parts = (self.train, self.validation, self.test)
        for what, sets in (
            ("speaker", [{self.groups.get(clip.speaker, clip.speaker) for clip in part} for part in parts]),
            ("recording", [{clip.path for clip in part} for part in parts]),
        ):
            crossing = sets[0] & sets[1] | sets[0] & sets[2] | sets[1] & sets[2]
            if crossing:
                raise Leak(
                    f"fold {self.name}: a {what} stands on both sides of the split: {sorted(map(str, crossing))[0]}"
                )

    @property
    def learning(self) -> Learning:
        """All but the test speakers."""
        return Learning(self.name, self.train, self.validation)

    def with_noise(self, noise: Split) -> Split:
        """Return the split with recordings without speech in each part."""
        return Split(
            self.name,
            [*self.train, *noise.train],
            [*self.validation, *noise.validation],
            [*self.test, *noise.test],
            self.groups,
        )


def splits(
    judged: Sequence[Clip], learned: Sequence[Clip], groups: Mapping[str, str], settings: ProtocolSettings
) -> list[Split]:
    """Split clips by a protocol.

    Args:
        judged: Clips of the corpora that are judged.
        learned: Clips that are only learned from; speakers who share a recording with them are not judged.
        groups: Of each speaker, the group that may not be torn apart.
        settings: The protocol.

    Returns:
        A split a fold; over all folds of `kfold` and `loso`, each clip of ``judged`` is tested once.

    Raises:
        EdgeSerError: there are too few speakers for the protocol, or a label has one speaker only.
    """
    every = _Everybody(judged, groups)
    if settings.name == "cross":
        learners = _Everybody(learned, groups)
        result = [_split("cross", learned, [], learners.validation([], settings), {*every.groups}, groups, judged)]
    else:
        result = [
            _split(name, judged, learned, every.validation(test, settings), set(test), groups, judged)
            for name, test in _tests(every, settings)
        ]
    _check(result)
    return result


def noise_split(clips: Sequence[Clip]) -> Split:
    """Split recordings without speech, takes of one recording together; the same in every protocol."""
    use: dict[str, int] = {}
    for corpus in sorted({clip.corpus for clip in clips}):  # each by itself: what is added to one moves no other
        sources = sorted({clip.speaker for clip in clips if clip.corpus == corpus})
        random.Random(f"{_NOISE_SEED} {corpus}").shuffle(sources)
        validation, test = (round(share * len(sources)) for share in _NOISE_SHARES)
        use |= {source: 2 if i < test else 1 if i < test + validation else 0 for i, source in enumerate(sources)}
    parts = [[clip for clip in clips if use[clip.speaker] == part] for part in range(3)]
    return Split("noise", parts[0], parts[1], parts[2], {})


class _Everybody:
    """The groups of some clips, a corpus at a time, in a fixed order."""

    def __init__(self, clips: Sequence[Clip], groups: Mapping[str, str]) -> None:
        self.by_corpus: dict[str, list[str]] = defaultdict(list)
        self.sexes: dict[str, str] = {}
        self._parts: dict[str, set[str | None]] = defaultdict(set)  # that a manifest puts them into
        seen = set()
        for clip in sorted(clips, key=lambda clip: (clip.corpus, clip.speaker)):
            group = groups.get(clip.speaker, clip.speaker)
            if group not in seen:
                seen.add(group)
                self.by_corpus[clip.corpus].append(group)
                self.sexes[group] = clip.sex or ""
            self._parts[group].add(clip.part)

    def given(self, corpus: str, part: str) -> list[str]:
        """Return the groups that a manifest puts into a part.

        Raises:
            EdgeSerError: it puts them into another one too.
        """
        groups = [group for group in self.by_corpus[corpus] if part in self._parts[group]]
        for group in groups:
            if len(self._parts[group]) > 1:
                raise EdgeSerError(
                    f"the manifest of {corpus} puts {group} into {part} and into another part too; a speaker, and "
                    "those who share a recording, belong into one part"
                )
        return groups

    @property
    def groups(self) -> list[str]:
        return [group for groups in self.by_corpus.values() for group in groups]

    def shuffled(self, corpus: str, seed: int, fold: str = "") -> list[str]:
        """Return the groups in an order of chance in which the sexes take turns, so that any part has both."""
        groups = list(self.by_corpus[corpus])
        random.Random(f"{seed} {corpus} {fold}".rstrip()).shuffle(groups)
        place: dict[str, float] = {}
        for sex in set(self.sexes.values()):
            same = [group for group in groups if self.sexes[group] == sex]
            place |= {group: (i + 0.5) / len(same) for i, group in enumerate(same)}
        return sorted(groups, key=lambda group: (place[group], self.sexes[group]))

    def validation(self, test: Sequence[str], settings: ProtocolSettings) -> set[str]:
        """Choose from each corpus speakers that are not tested: a share of all of them, one at least."""
        chosen: set[str] = set()
        for corpus, groups in self.by_corpus.items():
            if settings.name in ("holdout", "cross") and (given := self.given(corpus, "validation")):
                chosen |= set(given) - set(test)
                continue
            # In a holdout they follow the test speakers in the same order.
            fold = "" if settings.name == "holdout" else f"validation {' '.join(sorted(test))}"
            rest = [group for group in self.shuffled(corpus, settings.seed, fold) if group not in test]
            count = max(1, round(settings.validation * (len(groups) if settings.name == "holdout" else len(rest))))
            chosen |= set(rest[: min(count, len(rest) - 1)])
        return chosen


def _tests(every: _Everybody, settings: ProtocolSettings) -> list[tuple[str, list[str]]]:
    """Return each fold's name and the groups that it tests."""
    count = len(every.groups)
    least = {"holdout": 3, "kfold": max(3, settings.folds), "loso": 3}[settings.name]
    if count < least:
        raise EdgeSerError(
            f"protocol {settings.name} needs {least} speakers or more who share no recording, there are {count}"
            f" ({', '.join(every.groups)}); take fewer folds, another protocol, or a corpus that names its speakers"
        )
    if settings.name == "holdout":
        test = []
        for corpus, groups in every.by_corpus.items():
            if given := every.given(corpus, "test"):
                test += given
                continue
            test += every.shuffled(corpus, settings.seed)[: max(1, round(settings.test * len(groups)))]
        return [("holdout", test)]
    if settings.name == "loso":
        numbered = enumerate(every.groups, 1)
        return [(f"{number:02d}-{group.replace('/', '-')}", [group]) for number, group in numbered]
    folds: list[list[str]] = [[] for _ in range(settings.folds)]
    dealt = 0
    for corpus in every.by_corpus:
        by_sex = sorted(every.shuffled(corpus, settings.seed), key=every.sexes.__getitem__)
        for group in by_sex:  # dealt out one after the other
            folds[dealt % settings.folds].append(group)
            dealt += 1
    return [(f"fold-{number}", fold) for number, fold in enumerate(folds, 1)]


def _split(
    name: str,
    learners: Sequence[Clip],
    learned: Sequence[Clip],
    validation: set[str],
    test: set[str],
    groups: Mapping[str, str],
    judged: Sequence[Clip],
) -> Split:
    def group(clip: Clip) -> str:
        return groups.get(clip.speaker, clip.speaker)

    return Split(
        name,
        train=[
            *(clip for clip in learners if group(clip) not in test | validation),
            *(clip for clip in learned if group(clip) not in test | validation),
        ],
        validation=[clip for clip in learners if group(clip) in validation - test],
        test=[clip for clip in judged if group(clip) in test],
        groups=groups,
    )


def _check(folds: Sequence[Split]) -> None:
    for fold in folds:
        if not fold.validation or not fold.train:
            raise EdgeSerError(
                f"{fold.name}: too few speakers to keep one apart for selection and calibration, beside those who are "
                "learned from; add a corpus, or take fewer folds"
            )
        learned = {clip.label or "" for clip in fold.train}
        for label in sorted({clip.label or "" for clip in fold.test} - learned):
            everyone = (*fold.train, *fold.validation, *fold.test)
            speakers = sorted({clip.speaker for clip in everyone if clip.label == label})
            who = f"{len(speakers)} speaker{'s' if len(speakers) > 1 else ''} ({', '.join(speakers[:3])}"
            raise EdgeSerError(
                f"{label} cannot be judged: of its {who}{', ...' if len(speakers) > 3 else ''}) none is left to learn "
                f"it from in {fold.name}; leave it out with --classes, or take more folds"
            )
