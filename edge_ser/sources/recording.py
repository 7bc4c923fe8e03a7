"""Recordings from files: WAV, FLAC, Ogg and whatever else libsndfile reads, streamed in constant memory."""

from __future__ import annotations

import io
import os
import stat
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from edge_ser.errors import (
    EmptyRecording,
    NoRecordings,
    NoSamples,
    NotARecording,
    RecordingMissing,
    RecordingUnreadable,
    TruncatedRecording,
    UnsupportedRate,
)
from edge_ser.settings import BLOCK_SAMPLES, SAMPLE_RATE
from edge_ser.sources import Block, Samples
from edge_ser.sources.resample import Resampler, mix_to_mono, to_int16

SUFFIXES: Final = (".wav", ".flac", ".ogg")
"""What counts as a recording when a folder is searched; a file that is named is tried whatever it is called."""

_STREAMED_SIZE: Final = 0x7FFF_0000
"""Sizes from here on mean "unknown": sox, arecord and ffmpeg write such ones when they write WAV to a pipe, bytes."""

_UNKNOWN_FRAMES: Final = 2**62
"""libsndfile reports a count beyond this for a FLAC that was written to a pipe."""

_FLOATING: Final = frozenset({"FLOAT", "DOUBLE", "VORBIS", "OPUS", "MPEG_LAYER_I", "MPEG_LAYER_II", "MPEG_LAYER_III"})
_WIDE: Final = frozenset({"PCM_24", "PCM_32", "ALAC_20", "ALAC_24", "ALAC_32"})


class Recording:
    """A file as a source.  Opened when made; close it by use as a context manager."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        realtime: bool = False,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Open a recording and check that it is whole, as far as its header tells.

        Args:
            path: The file.
            realtime: Hand on every block only when a microphone would have, rather than at once.
            clock: Monotonic time, s.
            sleep: Waits for a time, s.

        Raises:
            RecordingMissing: if there is no such file.
            RecordingUnreadable: if it is a folder or may not be read.
            EmptyRecording: if it holds no byte.
            NotARecording: if it is not in a known audio format.
            TruncatedRecording: if it is shorter than its header says.
            NoSamples: if it is sound of length zero.
            UnsupportedRate: if its sample rate cannot be converted.
        """
        self._path = Path(path)
        self._realtime = realtime
        self._clock = clock
        self._sleep = sleep
        self._samples_read = 0
        with ExitStack() as stack:
            self._file = _open(self._path, stack)
            try:
                self._resampler = Resampler(self._file.samplerate)
            except UnsupportedRate as error:
                raise UnsupportedRate(f"{self._path}: {error}") from None
            self._resources = stack.pop_all()

    @property
    def name(self) -> str:
        """The path, as it was given."""
        return str(self._path)

    @property
    def duration(self) -> float | None:
        """Length according to the header, s; ``None`` for a FLAC that was written to a pipe and does not say."""
        if self._file.frames > _UNKNOWN_FRAMES:
            return None
        return float(self._file.frames / self._file.samplerate)

    @property
    def samples_read(self) -> int:
        """Samples handed on so far, at 16 kHz."""
        return self._samples_read

    def blocks(self) -> Iterator[Block]:
        """Yield the recording in blocks of about 100 ms.

        Raises:
            TruncatedRecording: if decoding fails or stops before the length that the header promised.
        """
        start = self._clock()
        for samples in self._resampled():
            self._samples_read += samples.size
            if self._realtime:
                # A microphone delivers a block when its last sample has been heard.
                self._sleep(max(0.0, start + self._samples_read / SAMPLE_RATE - self._clock()))
            yield Block(samples)

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, *exc: object) -> None:
        self._resources.close()

    def _resampled(self) -> Iterator[Samples]:
        for frames in self._decoded():
            samples = self._resampler.process(mix_to_mono(to_int16(frames)))
            if samples.size:
                yield samples
        tail = self._resampler.finish()
        if tail.size:
            yield tail

    def _decoded(self) -> Iterator[Any]:
        """Yield frames as stored, shape ``(n, channels)``, in the narrowest type that holds them."""
        import soundfile

        file = self._file
        dtype = "float64" if file.subtype in _FLOATING else "int32" if file.subtype in _WIDE else "int16"
        wanted = max(1, file.samplerate * BLOCK_SAMPLES // SAMPLE_RATE)
        count = 0
        while True:
            try:
                frames = file.read(wanted, dtype=dtype, always_2d=True)
            except soundfile.LibsndfileError:
                raise self._cut(count) from None
            if not len(frames):
                break
            count += len(frames)
            yield frames
        if count < file.frames < _UNKNOWN_FRAMES:
            raise self._cut(count)

    def _cut(self, count: int) -> TruncatedRecording:
        seconds = count / self._file.samplerate
        return TruncatedRecording(f"{self._path}: cut off or damaged after {seconds:.1f} s; copy or record it again")


def read_samples(path: str | os.PathLike[str]) -> Samples:
    """Read a whole recording.

    Args:
        path: The file.

    Returns:
        Mono samples at 16 kHz, shape ``(n,)``, int16.

    Raises:
        EdgeSerError: as :class:`Recording` does.
    """
    with Recording(path) as recording:
        return np.concatenate([np.empty(0, np.int16), *(block.samples for block in recording.blocks())])


def find_recordings(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Replace every folder by the recordings anywhere below it, sorted, hidden files and folders left out.

    Args:
        paths: Files, which are kept whatever they are, and folders.

    Returns:
        The files, in the order of ``paths``.

    Raises:
        NoRecordings: if a folder holds none.
        RecordingUnreadable: if a folder may not be read.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        try:
            is_folder = path.is_dir()
        except OSError as error:
            raise RecordingUnreadable(f"{path}: {error.strerror}; check the path and its permissions") from None
        if not is_folder:
            found.append(path)
            continue
        inside = sorted(_walk(path))
        if not inside:
            raise NoRecordings(f"{path}: no recording in this folder; looked for {', '.join(SUFFIXES)}")
        found += inside
    return found


def _walk(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise RecordingUnreadable(f"{error.filename}: {error.strerror}; check the permissions of the folder")

    for parent, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if not name.startswith(".") and name.lower().endswith(SUFFIXES):
                yield Path(parent, name)


def _open(path: Path, stack: ExitStack) -> Any:
    """Open a file with libsndfile after all checks; what has to be closed goes onto ``stack``."""
    import soundfile

    size, magic, chunk = _inspect(path)
    source: bytes | _UnfinishedWav = os.fsencode(path)  # soundfile refuses a str that is not valid text
    if chunk is not None and chunk.unfinished(size):
        source = stack.enter_context(_UnfinishedWav(path, chunk.size_field))
    headless = TruncatedRecording(f"{path}: ends within its header; copy or record it again")
    try:
        file = stack.enter_context(soundfile.SoundFile(source))
    except soundfile.LibsndfileError as error:
        if magic == b"fLaC" or (magic == b"WAVE" and chunk is None):
            raise headless from None
        # Its own words say which encoding of a known container is foreign, but not which file.
        reason = error.error_string.rstrip(".")
        raise NotARecording(f"{path}: {reason}; give a WAV, FLAC or Ogg file") from None
    if chunk is not None and chunk.offset + chunk.size > size and chunk.size < _STREAMED_SIZE:
        present = max(0, size - chunk.offset)
        raise TruncatedRecording(
            f"{path}: cut off, its header promises {chunk.size} bytes of sound and {present} are there; "
            "copy or record it again"
        )
    if file.frames == 0:
        if magic == b"WAVE" and chunk is None:
            raise headless
        raise NoSamples(f"{path}: holds no sound, its length is zero; record it again")
    # soundfile seeks after each read of a seekable file, which is slow in a FLAC and fails in one of unknown length.
    file.seekable = lambda: False
    return file


def _inspect(path: Path) -> tuple[int, bytes, _DataChunk | None]:
    """Return a file's size in bytes, its four magic bytes (``WAVE`` for all its kinds) and a WAV's data chunk."""
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
class _DataChunk:
    """Where a WAV file keeps its samples.

    Attributes:
        size_field: Offset of the chunk's 32-bit size, bytes.
        size: Declared length of the samples, bytes.
        riff_size: Declared length of the file without its first 8 bytes, bytes.
    """

    size_field: int
    size: int
    riff_size: int

    @property
    def offset(self) -> int:
        """Offset of the first sample, bytes."""
        return self.size_field + 4

    def unfinished(self, file_size: int) -> bool:
        """Tell whether the recorder was stopped before it could write the lengths, which then are still zero.

        A recording that really is of length zero, with other chunks behind, does know the length of the file.
        """
        return self.size == 0 and file_size > self.offset and self.riff_size + 8 < file_size


def _find_data_chunk(file: BinaryIO, head: bytes) -> _DataChunk | None:
    """Walk the chunks of a RIFF file that stands behind its 12-byte head; libsndfile hides a missing end."""
    order = ">" if head[:4] == b"RIFX" else "<"
    riff_size = int(struct.unpack_from(f"{order}I", head.ljust(12), 4)[0])
    long_size: int | None = None
    while len(header := file.read(8)) == 8:
        kind, size = struct.unpack(f"{order}4sI", header)
        if kind == b"data":
            size_field = file.tell() - 4
            return _DataChunk(size_field, size if size < 0xFFFF_FFFF or long_size is None else long_size, riff_size)
        body = file.tell()
        if kind == b"ds64" and size >= 16:  # RF64: 64-bit lengths stand here, and 0xFFFFFFFF in their usual places
            long_size = int.from_bytes(file.read(16)[8:], "little")
        file.seek(body + size + size % 2)
    return None


class _UnfinishedWav(io.FileIO):
    """A WAV whose length was never written, read as if it said "unknown"; libsndfile then takes all there is."""

    def __init__(self, path: Path, size_field: int) -> None:
        super().__init__(path)
        self._size_field = size_field

    def readinto(self, buffer: Any) -> int:
        start = self.tell()
        count = super().readinto(buffer) or 0
        view = memoryview(buffer).cast("B")
        for position in range(max(start, self._size_field), min(start + count, self._size_field + 4)):
            view[position - start] = 0xFF
        return count


def demonstration() -> Path:
    """Return the path of the demonstration recording that the package ships (synthesized speech)."""
    return Path(str(resources.files("edge_ser") / "demonstration.flac"))
