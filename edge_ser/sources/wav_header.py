"""A file's format and the data chunk of a WAV, from the header, before the file is decoded.

libsndfile hides a missing end and rejects an unfinished header, so both are checked here.
"""

from __future__ import annotations

import io
import stat
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from edge_ser.errors import EmptyRecording, RecordingMissing, RecordingUnreadable

STREAMED_SIZE: Final = 0x7FFF_0000
"""Least size that means "unknown", bytes: sox, arecord and ffmpeg write such sizes when they write WAV to a pipe."""


def inspect(path: Path) -> tuple[int, bytes, DataChunk | None]:
    """Read the header of a file.

    Returns:
        The file's size in bytes, its first four bytes (``WAVE`` for any kind of WAV), and the data chunk of a WAV.

    Raises:
        RecordingMissing: there is no such file.
        RecordingUnreadable: it is a folder or another special file, or may not be read.
        EmptyRecording: it is empty.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise RecordingUnreadable(f"{path}: is a folder; give a file")
        if not stat.S_ISREG(status.st_mode):
            raise RecordingUnreadable(f"{path}: is not a regular file; save the sound to a file, or pipe raw PCM")
        with path.open("rb") as file:
            if status.st_size == 0:
                raise EmptyRecording(f"{path}: is empty, 0 bytes; copy or record it again")
            head = file.read(12)
            if head[:4] not in (b"RIFF", b"RIFX", b"RF64", b"BW64"):
                return status.st_size, head[:4], None
            if len(head) == 12 and head[8:] != b"WAVE":
                return status.st_size, head[:4], None
            return status.st_size, b"WAVE", _find_data_chunk(file, head)
    except (FileNotFoundError, NotADirectoryError):
        raise RecordingMissing(f"{path}: no such file; check the path") from None
    except OSError as error:
        raise RecordingUnreadable(f"{path}: {error.strerror}; check its permissions") from None


@dataclass(frozen=True)
class DataChunk:
    """The data chunk of a WAV file, which contains the samples.

    Attributes:
        size_field: Offset of the chunk's 32-bit size, bytes.
        size: Declared size of the samples, bytes.
        riff_size: Declared size of the file without its first 8 bytes, bytes.
    """

    size_field: int
    size: int
    riff_size: int

    @property
    def offset(self) -> int:
        """Offset of the first sample, bytes."""
        return self.size_field + 4

    def unfinished(self, file_size: int) -> bool:
        """Whether the recorder was stopped before it could write the sizes, which are then still zero.

        A recording that really has length zero, followed by other chunks, has the correct size of the file.
        """
        return self.size == 0 and file_size > self.offset and self.riff_size + 8 < file_size


def _find_data_chunk(file: BinaryIO, head: bytes) -> DataChunk | None:
    """Find the data chunk of a RIFF file that is positioned after its 12-byte head."""
    order = ">" if head[:4] == b"RIFX" else "<"
    riff_size = int(struct.unpack_from(f"{order}I", head.ljust(12), 4)[0])
    long_size: int | None = None
    while len(header := file.read(8)) == 8:
        kind, size = struct.unpack(f"{order}4sI", header)
        if kind == b"data":
            size_field = file.tell() - 4
            return DataChunk(size_field, size if size < 0xFFFF_FFFF or long_size is None else long_size, riff_size)
        body = file.tell()
        if kind == b"ds64" and size >= 16:  # RF64 has 64-bit sizes here, and 0xFFFFFFFF in their usual places
            long_size = int.from_bytes(file.read(16)[8:], "little")
        file.seek(body + size + size % 2)
    return None


class UnfinishedWav(io.FileIO):
    """A WAV whose size was never written, presented with the size "unknown", so that libsndfile reads all of it."""

    def __init__(self, path: Path, size_field: int) -> None:
        super().__init__(path)
        self._size_field = size_field

    def readinto(self, buffer: Any) -> int:
        """Read bytes, with those of the unwritten size replaced by 0xFF."""
        start = self.tell()
        count = super().readinto(buffer) or 0
        view = memoryview(buffer).cast("B")
        for position in range(max(start, self._size_field), min(start + count, self._size_field + 4)):
            view[position - start] = 0xFF
        return count
