"""Raw PCM from a pipe, as ``arecord``, ``ffmpeg`` and ``sox`` can write it to standard output."""

from __future__ import annotations

import select
from collections.abc import Iterator
from typing import BinaryIO, Final

import numpy as np

from edge_ser.audio import BLOCK_SAMPLES, SAMPLE_RATE, Block
from edge_ser.errors import EmptyRecording, NoSamples, NotARecording, RecordingUnreadable
from edge_ser.sources.resample import Resampler, mix_to_mono

_CONTAINERS: Final = {b"RIFF": "WAV", b"RF64": "WAV", b"fLaC": "FLAC", b"OggS": "Ogg"}
"""First bytes of audio files that people pipe in by mistake; read as samples they would be noise."""

_MAGIC_BYTES: Final = 4


class PcmStream:
    """A stream of signed 16-bit little-endian samples, channels interleaved, as a source."""

    def __init__(self, stream: BinaryIO, rate: int = SAMPLE_RATE, channels: int = 1) -> None:
        """Prepare to read.

        Args:
            stream: An open binary stream; it belongs to the caller and stays open.
            rate: Sample rate, Hz.
            channels: Number of channels, which are mixed to mono.

        Raises:
            UnsupportedRate: the rate cannot be converted.
            ValueError: there is less than one channel.
        """
        if channels < 1:
            raise ValueError(f"channels = {channels}: at least 1 is needed")
        self._stream = stream
        self._channels = channels
        self._frame_bytes = 2 * channels
        self._block_bytes = max(1, rate * BLOCK_SAMPLES // SAMPLE_RATE) * self._frame_bytes
        self._resampler = Resampler(rate)

    @property
    def name(self) -> str:
        """``standard input``."""
        return "standard input"

    def blocks(self) -> Iterator[Block]:
        """Yield samples as they arrive, at most about 100 ms at a time, until the stream ends.

        An incomplete frame at the very end is dropped.

        Raises:
            EmptyRecording: the stream ends without a single byte.
            NoSamples: it ends within the first frame.
            NotARecording: it begins like an audio file.
            RecordingUnreadable: it cannot be read.
        """
        arrived = held = self._first_bytes()
        count = 0
        while arrived:
            whole = len(held) - len(held) % self._frame_bytes
            count += whole
            frames = np.frombuffer(held[:whole], "<i2").astype(np.int16).reshape(-1, self._channels)
            samples = self._resampler.process(mix_to_mono(frames))
            if samples.size:
                yield Block(samples)
            arrived = self._read()
            held = held[whole:] + arrived
        if count == 0:
            raise NoSamples(f"{self.name}: ended within the first sample; send raw 16-bit PCM")
        tail = self._resampler.finish()
        if tail.size:
            yield Block(tail)

    def __enter__(self) -> PcmStream:
        return self

    def __exit__(self, *exc: object) -> None:
        """Leave the stream open: it belongs to the caller."""

    def _first_bytes(self) -> bytes:
        """Read enough bytes to recognize an audio file, or all of a shorter stream."""
        start = b""
        while len(start) < _MAGIC_BYTES and (arrived := self._read()):
            start += arrived
        if not start:
            raise EmptyRecording(f"{self.name}: no byte arrived; pipe raw 16-bit PCM in, or give a file's name")
        container = _CONTAINERS.get(start[:_MAGIC_BYTES])
        if container is not None:
            raise NotARecording(
                f"{self.name}: takes raw PCM, and this is a {container} file; give the file by its name, or convert "
                f"with: sox FILE -t raw -e signed -b 16 -c 1 -r {SAMPLE_RATE} -"
            )
        return start

    def _read(self) -> bytes:
        """Return the bytes available, waiting only if there are none; empty at the end."""
        # The read() of a buffered stream would wait for a whole block; that of a raw stream, without read1, does not.
        read = getattr(self._stream, "read1", self._stream.read)
        try:
            while (arrived := read(self._block_bytes)) is None:  # a non-blocking pipe that is still empty
                select.select([self._stream], [], [])
        except OSError as error:
            raise RecordingUnreadable(f"{self.name}: {error.strerror}; pipe raw 16-bit PCM in") from None
        return bytes(arrived)
