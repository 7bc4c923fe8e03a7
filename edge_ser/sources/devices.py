"""PortAudio's input devices: listing them, and choosing one by name or index.

Indices change when a device is plugged in or the machine restarts, so names are more reliable.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from edge_ser.audio import SAMPLE_RATE
from edge_ser.errors import MicrophoneIndexOutOfRange, NoMicrophone, PyAudioMissing, UnknownMicrophone


@dataclass(frozen=True)
class InputDevice:
    """An entry of PortAudio's list of input devices.

    Attributes:
        index: PortAudio's index; valid until devices come or go.
        name: Its name.
        host_api: The sound system that provides it, such as ``ALSA``.
        channels: Largest number of input channels.
        default_rate: Default sample rate, Hz.
        is_default: Whether it is the system's default input.
        supports_16k_mono: Whether it delivers 16 kHz mono int16 without conversion by edge-ser.
    """

    index: int
    name: str
    host_api: str
    channels: int
    default_rate: int
    is_default: bool
    supports_16k_mono: bool


def list_inputs() -> list[InputDevice]:
    """List the input devices, in the order of their indices; empty on a machine without any.

    Raises:
        PyAudioMissing: PyAudio or PortAudio is not installed.
    """
    with port_audio() as audio:
        return describe_inputs(audio)


def choose(devices: Sequence[InputDevice], wanted: str | int | None) -> InputDevice:
    """Choose the microphone that a user asked for.

    Args:
        devices: The input devices.
        wanted: ``None`` for the system's default; an index, also as a string of digits; or a name or a part of one
            that matches one device only, in any case.

    Raises:
        NoMicrophone: there is no device at all.
        MicrophoneIndexOutOfRange: no device has the index.
        UnknownMicrophone: the name matches no device, or more than one.
    """
    if not devices:
        # PortAudio does not list a device that another program uses exclusively.
        raise NoMicrophone("no microphone found; plug one in, or close what uses it, and check with: arecord -l")
    if wanted is None:
        return next((device for device in devices if device.is_default), devices[0])
    if isinstance(wanted, int) or (wanted.isascii() and wanted.isdigit()):
        for device in devices:
            if device.index == int(wanted):
                return device
        raise MicrophoneIndexOutOfRange(f"no microphone has index {wanted}; available: {_names(devices)}")
    key = wanted.strip().casefold()
    exact = [device for device in devices if device.name.casefold() == key]
    if exact:
        return exact[0]
    # Match at the beginning of a word only: `sysdefault` is not `default`, but another device.
    beginning = re.compile(rf"(?<![^\W_]){re.escape(key)}")
    partial = [device for device in devices if key and beginning.search(device.name.casefold())]
    if len(partial) == 1:
        return partial[0]
    if partial:
        raise UnknownMicrophone(f"{wanted!r} matches several microphones; give more of the name: {_names(partial)}")
    raise UnknownMicrophone(
        f"no microphone is called {wanted!r}, or another program uses it; available: {_names(devices)}"
    )


@contextmanager
def port_audio() -> Iterator[Any]:
    """Run PortAudio while the ``with`` block runs; each start lists the devices again, so new ones are found.

    Yields:
        A ``pyaudio.PyAudio`` object.

    Raises:
        PyAudioMissing: PyAudio or PortAudio is not installed.
    """
    with quiet_stderr():
        audio = start_port_audio()
    try:
        yield audio
    finally:
        with quiet_stderr():
            audio.terminate()


def start_port_audio() -> Any:
    """Return a new ``pyaudio.PyAudio``, which the caller must terminate.

    Raises:
        PyAudioMissing: PyAudio or PortAudio is not installed.
    """
    try:
        import pyaudio
    except ImportError as error:
        raise PyAudioMissing(
            f"PyAudio cannot be used ({error}); install it with: sudo apt install libportaudio2 portaudio19-dev "
            "&& pip install pyaudio"
        ) from None
    return pyaudio.PyAudio()


def describe_inputs(audio: Any) -> list[InputDevice]:
    """List the input devices of a ``pyaudio.PyAudio``; their indices are valid for this object only."""
    default = -1
    with suppress(OSError):  # there is none
        default = int(audio.get_default_input_device_info()["index"])
    devices = []
    with quiet_stderr():  # asking for formats opens devices
        for index in range(audio.get_device_count()):
            info = audio.get_device_info_by_index(index)
            if info["maxInputChannels"] < 1:
                continue
            devices.append(
                InputDevice(
                    index=index,
                    name=_text(info["name"]),
                    host_api=_text(audio.get_host_api_info_by_index(info["hostApi"])["name"]),
                    channels=int(info["maxInputChannels"]),
                    default_rate=round(info["defaultSampleRate"]),
                    is_default=index == default,
                    supports_16k_mono=format_error(audio, index, SAMPLE_RATE, 1) is None,
                )
            )
    return devices


def format_error(audio: Any, index: int, rate: int, channels: int) -> int | None:
    """Check whether a device delivers int16 samples in a format.

    Args:
        audio: A ``pyaudio.PyAudio``.
        index: A device index that it listed; another one would crash Python.
        rate: Sample rate, Hz.
        channels: Number of channels.

    Returns:
        ``None`` if it does, else PortAudio's error code.
    """
    import pyaudio

    try:
        audio.is_format_supported(rate, input_device=index, input_channels=channels, input_format=pyaudio.paInt16)
    except ValueError as error:
        code = error.args[-1]
        return code if isinstance(code, int) else int(pyaudio.paInternalError)
    return None


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Discard the output of C libraries on standard error: ALSA and JACK flood it when they look for devices.

    It replaces file descriptor 2 of the whole process, so it must be held briefly only: Python's messages are lost too.
    """
    try:
        saved = os.dup(2)
    except OSError:  # standard error is closed, so there is nothing to silence
        yield
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
        finally:
            os.close(nowhere)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def _text(name: str | bytes) -> str:
    # PyAudio returns bytes for a name that is neither in the locale's encoding nor UTF-8.
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else name


def _names(devices: Sequence[InputDevice]) -> str:
    return ", ".join(f"{device.index} {device.name!r}" for device in devices)
