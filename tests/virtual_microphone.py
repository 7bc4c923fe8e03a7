"""Microphones for machines without a sound card: real PyAudio, PortAudio and ALSA with synthetic sound.

``pulse_microphone`` runs a private PulseAudio in real time; ``file_microphone`` needs no daemon and delivers a file as
fast as it is read, bit for bit.  Both work through the ALSA configuration in ``$HOME``, which the C library reads once,
so the program under test must be a subprocess with the environment that they yield.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

_START_SECONDS = 10.0
_SINK = "fake_mic"
_ROOT = Path(__file__).resolve().parent.parent


class PulseMicrophone:
    """A sink of a private PulseAudio whose monitor is the default microphone of programs run in ``env``."""

    def __init__(self, env: dict[str, str], command: list[str]) -> None:
        """Prepare the server; use :func:`pulse_microphone`, which also starts it."""
        self.env = env
        self._command = command
        self._server: subprocess.Popen[bytes] | None = None
        self._players: list[subprocess.Popen[bytes]] = []

    def plug_in(self) -> None:
        """Start the server, for the first time or after :meth:`kill`."""
        nowhere = subprocess.DEVNULL
        self._server = subprocess.Popen(self._command, env=self.env, stdout=nowhere, stderr=nowhere)
        _wait_for(self._server, self.env)

    def play(self, path: str | os.PathLike[str]) -> subprocess.Popen[bytes]:
        """Start playing a WAV or FLAC file into the microphone; wait for the returned player to end."""
        player = subprocess.Popen(["paplay", "-d", _SINK, os.fspath(path)], env=self.env, stderr=subprocess.DEVNULL)
        self._players.append(player)
        return player

    def kill(self) -> None:
        """Kill the server, as if the microphone had been unplugged."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def close(self) -> None:
        """End the players and the server."""
        for player in self._players:
            with suppress(ProcessLookupError):
                player.kill()
            player.wait()
        self.kill()


@contextmanager
def pulse_microphone(
    tmp_path: Path, rate: int = 16_000, channels: int = 1, plugged_in: bool = True
) -> Iterator[PulseMicrophone]:
    """Start a private PulseAudio with a null sink; skips the test if PulseAudio is not installed.

    Args:
        tmp_path: Folder for the configuration.
        rate: Rate of the sink, Hz.
        channels: Channels of the sink.
        plugged_in: Whether the microphone exists from the start.

    Yields:
        The microphone; its server is stopped afterwards.
    """
    for tool in ("pulseaudio", "pactl", "paplay"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed (Debian packages pulseaudio, pulseaudio-utils)")
    home = tmp_path / "pulse-home"
    home.mkdir()
    (home / ".asoundrc").write_text("pcm.!default { type pulse }\nctl.!default { type pulse }\n")
    # A socket's path may have 107 characters at most, which pytest's folders can exceed.
    runtime = Path(tempfile.mkdtemp(prefix="pulse-"))
    env = _environment(home) | {
        "XDG_RUNTIME_DIR": str(runtime),
        "PULSE_RUNTIME_PATH": str(runtime),
        "PULSE_SERVER": f"unix:{runtime}/native",
        "PULSE_SOURCE": f"{_SINK}.monitor",
    }
    microphone = PulseMicrophone(
        env,
        [
            *("pulseaudio", "--daemonize=no", "--exit-idle-time=-1", "-n", "--use-pid-file=no"),
            *("-L", f"module-native-protocol-unix socket={runtime}/native auth-anonymous=1"),
            *("-L", f"module-null-sink sink_name={_SINK} rate={rate} channels={channels} format=s16le"),
        ],
    )
    try:
        if plugged_in:
            microphone.plug_in()
        yield microphone
    finally:
        microphone.close()
        shutil.rmtree(runtime, ignore_errors=True)


def file_microphone(tmp_path: Path, samples: npt.NDArray[np.int16]) -> dict[str, str]:
    """Make a microphone that delivers samples bit for bit and unpaced; after their end it repeats stale ones.

    Args:
        tmp_path: Folder for the configuration and the samples.
        samples: The samples in the format in which it is opened, channels interleaved, int16.

    Returns:
        The environment for a subprocess whose default microphone this is.
    """
    sound = tmp_path / "microphone.raw"
    sound.write_bytes(samples.astype("<i2").tobytes())
    return alsa_environment(
        tmp_path, f'pcm.!default {{ type file slave.pcm "null" file "/dev/null" infile "{sound}" format "raw" }}'
    )


def alsa_environment(tmp_path: Path, configuration: str) -> dict[str, str]:
    """Return the environment for a subprocess with its own ALSA configuration."""
    home = tmp_path / "alsa-home"
    home.mkdir()
    (home / ".asoundrc").write_text(configuration + "\n")
    # PortAudio tries every device, ALSA's PulseAudio device too, which must neither start a server nor leave folders.
    return _environment(home) | {"PULSE_SERVER": f"unix:{home}/none", "PULSE_RUNTIME_PATH": str(home)}


def _environment(home: Path) -> dict[str, str]:
    """Return this process's environment with another home folder and without variables that name a sound server."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("PULSE_", "ALSA_", "DBUS_"))}
    return inherited | {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "PYTHONPATH": str(_ROOT)}


def _wait_for(server: subprocess.Popen[bytes], env: dict[str, str]) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        asked = subprocess.run(["pactl", "info"], env=env, capture_output=True, timeout=_START_SECONDS, check=False)
        if asked.returncode == 0:
            return
        time.sleep(0.05)
    raise RuntimeError("PulseAudio did not start")
