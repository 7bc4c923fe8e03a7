"""The recordings of a run with their features: what is there, what is left out and why."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge_ser.errors import InvalidSetting, NoRecordings
from training import corpora
from training.corpora import Clip, Found, Skipped, labels
from training.data import copies, corpus_features, synthetic_clips
from training.data.corpus_features import CorpusFeatures
from training.settings import AugmentSettings, DataSettings

Say = Callable[[str], None]


@dataclass(frozen=True)
class Utterance:
    """One utterance of a clip.

    Attributes:
        clip: Where it comes from.
        cepstra: Normalized, not yet scaled to int8: shape ``(frames, coefficients)``, int32, Q12.
        speech: Which frames hold speech, shape ``(frames,)``, bool.
    """

    clip: Clip
    cepstra: npt.NDArray[np.int32]
    speech: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Dataset:
    """All that a run may learn from or be judged on.

    Attributes:
        labels: The run's labels, in the order of the outputs.
        judged: Clips of the corpora that are judged.
        learned: Clips of those that are only learned from.
        noise: Recordings without speech.
        groups: Of each speaker, the group that never crosses a split: himself, or those who share a recording.
        skipped: Files that are left out, with reasons.
        fingerprint: Hash of the content, label and speaker of every clip that is used.
        warnings: What a user should know of the corpora, a line each.
        features: Of the corpora, in all variants.
    """

    labels: tuple[str, ...]
    judged: list[Clip]
    learned: list[Clip]
    noise: list[Clip]
    groups: dict[str, str]
    skipped: list[Skipped]
    fingerprint: str
    warnings: list[str]
    features: list[CorpusFeatures]

    @property
    def reasons(self) -> dict[str, int]:
        """How many files are left out for which reason."""
        return dict(sorted(Counter(skip.reason for skip in self.skipped).items()))

    def utterances(self, clips: Iterable[Clip], variant: int = 0) -> list[Utterance]:
        """Return the utterances of some clips in one variant; a clip in which no speech was heard has none."""
        wanted = {clip.path for clip in clips}
        return [
            Utterance(*parts)
            for corpus in self.features
            if any(clip.path in wanted for clip in corpus.clips)
            for parts in corpus.utterances(variant)
            if parts[0].path in wanted
        ]


def load(
    data: Path,
    settings: DataSettings,
    augmentation: AugmentSettings,
    folder: Path,
    jobs: int,
    say: Say,
    known_labels: Sequence[str] = labels.LABELS,
    cross: bool = False,
) -> Dataset:
    """Read corpora and make what is missing of their features.

    Args:
        data: The data folder.
        settings: Which corpora and labels.
        augmentation: The variants; of corpora that are judged by a finished model, none.
        folder: Folder of the cache.
        jobs: Processes that make features.
        say: Takes a line of progress or warning.
        known_labels: Labels that may be chosen from: those of a finished model.
        cross: Whether nothing is learned from the judged corpora, so that their labels have to occur in the others.

    Raises:
        NoRecordings: a corpus is not there, or nothing usable is left of it.
        InvalidSetting: the labels asked for are not there, or recordings are asked for twice.
    """
    noise = settings.noise if settings.noise and corpora.folder_of(data, settings.noise) else ""
    names = [*settings.corpora, *settings.learn_from, *([noise] if noise else [])]
    found = {name: corpora.read(data, name) for name in names}
    _check_once(names, found)
    if noise and settings.sounds:
        made = synthetic_clips.recordings(folder, settings.sounds)
        found[noise] = Found([*found[noise].clips, *made], found[noise].skipped)
    warnings = [line for name in names for line in corpora.warnings(found[name], name)]
    if settings.noise and not noise:
        warnings.append(f"no folder {settings.noise} with recordings without speech: noises are not learned")
    for line in warnings:
        say(line)
    labels_of = partial(_labels, settings=settings, known=known_labels, cross=cross)
    labels_of({name: found[name].clips for name in names})  # what is wrong with them is said before the work
    features = corpus_features.make(found, noise, augmentation, folder, jobs)
    clips, skipped = _readable(found, features)
    for name in names:
        if failures := [f"{path.name}: {reason}" for path, reason in features[name].failures().items()]:
            count = f"{len(failures)} recording{'s' if len(failures) > 1 else ''}"
            warnings.append(f"{name}: skipped {count} that cannot be read, for example {failures[0]}")
            say(warnings[-1])
    chosen = labels_of(clips)
    other = [clip for name in names for clip in clips[name] if clip.label is not None and clip.label not in chosen]
    skipped += [Skipped(clip.path, f"{clip.label} is none of the classes of this run") for clip in other]
    twice = copies.find((c for name in names for c in clips[name] if c.label in chosen), features.values())
    for line in twice.warnings:
        say(line)
    skipped += twice.skipped
    left_out = {skip.path for skip in skipped}
    used = {name: [clip for clip in clips[name] if clip.path not in left_out] for name in names}
    judged = [clip for name in settings.corpora for clip in used[name]]
    if not judged:
        raise NoRecordings(f"{', '.join(settings.corpora)}: no recording has one of the labels {', '.join(chosen)}")
    return Dataset(
        labels=chosen,
        judged=judged,
        learned=[clip for name in settings.learn_from for clip in used[name]],
        noise=used[noise] if noise else [],
        groups=twice.groups,
        skipped=skipped,
        fingerprint=_fingerprint(used, features),
        warnings=[*warnings, *twice.warnings],
        features=list(features.values()),
    )


def _check_once(names: Sequence[str], found: Mapping[str, Found]) -> None:
    for one, other in combinations(names, 2):
        if {clip.path for clip in found[one].clips} & {clip.path for clip in found[other].clips}:
            raise InvalidSetting(f"data: the corpora {one} and {other} hold the same recordings; name them once")


def _readable(
    found: Mapping[str, Found], features: Mapping[str, CorpusFeatures]
) -> tuple[dict[str, list[Clip]], list[Skipped]]:
    """Return the clips that can be read, and what is left out with reasons."""
    clips, skipped = {}, [skip for corpus in found.values() for skip in corpus.skipped]
    for name, corpus in found.items():
        failures = features[name].failures()
        skipped += [Skipped(path, reason) for path, reason in failures.items()]
        clips[name] = [clip for clip in corpus.clips if clip.path not in failures]
        if not clips[name]:
            path, reason = next(iter(failures.items()))
            raise NoRecordings(f"no recording of {name} can be read; the first: {path.name}: {reason}")
    return clips, skipped


def _labels(
    clips: Mapping[str, list[Clip]], settings: DataSettings, known: Sequence[str], cross: bool
) -> tuple[str, ...]:
    there = set(known)
    for names in (settings.corpora, *([settings.learn_from] if cross else [])):
        there &= {clip.label for name in names for clip in clips[name] if clip.label}
    return labels.choose(settings.classes, sorted(there))


def _fingerprint(used: Mapping[str, list[Clip]], features: Mapping[str, CorpusFeatures]) -> str:
    facts = []
    for name, clips in used.items():
        digest_of = {
            clip.path: digest for clip, digest in zip(features[name].clips, features[name].digests, strict=True)
        }
        facts += [(clip.corpus, clip.speaker, clip.label, digest_of[clip.path]) for clip in clips]
    return hashlib.sha256(repr(sorted(facts, key=repr)).encode()).hexdigest()
