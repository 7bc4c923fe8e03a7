"""A microphone read through PyAudio, at any rate and number of channels, with all known gaps counted.

PortAudio's thread calls :class:`_Capture`, which only queues bytes; mixing and resampling happen in the thread that
reads :meth:`Microphone.blocks`.  A slow reader therefore loses samples, which are counted, but never stalls the card.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import ceil
from typing import Any, Final

import numpy as np

from edge_ser.audio import BLOCK_SAMPLES, SAMPLE_RATE, Block, Samples
from edge_ser.errors import MicrophoneBusy, MicrophoneLost, UnsupportedRate
from edge_ser.settings import MicrophoneSettings
from edge_ser.sources.devices import (
    InputDevice,
    choose,
    describe_inputs,
    format_error,
    quiet_stderr,
    start_port_audio,
)
from edge_ser.sources.resample import Resampler, mix_to_mono

_RATES: Final = (SAMPLE_RATE, 48_000, 44_100)
"""Sample rates in the order in which they are tried, Hz; the device's default rate comes last."""

_MOST_CHANNELS: Final = 8
"""Most channels that are tried, after mono and stereo; microphone arrays have as many."""

_POLL_SECONDS: Final = 0.1
"""Duration of one wait for the sound card, s; between two, signals are handled and the stream is checked."""

_START_SECONDS: Final = 6.0
"""Longest wait for the very first block, s: network, Bluetooth and idle PulseAudio devices wake up slowly."""

_CLOSE_SECONDS: Final = 2.0
"""Longest wait for closing, s: the driver of an unplugged device can block."""

_NOT_OFFERED: Final = frozenset({-9994, -9997, -9998})
"""PortAudio's error codes for a sample format, a rate and a number of channels that a device does not offer."""


class Microphone:
    """A microphone as a source: opened on entry as a context manager, and recorded once ``blocks`` is iterated."""

    def __init__(self, settings: MicrophoneSettings) -> None:
        """Store the settings; nothing is opened yet.

        Args:
            settings: Which microphone, and how it is read.
        """
        self._settings = settings
        self._name = "default microphone" if settings.device is None else str(settings.device)
        self._audio: Any = None
        self._stream: Any = None
        self._capture: _Capture | None = None
        self._resampler: Resampler | None = None

    @property
    def name(self) -> str:
        """The microphone's name; before it is open, the name or index asked for."""
        return self._name

    def blocks(self) -> Iterator[Block]:
        """Yield blocks of about 100 ms for as long as the microphone delivers them.

        The first block after a gap has the number of missing samples, as far as it is known; the resampler starts
        again there, so that no filter spans the gap.

        Raises:
            MicrophoneLost: the microphone stopped delivering sound.
            RuntimeError: the microphone is not open.
        """
        capture, resampler = self._capture, self._resampler
        if capture is None or resampler is None or self._stream is None:
            raise RuntimeError("open the microphone first: with Microphone(...) as microphone")
        lost = 0
        timeout = max(_START_SECONDS, self._settings.read_timeout)
        try:
            self._stream.start_stream()
        except OSError as error:
            raise self._lost() from error
        while True:
            chunk = self._next_chunk(capture, timeout)
            timeout = self._settings.read_timeout
            if chunk.lost:
                before = resampler.finish()
                if before.size:
                    yield Block(before, lost)
                    lost = 0
                lost += ceil(chunk.lost * SAMPLE_RATE / capture.rate)
            frames = np.frombuffer(chunk.frames, np.int16).reshape(-1, capture.channels)
            samples: Samples = resampler.process(mix_to_mono(frames))
            if samples.size:
                yield Block(samples, lost)
                lost = 0

    def __enter__(self) -> Microphone:
        """Open the microphone.

        Raises:
            PyAudioMissing: PyAudio or PortAudio is not installed.
            NoMicrophone: the machine has no microphone.
            UnknownMicrophone: no microphone has the name, or more than one has.
            MicrophoneIndexOutOfRange: no microphone has the index.
            UnsupportedRate: the microphone offers no usable format.
            MicrophoneBusy: it cannot be opened.
        """
        with quiet_stderr():
            self._audio = start_port_audio()
        try:
            # PortAudio crashes on an index that does not exist, so only indices that it just listed are used.
            device = choose(describe_inputs(self._audio), self._settings.device)
            self._name = device.name
            with quiet_stderr():
                self._open(device)
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self._close()

    def _open(self, device: InputDevice) -> None:
        """Open the device with the first format that it offers."""
        for rate, channels in _formats(device):
            code = format_error(self._audio, device.index, rate, channels)
            if code is None:
                self._resampler = Resampler(rate)
                capture = _Capture(rate, channels, self._settings.queue_seconds)
                try:
                    self._stream = self._open_stream(device, capture)
                except OSError as error:
                    code = error.errno or 0
                else:
                    self._capture = capture
                    return
            if code not in _NOT_OFFERED:
                raise MicrophoneBusy(
                    f"microphone {device.name!r} cannot be opened (PortAudio error {code}); "
                    "close the program that uses it, or see who does with: fuser -v /dev/snd/*"
                )
        raise UnsupportedRate(
            f"microphone {device.name!r} offers 16-bit sound neither at {', '.join(map(str, _RATES))} Hz "
            f"nor at its default of {device.default_rate} Hz; choose another one"
        )

    def _open_stream(self, device: InputDevice, capture: _Capture) -> Any:
        import pyaudio

        return self._audio.open(
            format=pyaudio.paInt16,
            channels=capture.channels,
            rate=capture.rate,
            input=True,
            input_device_index=device.index,
            frames_per_buffer=capture.frames,
            stream_callback=capture,
            start=False,
        )

    def _next_chunk(self, capture: _Capture, timeout: float) -> _Chunk:
        """Wait for the next chunk, for ``timeout`` seconds at most."""
        # Polls are counted rather than timed: if the process was suspended, the microphone is not to blame.
        for _ in range(ceil(timeout / _POLL_SECONDS)):
            try:
                return capture.chunks.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                if not self._active():
                    break
        raise self._lost()

    def _active(self) -> bool:
        try:
            return bool(self._stream.is_active())
        except OSError:
            return False

    def _lost(self) -> MicrophoneLost:
        return MicrophoneLost(f"microphone {self._name!r} stopped delivering sound; check that it is plugged in")

    def _close(self) -> None:
        """Close everything, without raising and without waiting for long."""
        stream, audio = self._stream, self._audio
        self._stream = self._audio = None
        if audio is None:
            return
        closer = threading.Thread(target=_shut, args=(stream, audio), name="close-microphone", daemon=True)
        with quiet_stderr():
            closer.start()
            closer.join(_CLOSE_SECONDS)


@dataclass(frozen=True)
class _Chunk:
    """The audio of one call by PortAudio.

    Attributes:
        frames: Interleaved int16 samples.
        lost: Frames known to be missing just before, at the device's rate.
    """

    frames: bytes
    lost: int


class _Capture:
    """PortAudio's callback: queues buffers, and counts the frames that do not fit.

    Attributes:
        rate: Sample rate of the device, Hz.
        channels: Number of channels.
        frames: Frames per call: 100 ms.
        chunks: Chunks that wait to be read.
    """

    def __init__(self, rate: int, channels: int, queue_seconds: float) -> None:
        self.rate = rate
        self.channels = channels
        self.frames = rate * BLOCK_SAMPLES // SAMPLE_RATE
        self.chunks: queue.Queue[_Chunk] = queue.Queue(ceil(queue_seconds * rate / self.frames))
        self._lost = 0  # frames missing since the last queued chunk
        self._expected_time: float | None = None

    def __call__(self, data: bytes, frame_count: int, time_info: Mapping[str, float], status: int) -> tuple[None, int]:
        """Queue one buffer, in PortAudio's thread.

        Args:
            data: Interleaved int16 samples.
            frame_count: Frames in it.
            time_info: PortAudio's times, s; ``input_buffer_adc_time`` is when the first frame was sampled.
            status: PortAudio's flags.

        Returns:
            Nothing to play, and PortAudio's code to continue.
        """
        import pyaudio

        time = time_info["input_buffer_adc_time"]
        # An overflow before the first buffer lost nothing that was wanted.
        if status & pyaudio.paInputOverflow and self._expected_time is not None:
            self._lost += self._frames_until(time)
        self._expected_time = time + frame_count / self.rate
        try:
            self.chunks.put_nowait(_Chunk(data, self._lost))
            self._lost = 0
        except queue.Full:
            self._lost += frame_count
        return None, pyaudio.paContinue

    def _frames_until(self, time: float) -> int:
        """Estimate the frames lost in an overflow from the sound card's clock; at least one."""
        return max(1, round((time - self._expected_time) * self.rate)) if self._expected_time is not None else 1


def _formats(device: InputDevice) -> Iterator[tuple[int, int]]:
    """Yield the rates, Hz, and numbers of channels to try, best first."""
    most = min(device.channels, _MOST_CHANNELS)
    for rate in dict.fromkeys((*_RATES, device.default_rate)):
        for channels in dict.fromkeys((1, 2, most)):
            if channels <= device.channels:
                yield rate, channels


def _shut(stream: Any, audio: Any) -> None:
    """End a stream and its PortAudio; with a device that is gone, each step may fail."""
    if stream is not None:
        with suppress(Exception):
            stream.stop_stream()
        with suppress(Exception):
            stream.close()
    with suppress(Exception):
        audio.terminate()
