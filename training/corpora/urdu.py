"""URDU: ``Angry/SM1_F1_A01.wav``: speaker (SM: man, SF: woman), file, emotion and number."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from training.corpora import tree
from training.corpora.clip import Clip, CorpusListing
from training.corpora.corpus import Corpus

_LABELS: Final = {"A": "anger", "H": "happiness", "N": "neutral", "S": "sadness"}
_NAME: Final = re.compile(r"(S[MF]\d+)_F\d+_([AHNS])\d+", re.IGNORECASE)


def _read(folder: Path) -> CorpusListing:
    def clip_of(path: Path) -> Clip | str:
        match = _NAME.fullmatch(path.stem.upper())
        if not match:
            return tree.UNRECOGNIZED
        speaker, emotion = match.groups()
        sex = "male" if speaker[1] == "M" else "female"
        return Clip(path, "urdu", f"urdu/{speaker}", _LABELS[emotion], sex, "ur")

    return tree.read(folder, clip_of)


CORPUS: Final = Corpus(
    name="urdu",
    title="URDU, emotional utterances from Urdu talk shows",
    aliases=("URDU-Dataset", "urdu-language-speech-dataset"),
    languages=("ur",),
    licence="research only",
    ships=False,
    get="https://github.com/siddiquelatif/URDU-Dataset",
    clips=400,
    speakers=38,
    labels=_LABELS,
    left_out="nothing",
    citation="Latif et al., Cross Lingual Speech Emotion Recognition: Urdu vs. Western Languages, FIT 2018",
    read=_read,
)
