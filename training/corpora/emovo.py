"""EMOVO: ``f1/dis-f1-b1.wav``: emotion (first letters of the Italian word), speaker, sentence."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from training.corpora import tree
from training.corpora.clip import Clip, CorpusListing
from training.corpora.corpus import Corpus

_LABELS: Final = {
    "dis": "disgust",  # disgusto
    "gio": "happiness",  # gioia
    "neu": "neutral",  # neutro
    "pau": "fear",  # paura
    "rab": "anger",  # rabbia
    "sor": "surprise",  # sorpresa
    "tri": "sadness",  # tristezza
}
_NAME: Final = re.compile(rf"({'|'.join(_LABELS)})-([fm][123])-[a-z]\d", re.IGNORECASE)


def _read(folder: Path) -> CorpusListing:
    def clip_of(path: Path) -> Clip | str:
        match = _NAME.fullmatch(path.stem.lower())
        if not match:
            return tree.UNRECOGNIZED
        emotion, speaker = match.groups()
        sex = "female" if speaker[0] == "f" else "male"
        return Clip(path, "emovo", f"emovo/{speaker}", _LABELS[emotion], sex, "it")

    return tree.read(folder, clip_of)


CORPUS: Final = Corpus(
    name="emovo",
    title="EMOVO, Italian Emotional Speech Database",
    aliases=("emovo-italian-ser-dataset", "EMOVO Corpus"),
    languages=("it",),
    licence="non-commercial",
    ships=False,
    get="http://voice.fub.it/activities/corpora/emovo/index.html",
    clips=588,
    speakers=6,
    labels=_LABELS,
    left_out="nothing",
    citation="Costantini et al., EMOVO Corpus: an Italian Emotional Speech Database, LREC 2014",
    read=_read,
)
