"""Raw PCM from pipes, which are real where timing matters."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_ser.errors import EmptyRecording, NoSamples, NotARecording, UnsupportedRate
from edge_ser.sources.pcm import PcmStream


class Dripping(io.RawIOBase):
    """A stream that returns its bytes in given portions, like a slow pipe."""

    def __init__(self, content: bytes, portions: Sequence[int]) -> None:
        self._content = io.BytesIO(content)
        self._portions = list(portions)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        portion = self._portions.pop(0) if self._portions else size
        return self._content.read(min(portion, size))


def read(content: bytes, rate: int = 16_000, channels: int = 1) -> np.ndarray:
    with PcmStream(io.BytesIO(content), rate, channels) as source:
        return np.concatenate([block.samples for block in source.blocks()])


@settings(deadline=None)
@given(
    content=st.binary(min_size=2, max_size=400).filter(lambda c: c[:4] not in (b"RIFF", b"RF64", b"fLaC", b"OggS")),
    portions=st.lists(st.integers(1, 30), max_size=50),
)
def test_any_chunking_gives_the_same_samples(content: bytes, portions: list[int]) -> None:
    with PcmStream(Dripping(content, portions)) as source:  # type: ignore[arg-type]
        samples = np.concatenate([block.samples for block in source.blocks()])
    assert np.array_equal(samples, np.frombuffer(content[: len(content) // 2 * 2], "<i2"))


def test_channels_are_mixed_and_rates_converted() -> None:
    stereo = np.tile(np.array([1_000, 3_000], "<i2"), 48_000)
    samples = read(stereo.tobytes(), rate=48_000, channels=2)
    assert samples.size == 16_000
    assert np.all(samples[200:-200] == 2_000)


def test_an_incomplete_last_frame_is_dropped() -> None:
    assert read(b"\1\0\2\0\3").tolist() == [1, 2]
    assert read(b"\1\0\3\0\2\0", channels=2).tolist() == [2]


def test_a_slow_pipe_gives_partial_blocks() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stream, os.fdopen(writing, "wb", buffering=0) as sender:
        blocks = PcmStream(stream).blocks()
        sender.write(b"\1\0\2\0\3")
        assert next(blocks).samples.tolist() == [1, 2]  # it would block forever if it waited for a whole block
        sender.write(b"\0\4\0")
        assert next(blocks).samples.tolist() == [3, 4]
        sender.close()
        assert list(blocks) == []


def test_blocks_last_100_ms_at_most() -> None:
    with PcmStream(io.BytesIO(bytes(100_000))) as source:
        assert max(block.samples.size for block in source.blocks()) == 1_600


def test_streams_without_a_byte_or_a_sample() -> None:
    with pytest.raises(EmptyRecording, match="no byte"):
        read(b"")
    with pytest.raises(NoSamples, match="first sample"):
        read(b"x")
    with pytest.raises(NoSamples, match="first sample"):
        read(b"\0" * 11, channels=6)


@pytest.mark.parametrize(("magic", "container"), [(b"RIFF", "WAV"), (b"fLaC", "FLAC"), (b"OggS", "Ogg")])
@pytest.mark.parametrize("portions", [[], [1, 1, 1, 1]])
def test_audio_files_are_recognized(magic: bytes, container: str, portions: list[int]) -> None:
    with pytest.raises(NotARecording, match=f"{container} file; give the file by its name"):
        next(PcmStream(Dripping(magic + bytes(100), portions)).blocks())  # type: ignore[arg-type]


def test_settings_are_checked() -> None:
    with pytest.raises(UnsupportedRate):
        PcmStream(io.BytesIO(), rate=1)
    with pytest.raises(ValueError, match="channels"):
        PcmStream(io.BytesIO(), channels=0)


def test_the_stream_stays_open() -> None:
    stream = io.BytesIO(b"\0\0")
    with PcmStream(stream) as source:
        assert source.name == "standard input"
    assert not stream.closed
