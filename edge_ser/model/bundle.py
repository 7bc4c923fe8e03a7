"""Self-describing model files.

A model file is an ordinary ``.tflite`` with a zip archive appended.  Interpreters ignore the bytes after the model, and
zip tools those before the archive, so one file serves both.  The archive contains ``edge-ser.json``: labels, front-end
parameters, chunk layout, decision settings, and the model card with training data, figures and licence.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from edge_ser.audio import SAMPLE_RATE
from edge_ser.errors import EdgeSerError, FrontEndMismatch, InvalidSetting, ModelCorrupt, ModelForeign
from edge_ser.features.parameters import FrontEndParameters
from edge_ser.model.settings import DecisionSettings
from edge_ser.paths import default_model

FORMAT: Final = 1
"""Version of the layout of ``edge-ser.json``."""

_ENTRY: Final = "edge-ser.json"
_TFLITE_MAGIC: Final = b"TFL3"  # at byte 4 of every TensorFlow Lite flatbuffer


@dataclass(frozen=True)
class ChunkLayout:
    """Input and output of the network at each invocation."""

    frames: int
    """New feature frames per chunk."""
    context: int
    """Frames before them that the convolutions still see."""
    steps: int
    """Output rows per chunk; each covers ``frames / steps`` frames."""
    streams: bool = True
    """Whether the state is kept from chunk to chunk; a bidirectional network processes each chunk by itself."""

    def __post_init__(self) -> None:
        values = (self.frames, self.context, self.steps)
        if not all(type(value) is int for value in values) or self.steps < 1 or self.context < 0:
            raise InvalidSetting(f"chunk = {values}: allowed are whole numbers, at least one step")
        if type(self.streams) is not bool:
            raise InvalidSetting(f"chunk.streams = {self.streams}: allowed is true or false")
        if self.frames < self.steps or self.frames % self.steps:
            raise InvalidSetting(f"chunk.frames = {self.frames}: allowed are multiples of chunk.steps = {self.steps}")


@dataclass(frozen=True)
class Bundle:
    """A model file: the network and its description.

    Attributes:
        labels: Emotions in the order of the network's outputs.
        front_end: Parameters of the features that the network was trained on.
        chunk: Layout of an invocation.
        decision: Temperature and thresholds, found on validation speakers.
        card: Training data, figures, licence and limits, for people (`edge-ser model`).
        network: The bytes of the ``.tflite``.
    """

    labels: tuple[str, ...]
    front_end: FrontEndParameters
    chunk: ChunkLayout
    decision: DecisionSettings
    card: dict[str, Any]
    network: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """SHA-256 of the network's bytes, in hexadecimal."""
        return hashlib.sha256(self.network).hexdigest()

    def to_bytes(self) -> bytes:
        """Return the content of the model file."""
        description = {
            "format": FORMAT,
            "network_sha256": self.sha256,
            "labels": list(self.labels),
            "front_end": self.front_end.to_dict(),
            "chunk": asdict(self.chunk),
            "decision": asdict(self.decision),
            "card": self.card,
        }
        out = io.BytesIO(self.network)
        with zipfile.ZipFile(out, "a") as archive:
            # A fixed date and no compression: the same model gives the same bytes everywhere.
            archive.writestr(zipfile.ZipInfo(_ENTRY, (1980, 1, 1, 0, 0, 0)), json.dumps(description, indent=1))
        return out.getvalue()


def read_bundle(path: str | Path | None = None) -> Bundle:
    """Read a model file.

    Args:
        path: The file; ``None`` is the shipped model.

    Raises:
        ModelCorrupt: the file is missing, unreadable or damaged.
        ModelForeign: it is a model, but not one made by `python -m training`.
        FrontEndMismatch: it was trained with a different version of the front end.
    """
    if path is None:
        try:
            return read_bundle(default_model())
        except (ModelCorrupt, ModelForeign) as error:
            raise ModelCorrupt(f"the model that edge-ser ships is damaged, reinstall edge-ser: {error}") from None
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelCorrupt(f"cannot read the model {path}: {error.strerror or error}") from None
    if content[4:8] != _TFLITE_MAGIC:
        raise ModelForeign(f"{path} is not a TensorFlow Lite model; pass one made by `python -m training`")
    network, description = _split(path, content)
    try:
        return _parse(network, description)
    except FrontEndMismatch as error:
        raise FrontEndMismatch(f"{path}: {error}") from None
    except (KeyError, TypeError, ValueError, EdgeSerError) as error:
        raise ModelCorrupt(f"{path} has a damaged description ({error}); get a fresh copy of the model") from None


def _split(path: Path, content: bytes) -> tuple[bytes, dict[str, Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            first = min(entry.header_offset for entry in archive.infolist())
            description = json.loads(archive.read(_ENTRY))
    except zipfile.BadZipFile:
        # Without any archive it is a foreign model; with the remains of one it is a damaged edge-ser model.
        if b"PK\x03\x04" in content and _ENTRY.encode() in content:
            raise ModelCorrupt(f"{path} is cut short or damaged; get a fresh copy of the model") from None
        raise ModelForeign(
            f"{path} does not say what it is (no {_ENTRY} inside); pass a model made by `python -m training`"
        ) from None
    except KeyError:
        raise ModelForeign(f"{path} holds no {_ENTRY}; pass a model made by `python -m training`") from None
    except Exception as error:  # zlib.error, JSONDecodeError, struct.error, ...: damage can cause anything
        raise ModelCorrupt(f"{path} is damaged ({error}); get a fresh copy of the model") from None
    if not isinstance(description, dict):
        raise ModelCorrupt(f"{path} has a damaged description; get a fresh copy of the model")
    return content[:first], description


def _parse(network: bytes, description: dict[str, Any]) -> Bundle:
    if description["format"] != FORMAT:
        raise FrontEndMismatch(
            f"model format {description['format']}, installed is {FORMAT}; use the model of the installed version"
        )
    if description["network_sha256"] != hashlib.sha256(network).hexdigest():
        raise ValueError("the network's bytes are not those that were written")
    labels = description["labels"]
    if not isinstance(labels, list) or len(labels) < 2 or not all(isinstance(label, str) for label in labels):
        raise ValueError(f"labels = {labels}: allowed are two or more names")
    if not isinstance(description["card"], dict):
        raise ValueError("card: allowed is an object")
    front_end = FrontEndParameters.from_dict(description["front_end"])
    if front_end.rate != SAMPLE_RATE:
        raise FrontEndMismatch(f"the model is for {front_end.rate} Hz, this version works at {SAMPLE_RATE} Hz")
    if not front_end.gains:
        raise ValueError("front_end.gains = []: allowed is one per coefficient")
    return Bundle(
        labels=tuple(labels),
        front_end=front_end,
        chunk=ChunkLayout(**description["chunk"]),
        decision=DecisionSettings(**description["decision"]),
        card=description["card"],
        network=network,
    )
