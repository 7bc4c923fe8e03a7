"""Recordings in files: WAV, FLAC, Ogg and other formats that libsndfile reads, streamed in constant memory."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import numpy as np

from edge_ser.audio import BLOCK_SAMPLES, SAMPLE_RATE, Block, Samples, no_samples
from edge_ser.errors import NoSamples, NotARecording, TruncatedRecording, UnsupportedRate
from edge_ser.sources.resample import Resampler, mix_to_mono, to_int16
from edge_ser.sources.wav_header import STREAMED_SIZE, UnfinishedWav, inspect

_UNKNOWN_FRAMES: Final = 2**62
"""libsndfile reports more frames than this for a FLAC that was written to a pipe."""

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
        """Store the path; nothing is opened yet.

        Args:
            path: The file.
            realtime: Whether to yield each block at the time when a microphone would, rather than at once.
            clock: Returns monotonic time, s.
            sleep: Waits for a time, s.
        """
        self._path = Path(path)
        self._realtime = realtime
        self._clock = clock
        self._sleep = sleep

        self._file: Any = None
        self._decoded_frames = 0  # at the file's rate
        self._resampler: Resampler
        self._resources = ExitStack()

    @property
    def name(self) -> str:
        """The path as given."""
        return str(self._path)

    def blocks(self) -> Iterator[Block]:
        """Yield the recording in blocks of about 100 ms; a second call continues where the first was left.

        Raises:
            TruncatedRecording: decoding fails, or ends before the length in the header.
            RuntimeError: the recording is not open.
        """
        if self._file is None:
            raise RuntimeError("open the recording first: with Recording(...) as recording")
        start, count = self._clock(), 0
        for samples in self._resampled():
            count += samples.size
            if self._realtime:
                # A microphone delivers a block once its last sample has been recorded.
                self._sleep(max(0.0, start + count / SAMPLE_RATE - self._clock()))
            yield Block(samples)

    def __enter__(self) -> Recording:
        """Open the recording and check that it is complete, according to its header.

        Raises:
            RecordingMissing: there is no such file.
            RecordingUnreadable: it is a folder or may not be read.
            EmptyRecording: it is empty: 0 bytes.
            NotARecording: it is not in a known audio format.
            TruncatedRecording: it is shorter than its header says.
            NoSamples: its length is zero.
            UnsupportedRate: its sample rate cannot be converted.
        """
        with ExitStack() as stack:
            self._file = _open(self._path, stack)
            self._decoded_frames = 0
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
        """Yield frames, shape ``(n, channels)``, in the narrowest type that fits: int16, int32 or float64."""
        import soundfile

        file = self._file
        dtype = "float64" if file.subtype in _FLOATING else "int32" if file.subtype in _WIDE else "int16"
        wanted = max(1, file.samplerate * BLOCK_SAMPLES // SAMPLE_RATE)
        while True:
            try:
                frames = file.read(wanted, dtype=dtype, always_2d=True)
            except soundfile.LibsndfileError:
                raise self._cut() from None
            if not len(frames):
                break
            self._decoded_frames += len(frames)
            yield frames
        if self._decoded_frames < file.frames < _UNKNOWN_FRAMES:
            raise self._cut()

    def _cut(self) -> TruncatedRecording:
        seconds = self._decoded_frames / self._file.samplerate
        return TruncatedRecording(f"{self._path}: cut off or damaged after {seconds:.1f} s; copy or record it again")


def read_samples(path: str | os.PathLike[str]) -> Samples:
    """Read a whole recording.

    Args:
        path: The file.

    Returns:
        Mono samples at 16 kHz, shape ``(n,)``, int16 (Q15).

    Raises:
        EdgeSerError: as for :class:`Recording`.
    """
    with Recording(path) as recording:
        return np.concatenate([no_samples(), *(block.samples for block in recording.blocks())])


def _open(path: Path, stack: ExitStack) -> Any:
    """Check a file and open it with libsndfile; ``stack`` closes it."""
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
        # libsndfile's message says which encoding of a known container is not supported, but not in which file.
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
    # soundfile seeks after each read of a seekable file, which is slow in a FLAC and fails if its length is unknown.
    file.seekable = lambda: False
    return file
