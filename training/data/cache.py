"""Features on disk: one folder for each copy of a corpus, found by a hash of everything that the features depend on.

The hash covers the version and parameters of the front end, the speech gate, the code between a file and its features,
the augmentation, and the content of every recording.  A change of any of these leads to a new folder; moving the
recordings does not.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from edge_ser.features import fixed_point, front_end, log_mel, mfcc, parameters
from edge_ser.features.parameters import FrontEndParameters
from edge_ser.recognition import gate
from edge_ser.settings import GateSettings
from edge_ser.sources import recording, resample
from training.augmentation import reverb, voice
from training.corpora import Clip
from training.data import utterances
from training.data.utterances import ClipFeatures, Utterance
from training.support import files

_CODE: Final = (fixed_point, front_end, log_mel, mfcc, gate, recording, resample, voice, reverb, utterances)


@dataclass(frozen=True)
class Entry:
    """The stored features of one copy of a corpus.

    Attributes:
        folder: The folder that holds them.
    """

    folder: Path

    @property
    def complete(self) -> bool:
        """Whether the features have been stored; a folder gets its name only when all its files are written."""
        return self.folder.is_dir()

    def write(self, clips: Iterable[ClipFeatures]) -> None:
        """Store the features of each clip, in the order of the clips.

        Raises:
            OutputFailed: the disk is full, or the folder is not writable; nothing is left behind.
        """
        results = list(clips)
        rows = [(i, utterance) for i, result in enumerate(results) for utterance in result.utterances]
        cepstra = [u.cepstra for _, u in rows] or [np.zeros((0, 1), np.int32)]
        temporary = self.folder.with_name(f".{os.getpid()}-{self.folder.name}")
        try:
            temporary.mkdir(parents=True, exist_ok=True)
            np.save(temporary / "cepstra.npy", np.concatenate(cepstra))
            np.save(temporary / "speech.npy", np.concatenate([u.speech for _, u in rows] or [np.zeros(0, np.bool_)]))
            np.save(temporary / "clip.npy", np.array([i for i, _ in rows], np.int64))
            np.save(temporary / "frames.npy", np.array([len(u.cepstra) for _, u in rows], np.int64))
            failures = {str(i): result.failure for i, result in enumerate(results) if result.failure}
            files.write_json(temporary / "failures.json", failures)
            temporary.rename(self.folder)
        except OSError as error:
            shutil.rmtree(temporary, ignore_errors=True)
            if not self.complete:  # otherwise another process finished first, with the same content
                raise files.failure(self.folder, error) from None
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise

    def read(self, clips: Sequence[Clip]) -> list[Utterance]:
        """Return the utterances; their cepstra stay on disk until they are used.

        Args:
            clips: The clips in the order in which they were written.
        """
        ends = np.cumsum(np.load(self.folder / "frames.npy"))
        starts = np.concatenate(([0], ends[:-1])) if len(ends) else ends
        cepstra = np.load(self.folder / "cepstra.npy", mmap_mode="r") if len(ends) else np.zeros((0, 1), np.int32)
        speech = np.load(self.folder / "speech.npy")
        indices = np.load(self.folder / "clip.npy")
        rows = zip(indices, starts, ends, strict=True)
        return [Utterance(clips[i], cepstra[start:end], speech[start:end]) for i, start, end in rows]

    def failures(self) -> dict[int, str]:
        """Return the indices of the clips that cannot be read, each with the reason."""
        return {int(i): reason for i, reason in files.read_json(self.folder / "failures.json").items()}


def entry(folder: Path, corpus: str, copy: int, digests: Sequence[str], dependencies: object) -> Entry:
    """Return where the features of one copy of a corpus are stored.

    Args:
        folder: Folder of the cache.
        corpus: Name of the corpus, for people who look into the cache.
        copy: Number of the augmented copy; 0 is the recordings themselves.
        digests: Hash of the content of each recording, in order.
        dependencies: What else the features depend on; its ``repr`` is hashed.
    """
    code = b"".join(Path(str(module.__file__)).read_bytes() for module in _CODE)
    basis = (parameters.VERSION, FrontEndParameters(), GateSettings(), copy, list(digests), dependencies)
    key = hashlib.sha256(code + repr(basis).encode()).hexdigest()[:16]
    return Entry(folder / f"{corpus.replace('/', '_')}-{copy}-{key}")


def digest(path: Path) -> str:
    """Return a hash of a recording's content, or the error number if the file cannot be read."""
    try:
        return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
    except OSError as error:
        return f"unreadable {error.errno}"
