"""Noise: recordings without speech, such as ``noise/esc10_rain_1-17367-A.ogg``, under any name."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from training.corpora import tree
from training.corpora.clip import Clip, CorpusListing
from training.corpora.corpus import Corpus


def _read(folder: Path) -> CorpusListing:
    def clip_of(path: Path) -> Clip | str:
        # The takes A, B, ... of one recording belong together.
        parts = path.stem.split("-")
        recording = "-".join(parts[:2]) if len(parts) == 3 else path.stem
        return Clip(path, "noise", "/".join(("noise", *path.parent.relative_to(folder).parts, recording)), None)

    return tree.read(folder, clip_of, names_are_unique=False)


CORPUS: Final = Corpus(
    name="noise",
    title="Noises from ESC-10 and the background recordings of Speech Commands",
    aliases=("noises",),
    languages=(),
    licence="CC BY 3.0 / 4.0",
    ships=True,
    get="https://github.com/karolpiczak/ESC-50 (subset ESC-10), or any recordings without speech",
    clips=None,
    speakers=None,
    labels={},
    left_out="nothing",
    citation="Piczak, ESC: Dataset for Environmental Sound Classification, ACM Multimedia 2015; Warden, "
    "Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition, arXiv:1804.03209, 2018",
    read=_read,
)
