"""Microphones without a sound card, but with the real PyAudio, PortAudio and ALSA below them.

Everything that records runs in a subprocess, because the ALSA library reads its configuration once a process.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from edge_ser.settings import MicrophoneSettings
from edge_ser.sources.devices import InputDevice
from edge_ser.sources.microphone import Microphone, _Capture, _formats
from tests.virtual_microphone import alsa_environment, file_microphone, pulse_microphone

pyaudio = pytest.importorskip("pyaudio")

ROOT = Path(__file__).resolve().parents[2]

RECORDER = """
import json, signal, sys, time
from pathlib import Path
import numpy as np
from edge_ser.errors import EdgeSerError
from edge_ser.settings import MicrophoneSettings
from edge_ser.sources import microphone

def stop(*_):
    raise SystemExit(143)

signal.signal(signal.SIGTERM, stop)
output, options = Path(sys.argv[1]), json.loads(sys.argv[2])
exec(options["first"])
blocks, report = [], {"lost": []}
source = microphone.Microphone(MicrophoneSettings(**options["settings"]))
try:
    with source:
        report.update(name=source.name, rate=source._capture.rate, channels=source._capture.channels)
        for block in source.blocks():
            if not blocks:
                print("started", flush=True)
                time.sleep(options["stall"])
            blocks.append(block.samples)
            report["lost"].append(block.lost)
            if sum(map(len, blocks)) >= options["seconds"] * 16_000:
                break
        closing = time.monotonic()
    report["closed_in"] = time.monotonic() - closing
except EdgeSerError as error:
    report.update(error=type(error).__name__, message=str(error))
np.concatenate([np.empty(0, np.int16), *blocks]).tofile(output)
print(json.dumps(report), flush=True)
"""


class Recorder:
    """A subprocess that records from its default microphone."""

    def __init__(
        self,
        folder: Path,
        env: dict[str, str],
        seconds: float = 1.0,
        stall: float = 0.0,
        first: str = "",
        **settings: Any,
    ) -> None:
        self._output = folder / "recorded.raw"
        options = json.dumps({"seconds": seconds, "stall": stall, "first": first, "settings": settings})
        self.process = subprocess.Popen(
            [sys.executable, "-c", RECORDER, str(self._output), options],
            env=env,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for_sound(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "started\n"

    def finish(self) -> tuple[dict[str, Any], np.ndarray]:
        out, err = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, err
        return json.loads(out.splitlines()[-1]), np.fromfile(self._output, np.int16)


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(3).integers(-32_768, 32_768, 64_000).astype(np.int16)


# No daemon, unpaced --------------------------------------------------------------------------------------------------


def test_16_khz_mono_arrives_bit_for_bit(tmp_path: Path, noise: np.ndarray) -> None:
    recorder = Recorder(tmp_path, file_microphone(tmp_path, noise), seconds=3)
    report, heard = recorder.finish()
    assert (report["name"], report["rate"], report["channels"]) == ("default", 16_000, 1)
    assert report["lost"] == [0] * 30
    assert np.array_equal(heard, noise[:48_000])


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_other_formats_are_mixed_and_resampled(tmp_path: Path, rate: int) -> None:
    time_ = np.arange(2 * rate) / rate
    left = np.rint(16_000 * np.sin(2 * np.pi * 1_000 * time_)).astype(np.int16)
    stereo = np.stack([left, np.zeros_like(left)], axis=1)
    only = f"microphone._formats = lambda device: iter([({rate}, 2)])"
    recorder = Recorder(tmp_path, file_microphone(tmp_path, stereo.ravel()), seconds=1, first=only)
    report, heard = recorder.finish()
    assert (report["rate"], report["channels"]) == (rate, 2)
    ideal = 8_000 * np.sin(2 * np.pi * 1_000 * np.arange(heard.size) / 16_000)
    assert np.max(np.abs(heard - ideal)[200:]) <= 5


def test_a_rejected_rate_is_not_used(tmp_path: Path) -> None:
    # ALSA's share plugin offers only the rate of its slave, as a sound card does.  It crashes when it captures, so the
    # microphone is only opened.
    sound = tmp_path / "microphone.raw"
    sound.write_bytes(bytes(1_000))
    slave = f'pcm.slave {{ type file slave.pcm "null" file "/dev/null" infile "{sound}" format "raw" }}'
    share = "type share slave { pcm slave rate 48000 channels 2 format S16_LE } bindings.0 0 bindings.1 1"
    env = alsa_environment(tmp_path, f"{slave}\npcm.!default {{ {share} }}")
    code = (
        "import os; from edge_ser.sources.microphone import *\n"
        "microphone = Microphone(MicrophoneSettings()).__enter__()\n"
        "print(microphone._capture.rate, flush=True); os._exit(0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode == -signal.SIGABRT:
        pytest.skip("ALSA's share plugin aborted, as it sometimes does on some machines")
    assert done.stdout == "48000\n", done.stderr


def test_a_full_queue_marks_the_gap(tmp_path: Path, noise: np.ndarray) -> None:
    env = file_microphone(tmp_path, noise)
    report, heard = Recorder(tmp_path, env, seconds=1, stall=0.3, queue_seconds=0.5).finish()
    before_gap = next(index for index, lost in enumerate(report["lost"]) if lost)
    assert 5 <= before_gap <= 6  # the queued blocks, and the block being read
    assert report["lost"][before_gap] % 1_600 == 0
    assert np.array_equal(heard[: before_gap * 1_600], noise[: before_gap * 1_600])


@pytest.mark.parametrize(
    ("device", "error", "status"),
    [
        ("webcam", "UnknownMicrophone", "'default'"),
        (99, "MicrophoneIndexOutOfRange", "index 99"),
        (-1, "MicrophoneIndexOutOfRange", "-1"),
    ],
)
def test_unknown_microphones_are_errors(
    tmp_path: Path, noise: np.ndarray, device: str | int, error: str, status: str
) -> None:
    report, _ = Recorder(tmp_path, file_microphone(tmp_path, noise), device=device).finish()
    assert report["error"].startswith(error)
    assert status in report["message"]


def test_no_microphone_is_an_error(tmp_path: Path) -> None:
    report, _ = Recorder(tmp_path, alsa_environment(tmp_path, "pcm.!default { type nonsense }")).finish()
    assert report["error"] in ("NoMicrophone", "MicrophoneBusy")  # the latter on machines with a sound card


def test_a_microphone_that_vanishes_before_opening(tmp_path: Path, noise: np.ndarray) -> None:
    env = file_microphone(tmp_path, noise)
    unplug = (
        "choose = microphone.choose\n"
        "def unplugging(*choice):\n"
        f"    Path({str(tmp_path / 'microphone.raw')!r}).unlink()\n"
        "    return choose(*choice)\n"
        "microphone.choose = unplugging"
    )
    report, _ = Recorder(tmp_path, env, first=unplug).finish()
    assert report["error"] == "MicrophoneBusy"
    assert "'default' cannot be opened" in report["message"]


def test_a_microphone_without_a_usable_format(tmp_path: Path, noise: np.ndarray) -> None:
    # The file plugin accepts any rate, but no more channels than it declares.
    only = "microphone._formats = lambda device: iter([(16_000, device.channels + 1)])"
    report, _ = Recorder(tmp_path, file_microphone(tmp_path, noise), first=only).finish()
    assert report["error"] == "UnsupportedRate"


# Real time -----------------------------------------------------------------------------------------------------------


def test_played_sound_is_recorded(tmp_path: Path) -> None:
    noise = np.random.default_rng(5).normal(0, 4_000, 32_000).clip(-32_768, 32_767).astype(np.int16)
    soundfile.write(tmp_path / "noise.wav", noise, 16_000)
    with pulse_microphone(tmp_path) as microphone:
        recorder = Recorder(tmp_path, microphone.env, seconds=3)
        recorder.wait_for_sound()
        microphone.play(tmp_path / "noise.wav")
        report, heard = recorder.finish()
    assert not any(report["lost"])
    assert report["closed_in"] < 1
    # PulseAudio drops the beginning of sound played to an idle sink, so a part from the middle is searched for.
    part = noise[12_000:16_000]
    start = int(np.argmax(np.correlate(heard.astype(float), part.astype(float))))
    assert np.corrcoef(heard[start : start + part.size], part)[0, 1] > 0.999


def test_a_microphone_that_vanishes_is_noticed(tmp_path: Path) -> None:
    with pulse_microphone(tmp_path, rate=48_000, channels=2) as microphone:
        recorder = Recorder(tmp_path, microphone.env, seconds=60)
        recorder.wait_for_sound()
        microphone.kill()
        killed = time.monotonic()
        report, _ = recorder.finish()
    assert time.monotonic() - killed < 5
    assert report["error"] == "MicrophoneLost"
    assert "plugged in" in report["message"]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, -signal.SIGINT)])
def test_a_signal_ends_recording_quickly(tmp_path: Path, number: signal.Signals, status: int) -> None:
    with pulse_microphone(tmp_path) as microphone:
        recorder = Recorder(tmp_path, microphone.env, seconds=60)
        recorder.wait_for_sound()
        recorder.process.send_signal(number)
        assert recorder.process.wait(timeout=5) == status


def test_a_suspended_process_keeps_its_microphone(tmp_path: Path) -> None:
    with pulse_microphone(tmp_path) as microphone:
        recorder = Recorder(tmp_path, microphone.env, seconds=2, read_timeout=0.5)
        recorder.wait_for_sound()
        recorder.process.send_signal(signal.SIGSTOP)
        time.sleep(1)
        recorder.process.send_signal(signal.SIGCONT)
        report, _ = recorder.finish()
    assert "error" not in report


# Parts ---------------------------------------------------------------------------------------------------------------


def test_formats_are_tried_best_first() -> None:
    device = InputDevice(0, "array", "ALSA", 6, 32_000, is_default=True, supports_16k_mono=False)
    rates = (16_000, 48_000, 44_100, 32_000)
    assert list(_formats(device)) == [(rate, channels) for rate in rates for channels in (1, 2, 6)]
    mono = InputDevice(0, "usb", "ALSA", 1, 48_000, is_default=True, supports_16k_mono=False)
    assert list(_formats(mono)) == [(16_000, 1), (48_000, 1), (44_100, 1)]
    plugin = InputDevice(0, "default", "ALSA", 128, 44_100, is_default=True, supports_16k_mono=True)
    assert max(channels for _, channels in _formats(plugin)) == 8


def call(capture: _Capture, time_: float, status: int = 0) -> None:
    data = bytes(2 * capture.channels * capture.frames)
    assert capture(data, capture.frames, {"input_buffer_adc_time": time_}, status) == (None, pyaudio.paContinue)


def test_portaudio_overflows_are_estimated_from_its_clock() -> None:
    capture = _Capture(48_000, 2, queue_seconds=1)
    call(capture, 10.0, pyaudio.paInputOverflow)  # losses before the first buffer do not count
    call(capture, 10.1)
    call(capture, 10.7, pyaudio.paInputOverflow)
    call(capture, 0.0, pyaudio.paInputOverflow)  # drivers without a clock report zero
    assert [capture.chunks.get().lost for _ in range(4)] == [0, 0, 24_000, 1]


def test_a_long_gap_is_reported_as_one_gap() -> None:
    capture = _Capture(16_000, 1, queue_seconds=0.5)
    for index in range(12):
        call(capture, index / 10)
    assert [capture.chunks.get().lost for _ in range(5)] == [0] * 5
    call(capture, 1.2)
    assert capture.chunks.get().lost == 7 * 1_600


def test_reading_a_closed_microphone_is_an_error() -> None:
    microphone = Microphone(MicrophoneSettings(device="usb"))
    assert microphone.name == "usb"
    with pytest.raises(RuntimeError, match="open the microphone first"):
        next(microphone.blocks())
