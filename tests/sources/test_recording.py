"""Recordings in every format, and in every way in which a file can be damaged."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_ser.errors import (
    EdgeSerError,
    EmptyRecording,
    NoRecordings,
    NoSamples,
    NotARecording,
    RecordingMissing,
    RecordingUnreadable,
    TruncatedRecording,
    UnsupportedRate,
)
from edge_ser.sources.folders import find_recordings
from edge_ser.sources.recording import Recording, read_samples

SIZE_FIELD = 40  # offset in the data chunk of a WAV with an ordinary format chunk


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(1).integers(-32_768, 32_768, 16_000).astype(np.int16)


@pytest.fixture
def wav(tmp_path: Path, noise: np.ndarray) -> Path:
    path = tmp_path / "noise.wav"
    soundfile.write(path, noise, 16_000, subtype="PCM_16")
    return path


def hum(rate: int, channels: int, seconds: float = 0.5) -> np.ndarray:
    time = np.arange(round(rate * seconds)) / rate
    return np.tile((0.5 * np.sin(2 * np.pi * 300 * time))[:, None], channels)


def patch(path: Path, offset: int, value: int) -> None:
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, offset, value)
    path.write_bytes(content)


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_16_bit_mono_16_khz_passes_bit_for_bit(tmp_path: Path, noise: np.ndarray, suffix: str) -> None:
    path = tmp_path / f"noise.{suffix}"
    soundfile.write(path, noise, 16_000, subtype="PCM_16")
    with Recording(path) as recording:
        assert recording.name == str(path)
        blocks = list(recording.blocks())
    assert sum(block.samples.size for block in blocks) == 16_000
    assert all(block.samples.dtype == np.int16 and block.lost == 0 for block in blocks)
    assert max(block.samples.size for block in blocks) == 1_600
    assert np.array_equal(np.concatenate([block.samples for block in blocks]), noise)
    assert np.array_equal(read_samples(path), noise)


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
@pytest.mark.parametrize(
    ("suffix", "subtype", "tolerance"),
    [
        ("wav", "PCM_U8", 300),
        ("wav", "PCM_16", 6),
        ("wav", "PCM_24", 6),
        ("wav", "PCM_32", 6),
        ("wav", "FLOAT", 6),
        ("wav", "DOUBLE", 6),
        ("wav", "ULAW", 700),
        ("flac", "PCM_S8", 300),
        ("flac", "PCM_16", 6),
        ("flac", "PCM_24", 6),
        ("ogg", "VORBIS", 4_000),
    ],
)
def test_every_format_gives_the_same_sound(
    tmp_path: Path, suffix: str, subtype: str, tolerance: int, rate: int, channels: int
) -> None:
    path = tmp_path / f"hum.{suffix}"
    soundfile.write(path, hum(rate, channels), rate, subtype=subtype)
    samples = read_samples(path)
    ideal = hum(16_000, 1)[:, 0] * 32_768
    assert samples.size == 8_000
    assert np.max(np.abs(samples - ideal)[200:-200]) <= tolerance


def test_loud_floats_saturate_and_nan_becomes_silence(tmp_path: Path) -> None:
    path = tmp_path / "loud.wav"
    soundfile.write(path, np.array([2.0, -2.0, np.nan, 0.25], np.float32), 16_000, subtype="FLOAT")
    assert read_samples(path).tolist() == [32_767, -32_768, 0, 8_192]


def test_realtime_yields_blocks_like_a_microphone(wav: Path) -> None:
    now = [100.0]
    with Recording(wav, realtime=True, clock=lambda: now[0], sleep=lambda s: now.__setitem__(0, now[0] + s)) as source:
        times = []
        for _ in source.blocks():
            times.append(now[0])
            now[0] += 0.03  # the time that the reader takes does not slow the pace
    assert times == pytest.approx([100.1 + 0.1 * index for index in range(10)])


# Bad input -----------------------------------------------------------------------------------------------------------


def assert_refused(path: Path, error: type[EdgeSerError], match: str) -> None:
    with pytest.raises(error, match=match) as caught:
        Recording(path).__enter__()
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_reading_continues_where_it_was_left(wav: Path, noise: np.ndarray) -> None:
    with Recording(wav) as recording:
        first = next(recording.blocks()).samples
        rest = [block.samples for block in recording.blocks()]  # as after a reload that failed
    np.testing.assert_array_equal(np.concatenate([first, *rest]), noise)


def test_a_missing_file_is_an_error(tmp_path: Path, wav: Path) -> None:
    assert_refused(tmp_path / "none.wav", RecordingMissing, "no such file")
    assert_refused(wav / "below.wav", RecordingMissing, "no such file")


def test_a_folder_and_a_pipe_are_errors(tmp_path: Path) -> None:
    assert_refused(tmp_path, RecordingUnreadable, "folder")
    os.mkfifo(tmp_path / "pipe.wav")
    assert_refused(tmp_path / "pipe.wav", RecordingUnreadable, "not a regular file")


def test_a_long_name_and_a_forbidden_file_are_errors(tmp_path: Path, wav: Path) -> None:
    assert_refused(tmp_path / ("x" * 300 + ".wav"), RecordingUnreadable, "too long")
    if os.geteuid() == 0:
        return  # root may read everything
    wav.chmod(0)
    assert_refused(wav, RecordingUnreadable, "permissions")


def test_an_empty_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    assert_refused(tmp_path / "empty.wav", EmptyRecording, "0 bytes")


@pytest.mark.parametrize("content", [b"hello, this is text\n" * 50, b"\0" * 1_000, b"RIFF\x04\0\0\0AVI ", b"x"])
def test_a_file_without_audio_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "text.wav"
    path.write_bytes(content)
    assert_refused(path, NotARecording, "WAV, FLAC or Ogg")


@pytest.mark.parametrize("suffix", ["wav", "ogg"])
def test_a_recording_without_samples_is_an_error(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"short.{suffix}"
    soundfile.write(path, np.empty(0), 16_000)
    assert_refused(path, NoSamples, "length is zero")


@pytest.mark.parametrize("kept", [44, 45, 1_000, 32_043])
@pytest.mark.parametrize("rf64", [False, True])
def test_a_truncated_wav_is_an_error(tmp_path: Path, noise: np.ndarray, kept: int, rf64: bool) -> None:
    path = tmp_path / "cut.wav"
    soundfile.write(path, noise, 16_000, format="RF64" if rf64 else "WAV", subtype="PCM_16")
    header = path.stat().st_size - 32_000
    path.write_bytes(path.read_bytes()[: header - 44 + kept])
    assert_refused(path, TruncatedRecording, "promises 32000 bytes of sound")


@pytest.mark.parametrize("kept", [4, 12, 20, 36, 43])
def test_a_wav_truncated_within_its_header_is_an_error(wav: Path, kept: int) -> None:
    wav.write_bytes(wav.read_bytes()[:kept])
    assert_refused(wav, TruncatedRecording, "within its header")


@pytest.mark.parametrize("size", [0xFFFF_FFFF, 0x7FFF_F000, 0x8000_0000])
def test_a_wav_from_a_pipe_is_read_to_its_end(wav: Path, noise: np.ndarray, size: int) -> None:
    patch(wav, 4, size)
    patch(wav, SIZE_FIELD, size)
    assert np.array_equal(read_samples(wav), noise)


@pytest.mark.parametrize("riff_size", [0, 36])
def test_the_wav_of_a_killed_recorder_is_read_to_its_end(wav: Path, noise: np.ndarray, riff_size: int) -> None:
    patch(wav, 4, riff_size)
    patch(wav, SIZE_FIELD, 0)
    assert np.array_equal(read_samples(wav), noise)


def test_chunks_around_the_samples_are_skipped(wav: Path, noise: np.ndarray) -> None:
    content = wav.read_bytes()
    extra = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    body = content[12:36] + extra + content[36:] + extra
    wav.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body)
    assert np.array_equal(read_samples(wav), noise)


def test_a_truncated_or_damaged_flac_is_an_error(tmp_path: Path, noise: np.ndarray) -> None:
    path = tmp_path / "cut.flac"
    soundfile.write(path, noise, 16_000)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(TruncatedRecording, match=r"after 0\.\d s"):
        read_samples(path)
    path.write_bytes(whole[: len(whole) // 2] + b"\0" * 500 + whole[len(whole) // 2 + 500 :])
    with pytest.raises(TruncatedRecording):
        read_samples(path)
    path.write_bytes(whole[:20])
    assert_refused(path, TruncatedRecording, "within its header")


def test_a_flac_from_a_pipe_is_read_to_its_end(tmp_path: Path, noise: np.ndarray) -> None:
    path = tmp_path / "piped.flac"
    soundfile.write(path, noise, 16_000)
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0  # the 36 bits of STREAMINFO that have the number of samples
    content[22:26] = bytes(4)
    path.write_bytes(content)
    assert np.array_equal(read_samples(path), noise)


@pytest.mark.parametrize("rate", [1_000, 191_999, 500_000])
def test_an_unsupported_rate_is_an_error(wav: Path, rate: int) -> None:
    patch(wav, 24, rate)
    assert_refused(wav, UnsupportedRate, "convert")


def test_no_file_stays_open(wav: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with Recording(wav) as recording:
        next(recording.blocks())
    patch(wav, 24, 1_000)
    with pytest.raises(UnsupportedRate):
        Recording(wav).__enter__()
    patch(wav, SIZE_FIELD, 64_000)
    with pytest.raises(TruncatedRecording):
        Recording(wav).__enter__()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


# Folders -------------------------------------------------------------------------------------------------------------


def test_folders_are_searched(tmp_path: Path) -> None:
    names = ["b.wav", "a.FLAC", "sub/c.Ogg", "notes.txt", ".hidden.wav", ".git/d.wav", "sub/e.mp3"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    expected = [tmp_path / "a.FLAC", tmp_path / "b.wav", tmp_path / "sub/c.Ogg"]
    assert find_recordings([tmp_path]) == expected
    assert find_recordings([tmp_path / "notes.txt", str(tmp_path), "missing.wav"]) == [
        tmp_path / "notes.txt",
        *expected,
        Path("missing.wav"),
    ]


def test_a_folder_without_recordings_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(NoRecordings, match="no recording"):
        find_recordings([tmp_path])
