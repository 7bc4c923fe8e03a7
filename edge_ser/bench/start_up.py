"""How long the real command takes to listen, from the start of its process to its first sample."""

from __future__ import annotations

import subprocess
import sys
import time
import wave
from pathlib import Path
from typing import Final

from edge_ser.audio import BLOCK_SAMPLES, SAMPLE_RATE
from edge_ser.errors import EdgeSerError

_COMMAND: Final = (sys.executable, "-m", "edge_ser", "listen", "--format", "json")


def write_silence(folder: Path) -> Path:
    """Write a recording of one silent block and return its path."""
    path = folder / "silence.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(bytes(2 * BLOCK_SAMPLES))
    return path


def time_until_listening(recording: Path, model: Path, interpreter: str | None) -> float:
    """Return the time from the start of `edge-ser listen` to the line that says it is listening, ms.

    Args:
        recording: What it listens to; the time to open a microphone depends on its driver and is left out.
        model: The model file.
        interpreter: Name of the interpreter; ``None`` for the first that is installed.

    Raises:
        EdgeSerError: it did not listen.
    """
    chosen = () if interpreter is None else ("--interpreter", interpreter)
    begin = time.monotonic_ns()
    with subprocess.Popen(
        [*_COMMAND, "--input", recording, "--model", model, *chosen],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            took = time.monotonic_ns() - begin
            _, errors = process.communicate()
        except BaseException:
            process.kill()
            raise
    if not line or process.returncode:
        raise EdgeSerError(f"edge-ser listen failed: {errors.decode(errors='backslashreplace').strip()}")
    return took / 1e6
