"""Features on disk: one folder a corpus and variant, which is never taken for another one's.

The folder's name is a hash of all that the features depend on: the front end's version and parameters, the gate, the
code between a file and its features, the augmentation, and the content of every recording.  So a change of any of them
makes a new folder, and moving the recordings does not.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edge_ser.features import fixed_point, front_end, log_mel, mfcc, parameters
from edge_ser.features.parameters import FrontEndParameters
from edge_ser.recognition import gate
from edge_ser.settings import GateSettings
from edge_ser.sources import recording, resample
from training.augmentation import reverb, voice
from training.data import utterances
from training.data.utterances import Analysis
from training.support import files

_CODE: Final = (fixed_point, front_end, log_mel, mfcc, gate, recording, resample, voice, reverb, utterances)


@dataclass(frozen=True)
class Entry:
    """The stored features of a corpus in one variant.

    Attributes:
        folder: Where they are.
    """

    folder: Path

    @property
    def complete(self) -> bool:
        """Whether it is there; a folder gets its name only when it is whole."""
        return self.folder.is_dir()

    def write(self, analyses: Iterable[Analysis]) -> None:
        """Store what was found in each clip, in the clips' order.

        Raises:
            OutputFailed: the disk is full, or the place may not be written; nothing is left then.
        """
        found = list(analyses)
        rows = [(i, features) for i, analysis in enumerate(found) for features in analysis.utterances]
        cepstra = [f.cepstra for _, f in rows] or [np.zeros((0, 1), np.int32)]
        temporary = self.folder.with_name(f".{os.getpid()}-{self.folder.name}")
        try:
            temporary.mkdir(parents=True, exist_ok=True)
            np.save(temporary / "cepstra.npy", np.concatenate(cepstra))
            np.save(temporary / "speech.npy", np.concatenate([f.speech for _, f in rows] or [np.zeros(0, np.bool_)]))
            np.save(temporary / "clip.npy", np.array([i for i, _ in rows], np.int64))
            np.save(temporary / "frames.npy", np.array([len(f.cepstra) for _, f in rows], np.int64))
            files.write_json(temporary / "failures.json", {str(i): a.failure for i, a in enumerate(found) if a.failure})
            temporary.rename(self.folder)
        except OSError as error:
            shutil.rmtree(temporary, ignore_errors=True)
            if not self.complete:  # else another process was quicker, with the same content
                raise files.failure(self.folder, error) from None
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise

    def read(self) -> tuple[npt.NDArray[np.int64], list[npt.NDArray[np.int32]], list[npt.NDArray[np.bool_]]]:
        """Return each utterance's clip, cepstra and speech frames; arrays stay on disk until they are used."""
        ends = np.cumsum(np.load(self.folder / "frames.npy"))
        starts = np.concatenate(([0], ends[:-1])) if len(ends) else ends
        cepstra = np.load(self.folder / "cepstra.npy", mmap_mode="r") if len(ends) else np.zeros((0, 1), np.int32)
        speech = np.load(self.folder / "speech.npy")
        spans = list(zip(starts, ends, strict=True))
        return np.load(self.folder / "clip.npy"), [cepstra[a:b] for a, b in spans], [speech[a:b] for a, b in spans]

    def failures(self) -> dict[int, str]:
        """Return which clips could not be read, by their index, and why."""
        return {int(i): reason for i, reason in files.read_json(self.folder / "failures.json").items()}


def entry(folder: Path, corpus: str, variant: int, digests: Sequence[str], made_of: Any) -> Entry:
    """Return the place of a corpus' features in a variant.

    Args:
        folder: Folder of the cache.
        corpus: Its name, for people who look there.
        variant: 0 for the recordings themselves.
        digests: Of the content of each recording, in order.
        made_of: What else the features depend on; its ``repr`` tells.
    """
    code = b"".join(Path(str(module.__file__)).read_bytes() for module in _CODE)
    basis = (parameters.VERSION, FrontEndParameters(), GateSettings(), variant, list(digests), made_of)
    key = hashlib.sha256(code + repr(basis).encode()).hexdigest()[:16]
    return Entry(folder / f"{corpus.replace('/', '_')}-{variant}-{key}")


def digest(path: Path) -> str:
    """Return a hash of a recording's content; of a file that cannot be read, of that."""
    try:
        return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
    except OSError as error:
        return f"unreadable {error.errno}"
