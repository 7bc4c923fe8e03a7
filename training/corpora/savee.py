"""SAVEE: ``AudioData/DC/a01.wav``, with a folder for each speaker, or ``DC_a01.wav`` in mirrors."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from training.corpora import tree
from training.corpora.clip import Clip, CorpusListing
from training.corpora.corpus import Corpus

_LABELS: Final = {
    "a": "anger",
    "d": "disgust",
    "f": "fear",
    "h": "happiness",
    "n": "neutral",
    "sa": "sadness",
    "su": "surprise",
}
_SPEAKERS: Final = ("DC", "JE", "JK", "KL")
_NAME: Final = re.compile(rf"(?:({'|'.join(_SPEAKERS)})_)?({'|'.join(_LABELS)})\d{{2}}", re.IGNORECASE)


def _read(folder: Path) -> CorpusListing:
    def clip_of(path: Path) -> Clip | str:
        match = _NAME.fullmatch(path.stem)
        speaker = ((match and match[1]) or path.parent.name).upper()
        if not match or speaker not in _SPEAKERS:
            return tree.UNRECOGNIZED
        return Clip(path, "savee", f"savee/{speaker}", _LABELS[match[2].lower()], "male", "en")

    return tree.read(folder, clip_of)


CORPUS: Final = Corpus(
    name="savee",
    title="SAVEE, Surrey Audio-Visual Expressed Emotion",
    aliases=("savee-database", "surrey-audiovisual-expressed-emotion-savee"),
    languages=("en",),
    licence="research only",
    ships=False,
    get="http://kahlan.eps.surrey.ac.uk/savee/ (requires registration)",
    clips=480,
    speakers=4,
    labels=_LABELS,
    left_out="nothing",
    citation="Haq and Jackson, Multimodal Emotion Recognition, in: Machine Audition, IGI Global, 2010",
    read=_read,
)
