"""Recordings without speech: ``noise/esc10_rain_1-17367-A.ogg``, and whatever else is put there."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from training.corpora import tree
from training.corpora.clip import Clip, Found
from training.corpora.corpus import Corpus


def _read(folder: Path) -> Found:
    def clip_of(path: Path) -> Clip | str:
        # Takes A, B, ... of one recording belong together.
        parts = path.stem.split("-")
        source = "-".join(parts[:2]) if len(parts) == 3 else path.stem
        return Clip(path, "noise", "/".join(("noise", *path.parent.relative_to(folder).parts, source)), None)

    return tree.read(folder, clip_of, names_are_unique=False)


CORPUS: Final = Corpus(
    name="noise",
    title="Noises: of ESC-10 and of the Speech Commands' background recordings",
    aliases=("noises",),
    languages=(),
    licence="CC BY 3.0 / 4.0",
    ships=True,
    get="https://github.com/karolpiczak/ESC-50 (its ESC-10), or any recordings without speech",
    clips=None,
    speakers=None,
    labels={},
    left_out="nothing",
    citation="Piczak, ESC: Dataset for Environmental Sound Classification, ACM Multimedia 2015; Warden, "
    "Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition, arXiv:1804.03209, 2018",
    read=_read,
)
