"""A microphone through PyAudio, whatever rate and channels it offers, with every known gap counted.

PortAudio's own thread calls :class:`_Capture`, which only queues bytes; mixing and resampling happen in the thread
that reads :meth:`Microphone.blocks`.  A slow reader therefore costs counted samples, never a stalled sound card.
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
"""Sample rates in the order they are tried, Hz; the device's default comes after them."""

_MOST_CHANNELS: Final = 8
"""Most channels asked for, if neither mono nor stereo can be had; microphone arrays have this many."""

_POLL_SECONDS: Final = 0.1
"""How long one wait for the sound card lasts; between two, signals are handled and the stream is checked, s."""

_START_SECONDS: Final = 6.0
"""How long the very first block may take, s: network and Bluetooth devices, and idle PulseAudio ones, wake slowly."""

_CLOSE_SECONDS: Final = 2.0
"""How long closing may take before it is left to itself: a driver whose device was pulled out can block, s."""

_NOT_OFFERED: Final = frozenset({-9994, -9997, -9998})
"""PortAudio's codes for a sample format, a rate and a number of channels that a device does not offer."""


class Microphone:
    """An input device as a source.  The device is opened on entry as a context manager and heard from ``blocks`` on."""

    def __init__(self, settings: MicrophoneSettings) -> None:
        """Remember the settings; nothing is opened yet.

        Args:
            settings: Which device, and how it is read.
        """
        self._settings = settings
        self._name = "default microphone" if settings.device is None else str(settings.device)
        self._audio: Any = None
        self._stream: Any = None
        self._capture: _Capture | None = None
        self._resampler: Resampler | None = None

    @property
    def name(self) -> str:
        """The device's name; before it is open, what was asked for."""
        return self._name

    @property
    def overflows(self) -> int:
        """Gaps in the sound so far, each of one or more samples."""
        return 0 if self._capture is None else self._capture.overflows

    def blocks(self) -> Iterator[Block]:
        """Yield blocks of about 100 ms, for as long as the device delivers.

        After a gap the first block says how many samples are missing, as far as that is known, and starts afresh: no
        filter reaches across.

        Raises:
            MicrophoneLost: if the device vanishes.
            RuntimeError: if the microphone is not open.
        """
        capture, resampler = self._capture, self._resampler
        if capture is None or resampler is None or self._stream is None:
            raise RuntimeError("open the microphone first: with Microphone(...) as microphone")
        lost = 0
        timeout = max(_START_SECONDS, self._settings.read_timeout)
        try:
            self._stream.start_stream()
        except OSError as error:
            raise self._vanished() from error
        while True:
            chunk = self._wait(capture, timeout)
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
        """Open the device.

        Raises:
            PyAudioMissing: if PyAudio or PortAudio is not installed.
            NoMicrophone: if the machine has no input device.
            UnknownMicrophone: if none, or more than one, has the name.
            MicrophoneIndexOutOfRange: if none has the index.
            UnsupportedRate: if it offers no format that can be used.
            MicrophoneBusy: if it cannot be opened.
        """
        with quiet_stderr():
            self._audio = start_port_audio()
        try:
            # PortAudio crashes on an index that does not exist; only indices listed just now are used.
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

    def _wait(self, capture: _Capture, timeout: float) -> _Chunk:
        """Return the next chunk, which may take some seconds."""
        # Polls are counted rather than timed: when the whole process was suspended the device is not to blame.
        for _ in range(ceil(timeout / _POLL_SECONDS)):
            try:
                return capture.chunks.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                if not self._active():
                    break
        raise self._vanished()

    def _active(self) -> bool:
        try:
            return bool(self._stream.is_active())
        except OSError:
            return False

    def _vanished(self) -> MicrophoneLost:
        return MicrophoneLost(f"microphone {self._name!r} stopped delivering sound; check that it is plugged in")

    def _close(self) -> None:
        """Close everything without ever raising, and without waiting long."""
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
    """What one call of PortAudio delivered.

    Attributes:
        frames: Interleaved int16 samples.
        lost: Frames known to be missing just before, at the device's rate.
    """

    frames: bytes
    lost: int


class _Capture:
    """PortAudio's callback: queues what it gets, and counts what does not fit.

    Attributes:
        rate: The device's rate, Hz.
        channels: Its channels.
        frames: Frames a call, 100 ms.
        chunks: What waits to be read.
        overflows: Gaps so far.
    """

    def __init__(self, rate: int, channels: int, queue_seconds: float) -> None:
        self.rate = rate
        self.channels = channels
        self.frames = rate * BLOCK_SAMPLES // SAMPLE_RATE
        self.chunks: queue.Queue[_Chunk] = queue.Queue(ceil(queue_seconds * rate / self.frames))
        self.overflows = 0
        self._lost = 0
        self._expected_time: float | None = None

    def __call__(self, data: bytes, frame_count: int, time_info: Mapping[str, float], status: int) -> tuple[None, int]:
        """Take over one buffer, in PortAudio's thread.

        Args:
            data: Interleaved int16 samples.
            frame_count: Frames in it.
            time_info: PortAudio's times, s; ``input_buffer_adc_time`` is when the first frame was sampled.
            status: PortAudio's flags.

        Returns:
            Nothing to play, and the order to go on.
        """
        import pyaudio

        time = time_info["input_buffer_adc_time"]
        # What overflowed before the first buffer came was never ours.
        if status & pyaudio.paInputOverflow and self._expected_time is not None:
            self._miss(self._frames_until(time))
        self._expected_time = time + frame_count / self.rate
        try:
            self.chunks.put_nowait(_Chunk(data, self._lost))
            self._lost = 0
        except queue.Full:
            self._miss(frame_count)
        return None, pyaudio.paContinue

    def _miss(self, frames: int) -> None:
        if self._lost == 0:
            self.overflows += 1
        self._lost += frames

    def _frames_until(self, time: float) -> int:
        """Estimate the frames that an overflow took, from the sound card's clock; it is at least one."""
        return max(1, round((time - self._expected_time) * self.rate)) if self._expected_time is not None else 1


def _formats(device: InputDevice) -> Iterator[tuple[int, int]]:
    """Yield rates, Hz, and channels to try, best first."""
    most = min(device.channels, _MOST_CHANNELS)
    for rate in dict.fromkeys((*_RATES, device.default_rate)):
        for channels in dict.fromkeys((1, 2, most)):
            if channels <= device.channels:
                yield rate, channels


def _shut(stream: Any, audio: Any) -> None:
    """End a stream and its PortAudio; a device that is gone may fail at each step."""
    if stream is not None:
        with suppress(Exception):
            stream.stop_stream()
        with suppress(Exception):
            stream.close()
    with suppress(Exception):
        audio.terminate()
