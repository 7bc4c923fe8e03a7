"""EmoDB: ``wav/03a01Fa.wav``: speaker, text, emotion (first letter of the German word), version."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from training.corpora import tree
from training.corpora.clip import Clip, CorpusListing
from training.corpora.corpus import Corpus

_LABELS: Final = {
    "W": "anger",
    "E": "disgust",
    "A": "fear",
    "F": "happiness",
    "N": "neutral",
    "T": "sadness",
    "L": "boredom",
}
_NAME: Final = re.compile(r"(\d{2})[ab]\d{2}([WEAFNTL])[a-z]?", re.IGNORECASE)
_SEXES: Final = dict.fromkeys(("03", "10", "11", "12", "15"), "male") | dict.fromkeys(
    ("08", "09", "13", "14", "16"), "female"
)


def _read(folder: Path) -> CorpusListing:
    def clip_of(path: Path) -> Clip | str:
        match = _NAME.fullmatch(path.stem)
        if not match or match[1] not in _SEXES:
            return tree.UNRECOGNIZED
        return Clip(path, "emodb", f"emodb/{match[1]}", _LABELS[match[2].upper()], _SEXES[match[1]], "de")

    return tree.read(folder, clip_of)


CORPUS: Final = Corpus(
    name="emodb",
    title="EmoDB, Berlin Database of Emotional Speech",
    aliases=("berlin-database-of-emotional-speech-emodb", "Berlin Database of Emotional Speech"),
    languages=("de",),
    licence="CC0 1.0",
    ships=True,
    get="http://emodb.bilderbar.info/download",
    clips=535,
    speakers=10,
    labels=_LABELS,
    left_out="nothing",
    citation="Burkhardt et al., A Database of German Emotional Speech, Interspeech 2005",
    read=_read,
)
