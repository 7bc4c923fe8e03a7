"""Makes the features of whole corpora, in all variants, and keeps them on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.corpora import Clip, Found
from training.data import cache, protocols
from training.data.utterances import Analysis, Recipe, analyze
from training.settings import AugmentSettings
from training.support import progress, workers


@dataclass(frozen=True)
class CorpusFeatures:
    """A corpus with its stored features.

    Attributes:
        clips: As the corpus has them, labels that a run does not want included.
        digests: Hash of each recording's content.
        entries: The stored features, one a variant; the first is of the recordings themselves.
    """

    clips: list[Clip]
    digests: list[str]
    entries: list[cache.Entry]

    def failures(self) -> dict[Path, str]:
        """Return which recordings cannot be read, and why."""
        return {self.clips[i].path: reason for i, reason in self.entries[0].failures().items()}

    def utterances(self, variant: int = 0) -> Iterator[tuple[Clip, npt.NDArray[np.int32], npt.NDArray[np.bool_]]]:
        """Yield clip, cepstra and speech frames of each utterance; cepstra stay on disk until they are used."""
        for index, cepstra, speech in zip(*self.entries[variant].read(), strict=True):
            yield self.clips[index], cepstra, speech


def make(
    found: Mapping[str, Found], noise: str, augmentation: AugmentSettings, folder: Path, jobs: int
) -> dict[str, CorpusFeatures]:
    """Make what is missing of the features of corpora.

    Args:
        found: The corpora by name.
        noise: Name of the one that is mixed in, its training part that is; empty for none.
        augmentation: The variants.
        folder: Folder of the cache.
        jobs: Processes at a time.
    """
    clean = Recipe(0, augmentation, (), folder / "rooms")
    digests_of = {name: digests(corpus.clips) for name, corpus in found.items()}
    noises: list[Clip] = []
    if noise:
        entry = _entry(folder, noise, found[noise].clips, digests_of[noise], clean, [], jobs)
        failed = entry.failures()
        readable = [clip for i, clip in enumerate(found[noise].clips) if i not in failed]
        noises = protocols.noise_split(readable).train
    recipe = replace(clean, noises=tuple(clip.path for clip in noises))
    noise_digests = digests(noises)
    return {
        name: CorpusFeatures(
            corpus.clips,
            digests_of[name],
            [
                _entry(folder, name, corpus.clips, digests_of[name], replace(recipe, variant=v), noise_digests, jobs)
                for v in range(augmentation.variants + 1)
            ],
        )
        for name, corpus in found.items()
    }


def _entry(
    folder: Path, name: str, clips: list[Clip], digests: list[str], recipe: Recipe, noises: list[str], jobs: int
) -> cache.Entry:
    kinds = "".join("n" if clip.label is None else "v" for clip in clips)
    # How many variants there are does not change any of them.
    changes = (astuple(recipe.settings)[1:], tuple(noises)) if recipe.variant else ()
    entry = cache.entry(folder, name, recipe.variant, digests, (kinds, *changes))
    of = f" variant {recipe.variant} of {recipe.settings.variants}" if recipe.settings.variants else ""
    fill(entry, partial(analyze, recipe=recipe), clips, digests, f"features of {name}{of}", jobs)
    return entry


def fill(
    entry: cache.Entry,
    work: Callable[[Clip, str], Analysis],
    clips: Sequence[Clip],
    digests: Sequence[str],
    title: str,
    jobs: int,
) -> None:
    """Make the features of an entry if they are not there yet, several clips at a time, with a bar of this title."""
    if entry.complete:
        return
    with workers.pool(min(jobs, len(clips))) as pool:
        made = pool.map(work, clips, digests, chunksize=16)
        entry.write(progress.bar(made, title, len(clips), "clip"))


def digests(clips: Sequence[Clip]) -> list[str]:
    """Return the hash of each recording's content."""
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(cache.digest, (clip.path for clip in clips)))
