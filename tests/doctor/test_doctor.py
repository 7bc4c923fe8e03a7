"""The checks of `edge-ser doctor`, with what real machines say and with a made-up Raspberry Pi."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.doctor import checks, level, microphone, model, python, raspberry_pi, service, sound_system
from edge_ser.doctor.level import Levels
from edge_ser.doctor.microphone import Holder
from edge_ser.doctor.result import Finding, State, guarded
from edge_ser.errors import MicrophoneBusy, NoMicrophone
from edge_ser.service import programs
from edge_ser.settings import MicrophoneSettings, ModelSettings
from edge_ser.sources.health import Health

CARDS = """\
 0 [Headphones     ]: bcm2835_headpho - bcm2835 Headphones
                      bcm2835 Headphones
 1 [vc4hdmi0       ]: vc4-hdmi - vc4-hdmi-0
                      vc4-hdmi-0
 2 [Device         ]: USB-Audio - USB PnP Sound Device
                      C-Media Electronics Inc. USB PnP Sound Device at usb-0000:01:00.0-1.3, full speed
"""
PCM = """\
00-00: bcm2835 Headphones : bcm2835 Headphones : playback 8
01-00: MAI PCM i2s-hifi-0 : MAI PCM i2s-hifi-0 : playback 1
02-00: USB Audio : USB Audio : playback 1 : capture 1
"""
RUNNING = """\
state: RUNNING
owner_pid   : 734
trigger_time: 812.394832918
tstamp      : 0.000000000
delay       : 960
avail       : 960
avail_max   : 1024
"""
OS_RELEASE = """\
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
# a remark
VERSION_ID="12"
ID=debian
BROKEN="
"""


def put(root: Path, path: str, text: str) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


@pytest.fixture
def pi(tmp_path: Path) -> Path:
    """A Raspberry Pi with a USB microphone that our service holds."""
    put(tmp_path, "etc/os-release", OS_RELEASE)
    put(tmp_path, "proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0")
    put(tmp_path, "proc/asound/cards", CARDS)
    put(tmp_path, "proc/asound/pcm", PCM)
    put(tmp_path, "proc/asound/card0/pcm0p/sub0/status", RUNNING.replace("734", "99"))  # plays, which is no matter
    put(tmp_path, "proc/asound/card2/pcm0c/sub0/status", RUNNING)
    put(tmp_path, "proc/734/comm", "edge-ser\n")
    put(tmp_path, "proc/734/cgroup", "0::/system.slice/edge-ser.service\n")
    put(tmp_path, "dev/snd/pcmC2D0c", "")
    put(tmp_path, "etc/group", "root:x:0:\naudio:x:29:pi,ada\n")
    put(tmp_path, "sys/class/thermal/thermal_zone0/temp", "48312\n")
    put(tmp_path, "sys/devices/platform/soc/soc:firmware/get_throttled", "50000\n")
    return tmp_path


# Running a check -----------------------------------------------------------------------------------------------------


def test_a_check_that_fails_is_a_finding() -> None:
    def divide() -> Finding:
        raise ZeroDivisionError("by zero")

    finding = guarded(divide, 5, "do this")
    assert finding == Finding(State.FAILED, "cannot be checked (ZeroDivisionError: by zero)", "do this")


@pytest.mark.parametrize(
    ("error", "found", "fix"),
    [
        (NoMicrophone("no microphone found; plug one in"), "no microphone found", "plug one in"),
        (NoMicrophone("it (a; b) is bad; do that"), "it (a; b) is bad", "do that"),
        (NoMicrophone("no microphone is called 'x'"), "no microphone is called 'x'", "do this"),
    ],
)
def test_an_error_says_what_to_do(error: Exception, found: str, fix: str) -> None:
    def fail() -> Finding:
        raise error

    assert guarded(fail, 5, "do this") == Finding(State.FAILED, found, fix)


def test_a_check_that_hangs_is_left_behind() -> None:
    begin = time.monotonic()
    finding = guarded(lambda: time.sleep(60), 0.05, "do this")  # type: ignore[arg-type,return-value]
    assert finding == Finding(State.FAILED, "no answer within 0.05 s", "do this")
    assert time.monotonic() - begin < 5


# Python and the model ------------------------------------------------------------------------------------------------


def test_this_python_is_right() -> None:
    assert python.version().state is State.OK
    assert python.numpy().state in (State.OK, State.WARNING)


@pytest.mark.parametrize(
    ("number", "is_64_bit", "state"),
    [((3, 10, 0), True, State.OK), ((3, 9, 2), True, State.FAILED), ((3, 11, 2), False, State.FAILED)],
)
def test_versions_of_python(number: tuple[int, int, int], is_64_bit: bool, state: State) -> None:
    finding = python.judge_version(number, is_64_bit)
    assert finding.state is state
    assert (finding.fix is None) == (state is State.OK)
    assert ("64-bit" if is_64_bit else "32-bit") in finding.found


@pytest.mark.parametrize(
    ("versions", "state"),
    [
        (("1.26.4", "2.14.0", None), State.OK),
        (("2.2.0", None, "2.1.0"), State.OK),
        (("2.2.0", "2.14.0", None), State.FAILED),
        (("2.2.0", "2.14.0", "2.1.0"), State.WARNING),
        ((None, "2.14.0", None), State.FAILED),
    ],
)
def test_numpy_has_to_fit_the_interpreter(versions: tuple[str | None, str | None, str | None], state: State) -> None:
    finding = python.judge_numpy(*versions)
    assert finding.state is state
    assert (finding.fix is None) == (state is State.OK)
    if finding.fix:
        assert finding.fix.endswith("-m pip install 'numpy<2'")


def test_the_shipped_model_runs() -> None:
    assert model.interpreter(ModelSettings()).state is State.OK
    finding = model.model(ModelSettings())
    assert finding.state in (State.OK, State.WARNING), finding  # a busy machine may be slow
    assert "the shipped one: hears '" in finding.found


def test_a_damaged_model_is_said(tmp_path: Path) -> None:
    file = put(tmp_path, "bad.tflite", "no model")
    finding = guarded(lambda: model.model(ModelSettings(str(file))), 60, "get another")
    assert finding.state is State.FAILED
    assert str(file) in finding.found


@pytest.mark.parametrize(
    ("labels", "work", "state"),
    [
        (["joy"], 0.01, State.OK),
        (["joy"], 0.6, State.WARNING),
        (["joy"], 1.2, State.FAILED),
        ([], 0.01, State.FAILED),
    ],
)
def test_what_a_model_makes_of_the_demonstration(labels: list[str], work: float, state: State) -> None:
    finding = model.judge_model("mine", labels, work)
    assert finding.state is state
    assert (finding.fix is None) == (state is State.OK)


# The machine ---------------------------------------------------------------------------------------------------------


def test_os_release() -> None:
    assert raspberry_pi.parse_os_release(OS_RELEASE) == {
        "PRETTY_NAME": "Debian GNU/Linux 12 (bookworm)",
        "NAME": "Debian GNU/Linux",
        "VERSION_ID": "12",
        "ID": "debian",
    }


@given(st.text())
def test_parsers_take_anything(text: str) -> None:
    raspberry_pi.parse_os_release(text)
    raspberry_pi.judge_temperature(text)
    raspberry_pi.judge_power(text)
    sound_system.parse_cards(text)
    sound_system.parse_recording(text)
    sound_system.fault_of(text, ["Device"])
    microphone.parse_owner(text)
    service.judge_service(programs.parse_properties(text))


def test_a_pi_is_known(pi: Path) -> None:
    finding = raspberry_pi.machine(pi)
    assert finding.found.startswith("Raspberry Pi 4 Model B Rev 1.4, ")
    assert finding.found.endswith(", Debian GNU/Linux 12 (bookworm)")
    assert raspberry_pi.temperature(pi) == Finding(State.OK, "48 degrees Celsius")
    power = raspberry_pi.power(pi)
    assert (power.state, power.found) == (State.WARNING, "since it was started: under-voltage, throttled")


def test_elsewhere_temperature_and_power_are_skipped(tmp_path: Path) -> None:
    put(tmp_path, "proc/device-tree/model", "Another Board\0")
    assert raspberry_pi.temperature(tmp_path).state is State.SKIPPED
    assert raspberry_pi.power(tmp_path).state is State.SKIPPED


def test_a_32_bit_system_is_said() -> None:
    finding = raspberry_pi.judge_machine("armv7l", "Raspbian GNU/Linux 11 (bullseye)", "Raspberry Pi 3 Model B")
    assert finding.state is State.WARNING
    assert "64-bit" in str(finding.fix)


@pytest.mark.parametrize(("text", "state"), [("79999\n", State.OK), ("80000\n", State.WARNING), ("", State.SKIPPED)])
def test_temperatures(text: str, state: State) -> None:
    assert raspberry_pi.judge_temperature(text).state is state


@pytest.mark.parametrize(
    ("text", "state", "found"),
    [
        ("throttled=0x0\n", State.OK, "enough"),
        ("throttled=0x50005\n", State.FAILED, "now: under-voltage, throttled"),
        ("50005\n", State.FAILED, "now: under-voltage, throttled"),
        ("throttled=0x50000\n", State.WARNING, "since it was started: under-voltage, throttled"),
        ("throttled=0xe0008\n", State.WARNING, "now: soft temperature limit; since it was started: frequency capped"),
        ("error", State.SKIPPED, ""),
    ],
)
def test_bits_of_the_firmware(text: str, state: State, found: str) -> None:
    finding = raspberry_pi.judge_power(text)
    assert finding.state is state
    assert found in finding.found
    if state in (State.FAILED, State.WARNING):
        assert ("power supply" in str(finding.fix)) == ("under-voltage" in finding.found)


# The sound system ----------------------------------------------------------------------------------------------------


def test_sound_cards(pi: Path) -> None:
    assert [(card.number, card.identifier, card.name) for card in sound_system.parse_cards(CARDS)] == [
        (0, "Headphones", "bcm2835 Headphones"),
        (1, "vc4hdmi0", "vc4-hdmi-0"),
        (2, "Device", "USB PnP Sound Device"),
    ]
    assert sound_system.parse_recording(PCM) == {2}
    finding = sound_system.cards(pi)
    assert finding.state is State.OK
    assert finding.found.endswith("what records: 2")


@pytest.mark.parametrize("text", ["", "--- no soundcards ---\n"])
def test_no_sound_card(text: str) -> None:
    finding = sound_system.judge_cards(sound_system.parse_cards(text), set())
    assert finding.state is State.WARNING
    assert "edge-ser firmware apply" in str(finding.fix)


def test_a_sound_card_that_only_plays() -> None:
    finding = sound_system.judge_cards(sound_system.parse_cards(CARDS)[:2], sound_system.parse_recording(PCM) - {2})
    assert finding.state is State.WARNING
    assert "none of them records" in finding.found


def test_permission(pi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "eve")
    assert sound_system.permission(pi) == Finding(State.OK, "eve may record")
    monkeypatch.setattr(os, "access", lambda *_: False)
    finding = sound_system.permission(pi)
    assert finding.state is State.FAILED
    assert finding.found == f"eve may not use {pi}/dev/snd/pcmC2D0c"
    assert str(finding.fix).startswith("sudo usermod -aG audio eve")
    monkeypatch.setattr("getpass.getuser", lambda: "ada")
    assert str(sound_system.permission(pi).fix).startswith("log out and in again")


def test_permission_without_a_device(tmp_path: Path) -> None:
    assert sound_system.permission(tmp_path).state is State.SKIPPED


GOOD = """\
# { not a bracket
pcm.!default {
    type asym
    capture.pcm "mic"   # the shared one, card Nothing
    hint.description "my card is { good"
}
pcm.mic { type plug slave { pcm "hw:Device,0" rate 48000 } }
ctl.!default { type hw card Device }
pcm.sum { type route ttable [ [ 1 ] [ 1 ] ] }
"""


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (GOOD, None),
        ("", None),
        (GOOD + "pcm.x {\n", "the { of line 10 is not closed"),
        (GOOD + "}\n", "line 10 closes a } that was not opened"),
        ("pcm.x { ]\n", "line 1 closes a ] that was not opened"),
        ('pcm.x { type "hw }\n', "a quote is not closed"),
        (GOOD.replace('"hw:Device', '"plughw:Gone'), "there is no sound card Gone, only Headphones, Device"),
        (GOOD.replace("card Device", "card Gone"), "there is no sound card Gone, only Headphones, Device"),
        ('pcm.x "hw:CARD=Gone,DEV=0"\n', "there is no sound card Gone, only Headphones, Device"),
        ("defaults.pcm.card 1\n", None),
    ],
)
def test_configurations_of_alsa(text: str, fault: str | None) -> None:
    assert sound_system.fault_of(text, ["Headphones", "Device"]) == fault


def test_the_configuration_of_alsa_is_read_where_alsa_does(pi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert sound_system.configuration(pi) == Finding(State.OK, "the system's own")
    put(pi, "etc/asound.conf", GOOD)
    assert sound_system.configuration(pi) == Finding(State.OK, f"{pi}/etc/asound.conf")
    file = put(pi, "home/ada/.asoundrc", "pcm.x {")
    finding = sound_system.configuration(pi)
    assert finding.state is State.WARNING
    assert finding.found == f"{file}: the {{ of line 1 is not closed"


# Microphones ---------------------------------------------------------------------------------------------------------


def test_our_service_may_hold_the_microphone(pi: Path) -> None:
    assert microphone.holders(pi) == [Holder(2, 734, "edge-ser", True)]
    assert microphone.in_use(pi) == Finding(State.OK, "card 2: edge-ser.service, which listens, as it should")


def test_a_stranger_that_holds_the_microphone_is_named(pi: Path) -> None:
    put(pi, "proc/734/comm", "arecord\n")
    put(pi, "proc/734/cgroup", "0::/user.slice/user-1000.slice/session-3.scope\n")
    finding = microphone.in_use(pi)
    assert finding.state is State.WARNING
    assert finding.found == "card 2: arecord (process 734)"
    assert str(finding.fix).endswith("kill 734")


@pytest.mark.parametrize("status", ["closed\n", ""])
def test_a_closed_microphone_is_held_by_nobody(pi: Path, status: str) -> None:
    put(pi, "proc/asound/card2/pcm0c/sub0/status", status)
    assert microphone.in_use(pi) == Finding(State.OK, "nobody else records")


def test_a_sound_server_shares() -> None:
    finding = microphone.judge_holders([Holder(2, 9, "pipewire", False)])
    assert finding == Finding(State.OK, "card 2: pipewire (process 9), which shares it")


def test_a_microphone_that_our_service_hides_is_no_fault(pi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_ser.sources.devices.list_inputs", lambda: [])
    assert microphone.microphone("usb", pi).state is State.OK
    put(pi, "proc/734/cgroup", "0::/user.slice\n")
    with pytest.raises(NoMicrophone):
        microphone.microphone("usb", pi)


def test_a_microphone_that_our_service_holds_is_not_measured(pi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> None:
        raise MicrophoneBusy("microphone 'usb' cannot be opened; close it")

    monkeypatch.setattr(microphone, "_record", busy)
    finding = microphone.sound(MicrophoneSettings(), 3, pi, None)
    assert finding.state is State.SKIPPED
    assert "systemctl stop edge-ser.service" in str(finding.fix)
    put(pi, "proc/734/cgroup", "0::/user.slice\n")
    with pytest.raises(MicrophoneBusy):
        microphone.sound(MicrophoneSettings(), 3, pi, None)


# Levels --------------------------------------------------------------------------------------------------------------


def room(level_: float, seconds: float = 3.0) -> np.ndarray:
    return np.random.default_rng(4).normal(0, level_, round(16_000 * seconds)).round().astype(np.int16)


def test_levels_of_noise_with_a_word_in_it() -> None:
    samples = room(32.768)
    samples[20_000:24_000] += (16_384 * np.sin(np.arange(4_000) / 5)).astype(np.int16)
    levels = level.measure(samples)
    assert levels.floor == pytest.approx(-60, abs=0.5)
    assert levels.peak == pytest.approx(-6, abs=0.2)
    assert levels.health is Health.HEALTHY
    assert level.judge(levels, "usb") == Finding(State.OK, "usb: peak -6 dBFS, noise floor -60 dBFS")


def test_an_offset_is_no_noise() -> None:
    assert level.measure(room(32.768) + np.int16(3_000)).floor == pytest.approx(-60, abs=0.5)


@pytest.mark.parametrize("seconds", [1.0, 1.55, 3.0, 60.0])
@pytest.mark.parametrize(("value", "health"), [(0, Health.SILENT), (-7, Health.CONSTANT)])
def test_a_fault_is_seen_in_any_recording(seconds: float, value: int, health: Health) -> None:
    assert level.measure(np.full(round(16_000 * seconds), value, np.int16)).health is health


def test_a_repetition_is_seen_in_three_seconds() -> None:
    assert level.measure(np.resize(room(300, 0.4), 48_000)).health is Health.STUCK


@pytest.mark.parametrize(
    ("levels", "state", "words"),
    [
        (Levels(-12, -60, Health.HEALTHY), State.OK, "peak -12 dBFS, noise floor -60 dBFS"),
        (Levels(-12, -35, Health.HEALTHY), State.WARNING, "never quiet"),
        (Levels(-55, -80, Health.HEALTHY), State.WARNING, "either nobody spoke"),
        (Levels(0, -50, Health.CLIPPING), State.WARNING, "overdriven"),
        (Levels(-99, -99, Health.SILENT), State.FAILED, "exact zeros"),
        (Levels(-20, -99, Health.CONSTANT), State.FAILED, "one constant value"),
        (Levels(-20, -30, Health.STUCK), State.FAILED, "again and again"),
    ],
)
def test_verdicts_on_levels(levels: Levels, state: State, words: str) -> None:
    finding = level.judge(levels, "usb")
    assert finding.state is state
    assert words in finding.found
    assert (finding.fix is None) == (state is State.OK)


@given(st.floats(0, 32_768), st.floats(-99, 0))
def test_the_bar_has_always_the_same_width(amplitude: float, peak: float) -> None:
    block = np.full(1_600, amplitude).clip(max=32_767).astype(np.int16)
    block[::2] = -block[::2]
    text = level.bar(block, peak)
    assert text.isascii()
    assert len(text) == len(level.bar(np.zeros(1_600, np.int16), 0.0))


def test_the_bar_grows() -> None:
    lengths = [level.bar(room(amplitude, 0.1), -99).count("#") for amplitude in (0, 30, 300, 3_000)]
    assert lengths == sorted(set(lengths))
    assert level.bar(room(0, 0.1), -6.0).count("|") == 1


# The service ---------------------------------------------------------------------------------------------------------


def shown(**changes: str) -> dict[str, str]:
    text = (
        "NRestarts=0\nStatusText=listening to USB PnP\nLoadState=loaded\n"
        "ActiveState=active\nSubState=running\nUnitFileState=enabled\n"
    )
    return programs.parse_properties(text) | changes


@pytest.mark.parametrize(
    ("properties", "state", "found", "fix"),
    [
        (shown(), State.OK, "active (running); it says: listening to USB PnP", None),
        (shown(NRestarts="3", StatusText="a=b"), State.OK, "active (running), restarted 3 times; it says: a=b", None),
        (shown(UnitFileState="disabled"), State.WARNING, "not started with the machine", "systemctl enable"),
        (
            shown(LoadState="not-found", ActiveState="inactive"),
            State.SKIPPED,
            "not installed",
            "sudo edge-ser service install",
        ),
        (shown(LoadState="masked"), State.FAILED, "masked", "systemctl status"),
        (shown(ActiveState="inactive", SubState="dead"), State.FAILED, "inactive (dead)", "systemctl start"),
        (shown(ActiveState="failed", SubState="failed"), State.FAILED, "failed (failed)", "edge-ser service logs"),
        (
            shown(ActiveState="activating", SubState="auto-restart"),
            State.FAILED,
            "auto-restart",
            "edge-ser service logs",
        ),
        (shown(ActiveState="activating", SubState="start"), State.WARNING, "(start)", "edge-ser service logs"),
        ({}, State.FAILED, "unknown", "systemctl status"),
    ],
)
def test_states_of_the_service(properties: dict[str, str], state: State, found: str, fix: str | None) -> None:
    finding = service.judge_service(properties)
    assert finding.state is state
    assert found in finding.found
    assert (fix is None and finding.fix is None) or str(fix) in str(finding.fix)


def test_without_systemd_the_service_is_skipped(tmp_path: Path) -> None:
    assert service.service(tmp_path).state is State.SKIPPED


@pytest.mark.parametrize(
    ("script", "state"),
    [
        ("echo LoadState=not-found", State.SKIPPED),
        ("echo no bus >&2; exit 1", State.SKIPPED),
        ("printf 'LoadState=loaded\\nActiveState=active\\nSubState=running\\n'", State.OK),
    ],
)
def test_systemd_is_asked(pi: Path, monkeypatch: pytest.MonkeyPatch, script: str, state: State) -> None:
    (pi / "run/systemd/system").mkdir(parents=True)
    put(pi, "bin/systemctl", f"#!/bin/sh\n{script}\n").chmod(0o755)
    monkeypatch.setenv("PATH", f"{pi}/bin", prepend=os.pathsep)
    assert service.service(pi).state is state


def test_a_systemd_that_hangs_is_not_waited_for(pi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (pi / "run/systemd/system").mkdir(parents=True)
    put(pi, "bin/systemctl", "#!/bin/sh\nexec sleep 60\n").chmod(0o755)
    monkeypatch.setenv("PATH", f"{pi}/bin", prepend=os.pathsep)
    monkeypatch.setattr(service, "_TIMEOUT", 0.2)
    assert service.service(pi).state is State.FAILED


@pytest.mark.parametrize(
    ("reason", "file", "state", "fix"),
    [
        (None, None, State.OK, None),
        ("muted until 12:30", None, State.WARNING, "edge-ser unmute"),
        ("muted", "/x/muted", State.WARNING, "edge-ser unmute --file /x/muted"),
        ("quiet hours until 07:00", None, State.WARNING, "change `privacy.quiet_hours` in /etc/edge-ser/config.toml"),
    ],
)
def test_privacy(reason: str | None, file: str | None, state: State, fix: str | None) -> None:
    finding = service.judge_privacy(reason, file)
    assert (finding.state, finding.fix) == (state, fix)


# All together --------------------------------------------------------------------------------------------------------


def test_a_made_up_pi_from_head_to_foot(pi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("XDG_STATE_HOME", str(pi))
    monkeypatch.setattr("edge_ser.sources.devices.list_inputs", lambda: [])
    put(pi, "etc/edge-ser/config.toml", "[microphone]\nwait = 7\n")
    findings = dict(checks.examine(checks.Wanted(seconds=None), pi))
    assert findings["configuration"].state is State.FAILED
    assert "microphone.wait" in findings["configuration"].found
    assert findings["machine"].found.startswith("Raspberry Pi 4")
    assert findings["microphone"].state is State.OK  # the service has it
    assert findings["level"] == Finding(State.SKIPPED, "not asked for")
    assert findings["power"].state is State.WARNING


def test_a_muted_microphone_stays_closed(pi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_ser.sources.devices.list_inputs", lambda: [])
    monkeypatch.setattr(microphone, "_record", lambda *_: pytest.fail("it was opened"))
    muted = put(pi, "muted", "")
    put(pi, "etc/edge-ser/config.toml", f'[privacy]\nmute_file = "{muted}"\n')
    findings = dict(checks.examine(checks.Wanted(), pi))
    assert findings["privacy"].state is State.WARNING
    assert findings["level"].state is State.SKIPPED
