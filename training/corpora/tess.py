"""TESS: ``OAF_Fear/OAF_back_fear.wav``, or all files in one folder; an older (OAF) and a younger (YAF) actress."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from training.corpora import tree
from training.corpora.clip import Clip, CorpusListing
from training.corpora.corpus import Corpus

_LABELS: Final = {
    "angry": "anger",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happiness",
    "neutral": "neutral",
    "sad": "sadness",
    "ps": "surprise",  # pleasant surprise
}
# One official name, OA_bite_neutral, lacks a letter.
_NAME: Final = re.compile(rf"([OY]AF|OA)_\w+_({'|'.join(_LABELS)})", re.IGNORECASE)


def _read(folder: Path) -> CorpusListing:
    def clip_of(path: Path) -> Clip | str:
        match = _NAME.fullmatch(path.stem)
        if not match:
            return tree.UNRECOGNIZED
        speaker = "YAF" if match[1].upper() == "YAF" else "OAF"
        return Clip(path, "tess", f"tess/{speaker}", _LABELS[match[2].lower()], "female", "en")

    return tree.read(folder, clip_of)


CORPUS: Final = Corpus(
    name="tess",
    title="TESS, Toronto Emotional Speech Set",
    aliases=(
        "TESS Toronto emotional speech set data",
        "toronto-emotional-speech-set-tess",
        "Toronto Emotional Speech Set",
    ),
    languages=("en",),
    licence="CC BY-NC-ND 4.0",
    ships=False,
    get="https://doi.org/10.5683/SP2/E8H2MF",
    clips=2800,
    speakers=2,
    labels=_LABELS,
    left_out="nothing",
    citation="Pichora-Fuller and Dupuis, Toronto Emotional Speech Set (TESS), Scholars Portal Dataverse, 2020",
    read=_read,
)
