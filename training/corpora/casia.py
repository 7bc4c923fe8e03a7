"""CASIA: ``liuchanhg/angry/201.wav``: a folder for each speaker, with a folder for each emotion.

One mirror only has a folder for each emotion, with file names like ``angry/201-angry-liuchanhg.wav``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from training.corpora import tree
from training.corpora.clip import Clip, CorpusListing
from training.corpora.corpus import Corpus

_LABELS: Final = {
    "angry": "anger",
    "fear": "fear",
    "happy": "happiness",
    "neutral": "neutral",
    "sad": "sadness",
    "surprise": "surprise",
}
_SEXES: Final = {"liuchanhg": "female", "wangzhe": "male", "zhaoquanyin": "female", "zhaozuoxiang": "male"}
# The part that is sold, with other sentences, writes the names of the same speakers differently.
_OTHER_NAMES: Final = {
    "chang.liu": "liuchanhg",
    "zhe.wang": "wangzhe",
    "quanyin.zhao": "zhaoquanyin",
    "zuoxiang.zhao": "zhaozuoxiang",
}
_NAME: Final = re.compile(rf"\d+(?:-({'|'.join(_LABELS)})-([a-z]+))?", re.IGNORECASE)


def _read(folder: Path) -> CorpusListing:
    def clip_of(path: Path) -> Clip | str:
        match = _NAME.fullmatch(path.stem)
        inside = path.relative_to(folder).parts
        speaker, emotion = (match and match.groups()[::-1]) or (None, None)
        if not speaker and len(inside) > 2:
            speaker, emotion = inside[-3:-1]
        label = _LABELS.get((emotion or "").lower())
        if not match or not speaker or label is None:
            return tree.UNRECOGNIZED
        speaker = _OTHER_NAMES.get(speaker.lower(), speaker.lower())
        return Clip(path, "casia", f"casia/{speaker}", label, _SEXES.get(speaker), "zh")

    # The numbers are those of sentences, and several parts of the corpus may use the same ones.
    return tree.read(folder, clip_of, names_are_unique=False)


CORPUS: Final = Corpus(
    name="casia",
    title="CASIA Chinese Emotional Corpus, free part",
    aliases=("CASIA database", "CASIA汉语情感语料库", "CASIA Chinese Emotional Corpus"),
    languages=("zh",),
    licence="research only",
    ships=False,
    get="http://www.chineseldc.org/resource_info.php?rid=76",
    clips=1200,
    speakers=4,
    labels=_LABELS,
    left_out="nothing",
    citation="Institute of Automation, Chinese Academy of Sciences, CASIA Chinese Emotional Corpus, 2005",
    read=_read,
)
