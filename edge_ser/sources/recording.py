"""Recordings from files: WAV, FLAC, Ogg and whatever else libsndfile reads, streamed in constant memory."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import numpy as np

from edge_ser.audio import BLOCK_SAMPLES, SAMPLE_RATE, Block, Samples
from edge_ser.errors import NoSamples, NotARecording, TruncatedRecording, UnsupportedRate
from edge_ser.sources.resample import Resampler, mix_to_mono, to_int16
from edge_ser.sources.wav_header import STREAMED_SIZE, UnfinishedWav, inspect

_UNKNOWN_FRAMES: Final = 2**62
"""libsndfile reports a count beyond this for a FLAC that was written to a pipe."""

_FLOATING: Final = frozenset({"FLOAT", "DOUBLE", "VORBIS", "OPUS", "MPEG_LAYER_I", "MPEG_LAYER_II", "MPEG_LAYER_III"})
_WIDE: Final = frozenset({"PCM_24", "PCM_32", "ALAC_20", "ALAC_24", "ALAC_32"})


class Recording:
    """A file as a source: opened and checked on entry as a context manager, closed on exit."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        realtime: bool = False,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Remember the path; nothing is opened yet.

        Args:
            path: The file.
            realtime: Yield every block only when a microphone would have, rather than at once.
            clock: Monotonic time, s.
            sleep: Waits for a time, s.
        """
        self._path = Path(path)
        self._realtime = realtime
        self._clock = clock
        self._sleep = sleep
        self._samples_read = 0
        self._file: Any = None
        self._resampler: Resampler
        self._resources = ExitStack()

    @property
    def name(self) -> str:
        """The path, as it was given."""
        return str(self._path)

    @property
    def duration(self) -> float | None:
        """Length according to the header, s; ``None`` for a FLAC written to a pipe, which does not say.

        Known while the recording is open.
        """
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
            RuntimeError: if the recording is not open.
        """
        if self._file is None:
            raise RuntimeError("open the recording first: with Recording(...) as recording")
        start = self._clock()
        for samples in self._resampled():
            self._samples_read += samples.size
            if self._realtime:
                # A microphone delivers a block when its last sample has been heard.
                self._sleep(max(0.0, start + self._samples_read / SAMPLE_RATE - self._clock()))
            yield Block(samples)

    def __enter__(self) -> Recording:
        """Open the recording and check that it is whole, as far as its header tells.

        Raises:
            RecordingMissing: if there is no such file.
            RecordingUnreadable: if it is a folder or may not be read.
            EmptyRecording: if it holds no byte.
            NotARecording: if it is not in a known audio format.
            TruncatedRecording: if it is shorter than its header says.
            NoSamples: if it is sound of length zero.
            UnsupportedRate: if its sample rate cannot be converted.
        """
        with ExitStack() as stack:
            self._file = _open(self._path, stack)
            try:
                self._resampler = Resampler(self._file.samplerate)
            except UnsupportedRate as error:
                raise UnsupportedRate(f"{self._path}: {error}") from None
            self._resources = stack.pop_all()
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


def _open(path: Path, stack: ExitStack) -> Any:
    """Open a file with libsndfile after all checks; what has to be closed goes onto ``stack``."""
    import soundfile

    size, magic, chunk = inspect(path)
    source: bytes | UnfinishedWav = os.fsencode(path)  # soundfile refuses a str that is not valid text
    if chunk is not None and chunk.unfinished(size):
        source = stack.enter_context(UnfinishedWav(path, chunk.size_field))
    headless = TruncatedRecording(f"{path}: ends within its header; copy or record it again")
    try:
        file = stack.enter_context(soundfile.SoundFile(source))
    except soundfile.LibsndfileError as error:
        if magic == b"fLaC" or (magic == b"WAVE" and chunk is None):
            raise headless from None
        # Its own words say which encoding of a known container is foreign, but not which file.
        reason = error.error_string.rstrip(".")
        raise NotARecording(f"{path}: {reason}; give a WAV, FLAC or Ogg file") from None
    if chunk is not None and chunk.offset + chunk.size > size and chunk.size < STREAMED_SIZE:
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
