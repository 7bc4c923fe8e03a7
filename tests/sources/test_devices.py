"""Choosing a microphone, and listing those of this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge_ser.errors import MicrophoneIndexOutOfRange, NoMicrophone, UnknownMicrophone
from edge_ser.sources.devices import InputDevice, choose, list_inputs, quiet_stderr
from tests.virtual_microphone import alsa_environment, pulse_microphone

ROOT = Path(__file__).resolve().parents[2]


def device(index: int, name: str, is_default: bool = False) -> InputDevice:
    return InputDevice(index, name, "ALSA", 1, 48_000, is_default, supports_16k_mono=False)


DEVICES = [
    device(1, "USB PnP Sound Device: Audio (hw:1,0)"),
    device(2, "ReSpeaker 2-Mic Array: seeed (hw:2,0)"),
    device(5, "default", is_default=True),
    device(7, "ReSpeaker 4-Mic Array (hw:3,0)"),
    device(8, "default extra"),
]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (None, 5),
        (2, 2),
        ("7", 7),
        ("default", 5),  # an exact match before a partial one
        ("DEFAULT EXTRA", 8),
        ("usb", 1),
        ("  4-mic ", 7),
        ("hw:2,0", 2),
    ],
)
def test_choosing_by_name_and_index(wanted: str | int | None, index: int) -> None:
    assert choose(DEVICES, wanted).index == index


def test_the_first_microphone_is_chosen_without_a_default() -> None:
    assert choose([device(4, "a"), device(6, "b")], None).index == 4


@pytest.mark.parametrize("wanted", [0, 3, 99, -1, "99"])
def test_an_unknown_index_lists_the_microphones(wanted: str | int) -> None:
    with pytest.raises(MicrophoneIndexOutOfRange, match=r"index -?\d+; available: 1 'USB PnP"):
        choose(DEVICES, wanted)


@pytest.mark.parametrize("wanted", ["webcam", "", "  ", "-1", "²"])
def test_an_unknown_name_lists_the_microphones(wanted: str) -> None:
    with pytest.raises(UnknownMicrophone, match="available: 1 'USB PnP"):
        choose(DEVICES, wanted)


def test_a_part_of_a_name_starts_at_a_word() -> None:
    devices = [device(0, "sysdefault"), device(1, "snd_rpi_googlevoicehat_soundcar: Google voiceHAT (hw:1,0)")]
    with pytest.raises(UnknownMicrophone, match="or another program uses it"):
        choose(devices, "default")
    assert choose(devices, "googlevoicehat").index == 1
    assert choose(devices, "(hw:1").index == 1


def test_an_ambiguous_name_lists_the_candidates() -> None:
    with pytest.raises(
        UnknownMicrophone, match=r"several microphones.*2 'ReSpeaker 2-Mic.*7 'ReSpeaker 4-Mic"
    ) as caught:
        choose(DEVICES, "respeaker")
    assert "USB" not in str(caught.value)


@pytest.mark.parametrize("wanted", [None, 0, "usb"])
def test_no_microphone_is_an_error(wanted: str | int | None) -> None:
    with pytest.raises(NoMicrophone, match="plug one in"):
        choose([], wanted)


def test_listing_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pyaudio")
    for found in list_inputs():
        assert found.channels >= 1
        assert found.name
    assert capfd.readouterr() == ("", "")


def run_python(code: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


LIST = "from edge_ser.sources.devices import list_inputs\nfor d in list_inputs(): print(d)"


def test_noisy_alsa_is_silenced(tmp_path: Path) -> None:
    pytest.importorskip("pyaudio")
    done = run_python(LIST, alsa_environment(tmp_path, "pcm.!default { type nonsense }"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_real_devices_are_listed(tmp_path: Path) -> None:
    pytest.importorskip("pyaudio")
    with pulse_microphone(tmp_path) as microphone:
        done = run_python(LIST, microphone.env)
    assert done.stderr == ""
    assert "name='default', host_api='ALSA'" in done.stdout
    assert "is_default=True, supports_16k_mono=True" in done.stdout


def test_missing_pyaudio_names_the_packages_to_install() -> None:
    code = "import sys; sys.modules['pyaudio'] = None\n" + LIST
    done = run_python(code, dict(os.environ) | {"PYTHONPATH": str(ROOT)})
    assert "PyAudioMissing" in done.stderr
    assert "libportaudio2" in done.stderr
    assert "pip install pyaudio" in done.stderr


def test_importing_loads_no_pyaudio() -> None:
    code = "import sys, edge_ser.sources.microphone, edge_ser.sources.recording; print(*sys.modules)"
    modules = run_python(code, dict(os.environ) | {"PYTHONPATH": str(ROOT)}).stdout.split()
    assert "edge_ser.sources.devices" in modules
    assert not {"pyaudio", "soundfile"} & set(modules)


def test_standard_error_is_silenced_and_restored(capfd: pytest.CaptureFixture[str]) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(RuntimeError), quiet_stderr():
        os.write(2, b"noise")
        raise RuntimeError
    os.write(2, b"signal")
    assert capfd.readouterr().err == "signal"
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_closed_standard_error_is_harmless() -> None:
    code = (
        "import os; os.close(2)\nfrom edge_ser.sources.devices import quiet_stderr\nwith quiet_stderr(): print('ran')"
    )
    assert run_python(code, dict(os.environ) | {"PYTHONPATH": str(ROOT)}).stdout == "ran\n"
