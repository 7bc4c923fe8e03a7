"""The labelled recordings: who speaks, with which emotion, and background noises.

Expects the layout of the data folder: ``crema-d/*.flac``, ``emodb/*.flac``, ``noise/*.ogg``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_ser.errors import NoRecordings
from edge_ser.events import LABELS

_CREMA_D: Final = {
    "ANG": "anger",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happiness",
    "NEU": "neutral",
    "SAD": "sadness",
}
# L, boredom, is left out: it is none of our labels.
_EMODB: Final = {"W": "anger", "E": "disgust", "A": "fear", "F": "happiness", "N": "neutral", "T": "sadness"}


@dataclass(frozen=True)
class Clip:
    """A labelled recording.

    Attributes:
        path: The file.
        corpus: ``crema-d``, ``emodb`` or ``noise``.
        speaker: Unique over all corpora; for a noise the recording that it was cut from.
        label: One of :data:`edge_ser.events.LABELS`; ``None`` for a noise.
    """

    path: Path
    corpus: str
    speaker: str
    label: str | None

    @property
    def target(self) -> int:
        """Index of the label, -1 for a noise."""
        return -1 if self.label is None else LABELS.index(self.label)


def read(data: Path, corpora: tuple[str, ...] = ("crema-d", "emodb", "noise")) -> list[Clip]:
    """List the clips of some corpora, in a fixed order.

    Raises:
        NoRecordings: a corpus is not there.
    """
    clips: list[Clip] = []
    for corpus in corpora:
        found = list(_READERS[corpus](data / corpus))
        if not found:
            raise NoRecordings(f"no recordings of {corpus} in {data / corpus}; see README.md, 'Training'")
        clips += found
    return clips


def _crema_d(folder: Path) -> Iterator[Clip]:
    for path in sorted(folder.glob("*.flac")):  # 1001_DFA_ANG_XX.flac: actor, sentence, emotion, level
        actor, _, emotion, _ = path.stem.split("_", 3)
        yield Clip(path, "crema-d", f"crema-d/{actor}", _CREMA_D[emotion])


def _emodb(folder: Path) -> Iterator[Clip]:
    for path in sorted(folder.glob("*.flac")):  # 03a01Fa.flac: speaker, text, emotion, version
        if path.stem[5] in _EMODB:
            yield Clip(path, "emodb", f"emodb/{path.stem[:2]}", _EMODB[path.stem[5]])


def _noise(folder: Path) -> Iterator[Clip]:
    for path in sorted(folder.glob("*.ogg")):
        # esc10_rain_1-17367-A.ogg: takes A, B, ... of one recording belong together
        parts = path.stem.split("-")
        source = "-".join(parts[:2]) if len(parts) == 3 else path.stem
        yield Clip(path, "noise", f"noise/{source}", None)


_READERS: Final = {"crema-d": _crema_d, "emodb": _emodb, "noise": _noise}
