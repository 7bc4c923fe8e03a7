"""The recordings of a run with their features, and the files that are left out with the reason."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path

from edge_ser.errors import InvalidSetting, NoRecordings
from training import corpora
from training.corpora import Clip, CorpusListing, Skipped, labels
from training.data import corpus_features, synthetic_clips
from training.data.corpus_features import CorpusFeatures
from training.data.deduplication import deduplicate
from training.data.utterances import Utterance
from training.settings import AugmentSettings, DataSettings

OnMessage = Callable[[str], None]
"""Takes a line of progress or a warning."""


@dataclass(frozen=True)
class Dataset:
    """All recordings that a run may train on or evaluate.

    Attributes:
        labels: The run's labels, in the order of the network's outputs.
        evaluated: Clips of the corpora that are evaluated.
        training_only: Clips of the corpora that are used for training only.
        noise: Recordings without speech.
        groups: The group of each speaker: one speaker, or all who share a recording.  No split divides a group.
        skipped: Files that are left out, with the reason.
        fingerprint: Hash of the content, label and speaker of every clip that is used.
        warnings: What a user should know about the corpora, one line each.
        features: The features of the corpora, with all augmented copies.
    """

    labels: tuple[str, ...]
    evaluated: list[Clip]
    training_only: list[Clip]
    noise: list[Clip]
    groups: dict[str, str]
    skipped: list[Skipped]
    fingerprint: str
    warnings: list[str]
    features: list[CorpusFeatures]

    @property
    def reasons(self) -> dict[str, int]:
        """The number of files left out for each reason."""
        return dict(sorted(Counter(skip.reason for skip in self.skipped).items()))

    def utterances(self, clips: Iterable[Clip], copy: int = 0) -> list[Utterance]:
        """Return the utterances of some clips; a clip in which the speech gate found no speech has none.

        Args:
            clips: The clips.
            copy: Number of the augmented copy; 0 is the recordings themselves.
        """
        wanted = {clip.path for clip in clips}
        return [
            utterance
            for corpus in self.features
            if any(clip.path in wanted for clip in corpus.clips)
            for utterance in corpus.utterances(copy)
            if utterance.clip.path in wanted
        ]


def load(
    data: Path,
    settings: DataSettings,
    augmentation: AugmentSettings,
    folder: Path,
    jobs: int,
    on_message: OnMessage,
    known_labels: Sequence[str] = labels.LABELS,
    cross: bool = False,
) -> Dataset:
    """Read corpora, and compute the features that are not in the cache.

    Args:
        data: The data folder.
        settings: Which corpora and labels to use.
        augmentation: Which augmented copies to make; none for corpora that only evaluate a finished model.
        folder: Folder of the cache.
        jobs: Number of parallel processes.
        on_message: Called with each line of progress or warning.
        known_labels: Labels to choose from: those of a finished model, or all.
        cross: Whether the evaluated corpora are not trained on, so that their labels have to occur in the others.

    Raises:
        NoRecordings: a corpus is missing, or has no usable recording.
        InvalidSetting: the requested labels do not occur, or two corpora contain the same recordings.
    """
    noise = settings.noise if settings.noise and corpora.folder_of(data, settings.noise) else ""
    names = [*settings.corpora, *settings.learn_from, *([noise] if noise else [])]
    listings = {name: corpora.read(data, name) for name in names}
    _check_disjoint(names, listings)
    if noise and settings.sounds:
        synthetic = synthetic_clips.recordings(folder, settings.sounds)
        listings[noise] = CorpusListing([*listings[noise].clips, *synthetic], listings[noise].skipped)
    warnings = [line for name in names for line in corpora.warnings(listings[name], name)]
    if settings.noise and not noise:
        warnings.append(f"no folder {settings.noise} of recordings without speech: training without noise")
    for line in warnings:
        on_message(line)
    labels_of = partial(_labels, settings=settings, known=known_labels, cross=cross)
    labels_of({name: listings[name].clips for name in names})  # reports wrong labels before the long computation
    features = corpus_features.compute(listings, noise, augmentation, folder, jobs)
    clips, skipped = _readable(listings, features)
    for name in names:
        if failures := [f"{path.name}: {reason}" for path, reason in features[name].failures().items()]:
            count = f"{len(failures)} unreadable recording{'s' if len(failures) > 1 else ''}"
            warnings.append(f"{name}: skipped {count}, for example {failures[0]}")
            on_message(warnings[-1])
    chosen = labels_of(clips)
    other = [clip for name in names for clip in clips[name] if clip.label is not None and clip.label not in chosen]
    skipped += [Skipped(clip.path, f"{clip.label} is not a class of this run") for clip in other]
    duplicates = deduplicate((c for name in names for c in clips[name] if c.label in chosen), features.values())
    for line in duplicates.warnings:
        on_message(line)
    skipped += duplicates.skipped
    left_out = {skip.path for skip in skipped}
    used = {name: [clip for clip in clips[name] if clip.path not in left_out] for name in names}
    evaluated = [clip for name in settings.corpora for clip in used[name]]
    if not evaluated:
        raise NoRecordings(f"{', '.join(settings.corpora)}: no recording is labelled {', '.join(chosen)}")
    return Dataset(
        labels=chosen,
        evaluated=evaluated,
        training_only=[clip for name in settings.learn_from for clip in used[name]],
        noise=used[noise] if noise else [],
        groups=duplicates.groups,
        skipped=skipped,
        fingerprint=_fingerprint(used, features),
        warnings=[*warnings, *duplicates.warnings],
        features=list(features.values()),
    )


def _check_disjoint(names: Sequence[str], listings: Mapping[str, CorpusListing]) -> None:
    for one, other in combinations(names, 2):
        if {clip.path for clip in listings[one].clips} & {clip.path for clip in listings[other].clips}:
            raise InvalidSetting(f"data: the corpora {one} and {other} contain the same recordings; name only one")


def _readable(
    listings: Mapping[str, CorpusListing], features: Mapping[str, CorpusFeatures]
) -> tuple[dict[str, list[Clip]], list[Skipped]]:
    """Return the clips that can be read, and the files that are left out with the reason."""
    clips, skipped = {}, [skip for listing in listings.values() for skip in listing.skipped]
    for name, listing in listings.items():
        failures = features[name].failures()
        skipped += [Skipped(path, reason) for path, reason in failures.items()]
        clips[name] = [clip for clip in listing.clips if clip.path not in failures]
        if not clips[name]:
            path, reason = next(iter(failures.items()))
            raise NoRecordings(f"no recording of {name} can be read; the first is {path.name}: {reason}")
    return clips, skipped


def _labels(
    clips: Mapping[str, list[Clip]], settings: DataSettings, known: Sequence[str], cross: bool
) -> tuple[str, ...]:
    available = set(known)
    for names in (settings.corpora, *([settings.learn_from] if cross else [])):
        available &= {clip.label for name in names for clip in clips[name] if clip.label}
    return labels.choose(settings.classes, sorted(available))


def _fingerprint(used: Mapping[str, list[Clip]], features: Mapping[str, CorpusFeatures]) -> str:
    facts = []
    for name, clips in used.items():
        digest_of = {
            clip.path: digest for clip, digest in zip(features[name].clips, features[name].digests, strict=True)
        }
        facts += [(clip.corpus, clip.speaker, clip.label, digest_of[clip.path]) for clip in clips]
    return hashlib.sha256(repr(sorted(facts, key=repr)).encode()).hexdigest()
