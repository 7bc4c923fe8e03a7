"""ESD: ``0011/Angry/train/0011_000351.wav``, also without the folders train, evaluation and test."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from training.corpora import tree
from training.corpora.clip import Clip, CorpusListing
from training.corpora.corpus import Corpus

_LABELS: Final = {
    "angry": "anger",
    "happy": "happiness",
    "neutral": "neutral",
    "sad": "sadness",
    "surprise": "surprise",
}
_NAME: Final = re.compile(r"(00\d\d)_\d{6}")
_PARTS: Final = ("train", "evaluation", "test")  # ignored, because they split sentences, not speakers
_LAST_MANDARIN: Final = 10
_FEMALE: Final = frozenset({1, 2, 3, 7, 9, 15, 16, 17, 18, 19})  # according to the archive's ReadMe.txt
_SPEAKERS: Final = 20


def _read(folder: Path) -> CorpusListing:
    def clip_of(path: Path) -> Clip | str:
        match = _NAME.fullmatch(path.stem)
        emotion = path.parent.parent if path.parent.name.lower() in _PARTS else path.parent
        label = _LABELS.get(emotion.name.lower())
        if not match or label is None or not 1 <= int(match[1]) <= _SPEAKERS:
            return tree.UNRECOGNIZED
        number = int(match[1])
        sex = "female" if number in _FEMALE else "male"
        return Clip(path, "esd", f"esd/{match[1]}", label, sex, "zh" if number <= _LAST_MANDARIN else "en")

    return tree.read(folder, clip_of)


CORPUS: Final = Corpus(
    name="esd",
    title="ESD, Emotional Speech Dataset",
    aliases=(
        "Emotional Speech Dataset (ESD)",
        "Emotional Speech Dataset",
        "Emotion Speech Dataset",
        "Emotional-Speech-Data",
    ),
    languages=("zh", "en"),
    licence="research only",
    ships=False,
    get="https://github.com/HLTSingapore/Emotional-Speech-Data (requires a signed licence)",
    clips=35000,
    speakers=20,
    labels=_LABELS,
    left_out="nothing",
    citation="Zhou et al., Emotional Voice Conversion: Theory, Databases and ESD, Speech Communication 137, 2022",
    read=_read,
)
