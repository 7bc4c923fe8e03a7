"""Speaker-independent splits: a group of speakers goes to training, validation or test as a whole."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from edge_ser.errors import EdgeSerError
from training.corpora import Clip
from training.settings import ProtocolSettings

_NOISE_SHARES: Final = (0.15, 0.25)  # of the noises, set aside for validation and for the test
_NOISE_SEED: Final = 7  # the same for all protocols and folds, so that they can share augmented copies


class Leak(ValueError):
    """A speaker or a recording would be in more than one part of a split."""


@dataclass(frozen=True)
class TrainingSplit:
    """The part of a split that training, model selection, calibration and quantization get: without test speakers.

    Attributes:
        name: Name of the fold.
        train: Clips to train on, including noises.
        validation: Clips for model selection and calibration, including noises.
    """

    name: str
    train: list[Clip]
    validation: list[Clip]


@dataclass(frozen=True)
class Split:
    """Clips by use.  Model selection, thresholds and calibration may read only ``train`` and ``validation``.

    Attributes:
        name: Name of the fold, for files and messages.
        train: Clips to train on.
        validation: Clips for model selection and calibration.
        test: Clips to evaluate on.
        groups: The group of each speaker, which must not be divided; a speaker who is missing is a group alone.

    Raises:
        Leak: a speaker, a group or a recording is in more than one part.
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
                    f"fold {self.name}: a {what} is in more than one part of the split: {sorted(map(str, crossing))[0]}"
                )

    @property
    def for_training(self) -> TrainingSplit:
        """The split without the test speakers."""
        return TrainingSplit(self.name, self.train, self.validation)

    def with_noise(self, noise: Split) -> Split:
        """Return the split with the recordings without speech added to each part."""
        return Split(
            self.name,
            [*self.train, *noise.train],
            [*self.validation, *noise.validation],
            [*self.test, *noise.test],
            self.groups,
        )


def splits(
    evaluated: Sequence[Clip], training_only: Sequence[Clip], groups: Mapping[str, str], settings: ProtocolSettings
) -> list[Split]:
    """Split clips by a protocol.

    Args:
        evaluated: Clips of the corpora that are evaluated.
        training_only: Clips that are used for training only, except those of groups that are validated or tested.
        groups: The group of each speaker, which must not be divided.
        settings: The protocol.

    Returns:
        One split for each fold; over all folds of `kfold` and `loso`, each clip of ``evaluated`` is tested once.

    Raises:
        EdgeSerError: there are too few speakers for the protocol, or a label has only one speaker.
    """
    speakers = _SpeakerGroups(evaluated, groups)
    if settings.name == "cross":
        validation = _SpeakerGroups(training_only, groups).validation([], settings)
        result = [_split("cross", training_only, [], validation, {*speakers.groups}, groups, evaluated)]
    else:
        result = [
            _split(name, evaluated, training_only, speakers.validation(test, settings), set(test), groups, evaluated)
            for name, test in _tests(speakers, settings)
        ]
    _check(result)
    return result


def noise_split(clips: Sequence[Clip]) -> Split:
    """Split recordings without speech in the same way for every protocol; takes of one recording stay together."""
    use: dict[str, int] = {}
    for corpus in sorted(
        {clip.corpus for clip in clips}
    ):  # each separately: an addition to one does not change another
        sources = sorted({clip.speaker for clip in clips if clip.corpus == corpus})
        random.Random(f"{_NOISE_SEED} {corpus}").shuffle(sources)
        validation, test = (round(share * len(sources)) for share in _NOISE_SHARES)
        use |= {source: 2 if i < test else 1 if i < test + validation else 0 for i, source in enumerate(sources)}
    parts = [[clip for clip in clips if use[clip.speaker] == part] for part in range(3)]
    return Split("noise", parts[0], parts[1], parts[2], {})


class _SpeakerGroups:
    """The groups of speakers of some clips, by corpus, in a fixed order."""

    def __init__(self, clips: Sequence[Clip], groups: Mapping[str, str]) -> None:
        self.by_corpus: dict[str, list[str]] = defaultdict(list)
        self.sexes: dict[str, str] = {}
        self._parts: dict[str, set[str | None]] = defaultdict(set)  # that a manifest assigns them to
        seen = set()
        for clip in sorted(clips, key=lambda clip: (clip.corpus, clip.speaker)):
            group = groups.get(clip.speaker, clip.speaker)
            if group not in seen:
                seen.add(group)
                self.by_corpus[clip.corpus].append(group)
                self.sexes[group] = clip.sex or ""
            self._parts[group].add(clip.part)

    def assigned(self, corpus: str, part: str) -> list[str]:
        """Return the groups that a manifest assigns to a part.

        Raises:
            EdgeSerError: it assigns them to another part, too.
        """
        groups = [group for group in self.by_corpus[corpus] if part in self._parts[group]]
        for group in groups:
            if len(self._parts[group]) > 1:
                raise EdgeSerError(
                    f"the manifest of {corpus} assigns {group} to {part} and to another part; a speaker, and all "
                    "speakers who share a recording, must be in one part"
                )
        return groups

    @property
    def groups(self) -> list[str]:
        return [group for groups in self.by_corpus.values() for group in groups]

    def shuffled(self, corpus: str, seed: int, fold: str = "") -> list[str]:
        """Return the groups in a random order in which the sexes alternate, so that any part has both."""
        groups = list(self.by_corpus[corpus])
        random.Random(f"{seed} {corpus} {fold}".rstrip()).shuffle(groups)
        place: dict[str, float] = {}
        for sex in set(self.sexes.values()):
            same = [group for group in groups if self.sexes[group] == sex]
            place |= {group: (i + 0.5) / len(same) for i, group in enumerate(same)}
        return sorted(groups, key=lambda group: (place[group], self.sexes[group]))

    def validation(self, test: Sequence[str], settings: ProtocolSettings) -> set[str]:
        """Choose the validation speakers among those who are not tested: a share of each corpus, at least one."""
        chosen: set[str] = set()
        for corpus, groups in self.by_corpus.items():
            if settings.name in ("holdout", "cross") and (assigned := self.assigned(corpus, "validation")):
                chosen |= set(assigned) - set(test)
                continue
            # In a holdout, they follow the test speakers in the same order.
            fold = "" if settings.name == "holdout" else f"validation {' '.join(sorted(test))}"
            rest = [group for group in self.shuffled(corpus, settings.seed, fold) if group not in test]
            count = max(1, round(settings.validation * (len(groups) if settings.name == "holdout" else len(rest))))
            chosen |= set(rest[: min(count, len(rest) - 1)])
        return chosen


def _tests(speakers: _SpeakerGroups, settings: ProtocolSettings) -> list[tuple[str, list[str]]]:
    """Return each fold's name and the groups that it tests."""
    count = len(speakers.groups)
    least = {"holdout": 3, "kfold": max(3, settings.folds), "loso": 3}[settings.name]
    if count < least:
        raise EdgeSerError(
            f"protocol {settings.name} needs at least {least} speakers who share no recording, but there are {count}"
            f" ({', '.join(speakers.groups)}); use fewer folds, another protocol, or a corpus that names its speakers"
        )
    if settings.name == "holdout":
        test = []
        for corpus, groups in speakers.by_corpus.items():
            if assigned := speakers.assigned(corpus, "test"):
                test += assigned
                continue
            test += speakers.shuffled(corpus, settings.seed)[: max(1, round(settings.test * len(groups)))]
        return [("holdout", test)]
    if settings.name == "loso":
        numbered = enumerate(speakers.groups, 1)
        return [(f"{number:02d}-{group.replace('/', '-')}", [group]) for number, group in numbered]
    folds: list[list[str]] = [[] for _ in range(settings.folds)]
    dealt = 0
    for corpus in speakers.by_corpus:
        by_sex = sorted(speakers.shuffled(corpus, settings.seed), key=speakers.sexes.__getitem__)
        for group in by_sex:  # dealt to the folds in turn
            folds[dealt % settings.folds].append(group)
            dealt += 1
    return [(f"fold-{number}", fold) for number, fold in enumerate(folds, 1)]


def _split(
    name: str,
    divided: Sequence[Clip],
    training_only: Sequence[Clip],
    validation: set[str],
    test: set[str],
    groups: Mapping[str, str],
    evaluated: Sequence[Clip],
) -> Split:
    """Make a split.

    Args:
        name: Name of the fold.
        divided: Clips whose groups are divided between training and validation.
        training_only: Clips that are used for training only.
        validation: Groups for validation.
        test: Groups for the test.
        groups: The group of each speaker.
        evaluated: Clips to test on, those of other groups excluded.
    """

    def group(clip: Clip) -> str:
        return groups.get(clip.speaker, clip.speaker)

    return Split(
        name,
        train=[
            *(clip for clip in divided if group(clip) not in test | validation),
            *(clip for clip in training_only if group(clip) not in test | validation),
        ],
        validation=[clip for clip in divided if group(clip) in validation - test],
        test=[clip for clip in evaluated if group(clip) in test],
        groups=groups,
    )


def _check(folds: Sequence[Split]) -> None:
    for fold in folds:
        if not fold.validation or not fold.train:
            raise EdgeSerError(
                f"{fold.name}: too few speakers to set one aside for model selection and calibration and to train on "
                "others; add a corpus or use fewer folds"
            )
        trained = {clip.label or "" for clip in fold.train}
        for label in sorted({clip.label or "" for clip in fold.test} - trained):
            everyone = (*fold.train, *fold.validation, *fold.test)
            speakers = sorted({clip.speaker for clip in everyone if clip.label == label})
            names = f"({', '.join(speakers[:3])}{', ...' if len(speakers) > 3 else ''})"
            some = f"none of its {len(speakers)} speakers {names} is" if len(speakers) > 1 else ""
            raise EdgeSerError(
                f"{label} cannot be evaluated: {some or f'its only speaker {names} is not'} in the training part of "
                f"{fold.name}; exclude it with --classes or use more folds"
            )
