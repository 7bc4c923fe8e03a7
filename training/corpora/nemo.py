"""nEMO: ``samples/EB0_anger_1.wav``: speaker, emotion, sentence; ``data.tsv`` lists the speakers' sexes."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Final

from training.corpora import tree
from training.corpora.clip import Clip, CorpusListing
from training.corpora.corpus import Corpus

_LABELS: Final = {
    "anger": "anger",
    "fear": "fear",
    "happiness": "happiness",
    "neutral": "neutral",
    "sadness": "sadness",
    "surprised": "surprise",
}
_NAME: Final = re.compile(rf"([A-Z]{{2}}\d)_({'|'.join(_LABELS)})_\d+", re.IGNORECASE)


def _sexes(folder: Path) -> dict[str, str]:
    sexes: dict[str, str] = {}
    for path in tree.files(folder, lambda path: path.name == "data.tsv")[:1]:
        with path.open(newline="", encoding="utf-8") as file:
            # Sentences contain unpaired quotation marks; the names of speakers begin with spaces.
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                sexes[(row.get("speaker_id") or "").strip()] = (row.get("gender") or "").strip()
    return sexes


def _read(folder: Path) -> CorpusListing:
    sexes = _sexes(folder)

    def clip_of(path: Path) -> Clip | str:
        match = _NAME.fullmatch(path.stem)
        if not match:
            return tree.UNRECOGNIZED
        speaker = match[1].upper()
        return Clip(path, "nemo", f"nemo/{speaker}", _LABELS[match[2].lower()], sexes.get(speaker) or None, "pl")

    return tree.read(folder, clip_of)


CORPUS: Final = Corpus(
    name="nemo",
    title="nEMO, Dataset of Emotional Speech in Polish",
    aliases=(),
    languages=("pl",),
    licence="CC BY-NC-SA 4.0",
    ships=False,
    get="https://github.com/amu-cai/nEMO",
    clips=4481,
    speakers=9,
    labels=_LABELS,
    left_out="nothing",
    citation="Christop, nEMO: Dataset of Emotional Speech in Polish, LREC-COLING 2024",
    read=_read,
)
