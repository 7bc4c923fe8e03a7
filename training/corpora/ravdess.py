"""RAVDESS: ``Actor_12/03-01-06-01-02-01-12.wav``.

The numbers: modality, vocal channel, emotion, intensity, statement, repetition, actor.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from training.corpora import tree
from training.corpora.clip import Clip, CorpusListing
from training.corpora.corpus import Corpus

_LABELS: Final = {
    "01": "neutral",
    "02": "calm",
    "03": "happiness",
    "04": "sadness",
    "05": "anger",
    "06": "fear",
    "07": "disgust",
    "08": "surprise",
}
_NAME: Final = re.compile(r"(0[123])-(0[12])-(0[1-8])-0[12]-0[12]-0[12]-(\d{2})")
_AUDIO_ONLY: Final = "03"
_SPEECH: Final = "01"


def _read(folder: Path) -> CorpusListing:
    def clip_of(path: Path) -> Clip | str:
        match = _NAME.fullmatch(path.stem)
        if not match or not 1 <= int(match[4]) <= 24:
            return tree.UNRECOGNIZED
        modality, channel, emotion, actor = match.groups()
        if modality != _AUDIO_ONLY:
            return tree.VIDEO
        if channel != _SPEECH:
            return tree.SONG
        sex = "male" if int(actor) % 2 else "female"
        return Clip(path, "ravdess", f"ravdess/{actor}", _LABELS[emotion], sex, "en")

    return tree.read(folder, clip_of)


CORPUS: Final = Corpus(
    name="ravdess",
    title="RAVDESS, Ryerson Audio-Visual Database of Emotional Speech and Song",
    aliases=("ravdess-emotional-speech-audio", "Audio_Speech_Actors_01-24"),
    languages=("en",),
    licence="CC BY-NC-SA 4.0",
    ships=False,
    get="https://zenodo.org/record/1188976 (Audio_Speech_Actors_01-24.zip)",
    clips=1440,
    speakers=24,
    labels=_LABELS,
    left_out="songs and videos",
    citation="Livingstone and Russo, The Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS), "
    "PLoS ONE 13(5), 2018",
    read=_read,
)
