"""IEMOCAP: ``Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav``.

The listeners' labels are in ``Session1/dialog/EmoEvaluation/Ses01F_impro01.txt``, one line for each utterance.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from training.corpora import tree
from training.corpora.clip import Clip, CorpusListing
from training.corpora.corpus import Corpus

NO_EVALUATION: Final = "not listed in dialog/EmoEvaluation (unpack that folder, too)"
"""Why an utterance without a label is skipped: the archive is only partly unpacked."""

_LABELS: Final = {
    "ang": "anger",
    "dis": "disgust",
    "fea": "fear",
    "hap": "happiness",
    "exc": "happiness",  # excited; the usual protocol with four classes counts it as happiness
    "neu": "neutral",
    "sad": "sadness",
    "sur": "surprise",
    "fru": "frustration",
}
# Session, wearer of the markers, dialogue, speaker, number: the letter before the number is the speaker.
_NAME: Final = re.compile(r"Ses(0[1-5])[FM]_(?:impro|script)\w+?_([FM])\w{3}")
_DIALOGUE: Final = re.compile(r"Ses0[1-5][FM]_(?:impro|script)\d\d(?:_\w+)?")
_LINE: Final = re.compile(r"^\[[\d.]+ - [\d.]+\]\s+(\S+)\s+(\w+)\s+\[", re.MULTILINE)


def _evaluations(folder: Path) -> dict[str, str]:
    """Return the label that most listeners gave to each utterance, ``xxx`` if they did not agree."""
    labels: dict[str, str] = {}
    # Deeper folders contain the answers of each listener, in other formats.
    for path in tree.files(folder, lambda path: path.suffix == ".txt" and path.parent.name == "EmoEvaluation"):
        labels.update(_LINE.findall(path.read_text("utf-8", errors="replace")))
    return labels


def _read(folder: Path) -> CorpusListing:
    evaluations = _evaluations(folder)

    def clip_of(path: Path) -> Clip | str:
        match = _NAME.fullmatch(path.stem)
        if not match:
            return tree.DIALOGUE if _DIALOGUE.fullmatch(path.stem) else tree.UNRECOGNIZED
        if path.stem not in evaluations:
            return NO_EVALUATION
        label = _LABELS.get(evaluations[path.stem].lower())
        if label is None:
            return tree.UNSUPPORTED_LABEL
        session, letter = match.groups()
        sex = "female" if letter == "F" else "male"
        return Clip(path, "iemocap", f"iemocap/Ses{session}{letter}", label, sex, "en")

    return tree.read(folder, clip_of)


CORPUS: Final = Corpus(
    name="iemocap",
    title="IEMOCAP, Interactive Emotional Dyadic Motion Capture Database",
    aliases=("IEMOCAP_full_release", "IEMOCAP_full_release_withoutVideos"),
    languages=("en",),
    licence="research only",
    ships=False,
    get="https://sail.usc.edu/iemocap/ (on request)",
    clips=10039,
    speakers=10,
    labels=_LABELS,
    left_out="utterances on which the listeners did not agree (xxx) or chose another emotion (oth); full dialogues",
    citation="Busso et al., IEMOCAP: Interactive Emotional Dyadic Motion Capture Database, "
    "Language Resources and Evaluation 42(4), 2008",
    read=_read,
)
