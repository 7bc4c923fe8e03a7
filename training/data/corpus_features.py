"""Computes the features of whole corpora, of the recordings and of their augmented copies, and caches them on disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, replace
from functools import partial
from pathlib import Path

from training.corpora import Clip, CorpusListing
from training.data import cache, protocols
from training.data.utterances import ClipFeatures, CopySpec, Utterance, extract
from training.settings import AugmentSettings
from training.support import progress, workers


@dataclass(frozen=True)
class CorpusFeatures:
    """A corpus with its stored features.

    Attributes:
        clips: All clips of the corpus, including those whose labels the run does not use.
        digests: Hash of each recording's content.
        entries: The stored features, one entry for each copy; the first is of the recordings themselves.
    """

    clips: list[Clip]
    digests: list[str]
    entries: list[cache.Entry]

    def failures(self) -> dict[Path, str]:
        """Return the recordings that cannot be read, each with the reason."""
        return {self.clips[i].path: reason for i, reason in self.entries[0].failures().items()}

    def utterances(self, copy: int = 0) -> list[Utterance]:
        """Return all utterances of one copy; their cepstra stay on disk until they are used."""
        return self.entries[copy].read(self.clips)


def compute(
    listings: Mapping[str, CorpusListing], noise: str, augmentation: AugmentSettings, folder: Path, jobs: int
) -> dict[str, CorpusFeatures]:
    """Compute the features of corpora; those that are in the cache are not computed again.

    Args:
        listings: The corpora by name.
        noise: Name of the corpus whose training part is mixed into the copies; empty for none.
        augmentation: How many copies to make, and how.
        folder: Folder of the cache.
        jobs: Number of parallel processes.
    """
    original = CopySpec(0, augmentation, (), folder / "impulse-responses")
    digests_of = {name: digests(listing.clips) for name, listing in listings.items()}
    noises: list[Clip] = []
    if noise:
        entry = _entry(folder, noise, listings[noise].clips, digests_of[noise], original, [], jobs)
        failed = entry.failures()
        readable = [clip for i, clip in enumerate(listings[noise].clips) if i not in failed]
        noises = protocols.noise_split(readable).train
    spec = replace(original, noises=tuple(clip.path for clip in noises))
    noise_digests = digests(noises)
    return {
        name: CorpusFeatures(
            listing.clips,
            digests_of[name],
            [
                _entry(folder, name, listing.clips, digests_of[name], replace(spec, copy=copy), noise_digests, jobs)
                for copy in range(augmentation.copies + 1)
            ],
        )
        for name, listing in listings.items()
    }


def _entry(
    folder: Path, name: str, clips: list[Clip], digests: list[str], spec: CopySpec, noises: list[str], jobs: int
) -> cache.Entry:
    kinds = "".join("n" if clip.label is None else "v" for clip in clips)  # noise or voice
    # The number of copies, the first setting, changes none of them.
    changes = (astuple(spec.settings)[1:], tuple(noises)) if spec.copy else ()
    entry = cache.entry(folder, name, spec.copy, digests, (kinds, *changes))
    which = f", augmented copy {spec.copy} of {spec.settings.copies}" if spec.copy else ""
    fill(entry, partial(extract, spec=spec), clips, digests, f"features of {name}{which}", jobs)
    return entry


def fill(
    entry: cache.Entry,
    work: Callable[[Clip, str], ClipFeatures],
    clips: Sequence[Clip],
    digests: Sequence[str],
    title: str,
    jobs: int,
) -> None:
    """Compute the features of a cache entry in parallel, unless they are stored already.

    Args:
        entry: Where to store the features.
        work: Returns the features of a clip; the second argument is the hash of the recording's content.
        clips: The clips.
        digests: Hash of each recording's content.
        title: Title of the progress bar.
        jobs: Number of parallel processes.
    """
    if entry.complete:
        return
    with workers.pool(min(jobs, len(clips))) as pool:
        results = pool.map(work, clips, digests, chunksize=16)
        entry.write(progress.bar(results, title, len(clips), "clip"))


def digests(clips: Sequence[Clip]) -> list[str]:
    """Return the hash of each recording's content."""
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(cache.digest, (clip.path for clip in clips)))
