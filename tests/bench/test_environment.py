"""The machine, its other load, and the warnings and notes about figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge_ser import machine
from edge_ser.bench.environment import CoreTicks, ProcessorUsage, describe, machine_state, other_load, parse_stat
from edge_ser.bench.remarks import notes, warnings
from edge_ser.bench.result import Audio, OtherLoad
from tests.bench.example_results import ALONE, STEADY, environment, measurement

STAT = """cpu  400 0 100 900 20 0 0 30 0 0
cpu0 100 0 50 400 10 0 0 10 0 0
cpu1 300 0 50 500 10 0 0 20 0 0
intr 5
"""

PI = {
    "proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.4\0",
    "proc/device-tree/compatible": "raspberrypi,4-model-b\0brcm,bcm2711\0",
    "proc/cpuinfo": "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n",
    "proc/meminfo": "MemTotal:        3884360 kB\n",
    "proc/loadavg": "0.52 0.58 0.59 1/200 1234\n",
    "sys/devices/system/cpu/cpu3/cpufreq/scaling_cur_freq": "1800000\n",
    "sys/devices/system/cpu/cpu3/cpufreq/scaling_governor": "ondemand\n",
    "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
    "sys/class/thermal/thermal_zone0/temp": "48686\n",
    "sys/devices/platform/soc/soc:firmware/get_throttled": "0\n",
    "etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
}


@pytest.fixture
def pi(tmp_path: Path) -> Path:
    for name, text in PI.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_a_raspberry_pi(pi: Path) -> None:
    state = machine_state(3, pi)
    assert (state.clock, state.temperature, state.load) == (1800.0, 48.686, 0.52)
    assert (state.slowed_down, state.power) == (False, "enough, and never slowed down since boot")
    found = describe((3,), state, state, ALONE, "1.26.4", pi)
    assert (found.board, found.soc, found.processor) == ("Raspberry Pi 4 Model B Rev 1.4", "brcm,bcm2711", "Cortex-A72")
    assert (found.memory, found.governor) == (3977, "ondemand")
    assert found.system == "Debian GNU/Linux 12 (bookworm)"


def test_a_throttled_raspberry_pi(pi: Path) -> None:
    (pi / "sys/devices/platform/soc/soc:firmware/get_throttled").write_text("50005\n")
    state = machine_state(3, pi)
    assert state.slowed_down
    (warning,) = warnings(environment(after=state), [measurement()])
    assert warning.startswith("the Raspberry Pi was slowed down: now: under-voltage, throttled")


def test_a_machine_that_reports_nothing(tmp_path: Path) -> None:
    state = machine_state(0, tmp_path)
    assert (state.clock, state.temperature, state.power, state.slowed_down) == (None, None, None, False)
    found = describe((0,), state, state, ALONE, "1.26.4", tmp_path)
    assert (found.board, found.soc, found.governor) == (None, None, None)


def test_this_machine() -> None:
    usage = ProcessorUsage.now()
    assert usage.own > 0
    assert all(ticks.busy + ticks.stolen <= ticks.total for ticks in usage.cores.values())


@pytest.mark.parametrize(
    ("cpuinfo", "name"),
    [
        ("model name\t: AMD EPYC 7B13\nflags\t: x\n", "AMD EPYC 7B13"),
        ("CPU part\t: 0xd03\n", "Cortex-A53"),
        ("CPU part\t: 0xfff\n", "Arm part 0xfff"),
    ],
)
def test_processors(cpuinfo: str, name: str) -> None:
    assert machine.processor(cpuinfo) == name


def test_other_load_excludes_our_own() -> None:
    before = parse_stat(STAT)
    assert before[1] == CoreTicks(busy=350, stolen=20, total=880)
    # A second on core 1, of which we took 0.6 s, others 0.1 s and the hypervisor 0.05 s; core 0 was busy for half.
    after = {0: CoreTicks(before[0].busy + 50, 10, before[0].total + 100), 1: CoreTicks(420, 25, 980)}
    found = other_load(ProcessorUsage(before, 10.0, 100), ProcessorUsage(after, 10.6, 100), ours=(1,))
    assert found == OtherLoad(on_our_cores=pytest.approx(0.1), elsewhere=0.5, stolen=pytest.approx(0.05))


def test_other_load_on_a_single_core() -> None:
    usage = ProcessorUsage({0: CoreTicks(0, 0, 100)}, 0.0, 100)
    assert other_load(usage, usage, ours=(0,)) == OtherLoad(0.0, 0.0, 0.0)


# Warnings ------------------------------------------------------------------------------------------------------------


def test_idle_machine_has_no_warning() -> None:
    assert warnings(environment(), [measurement(), measurement(form="float")]) == ()


@pytest.mark.parametrize(
    ("others", "words"),
    [
        (replace(ALONE, on_our_cores=0.3), "the machine was busy: other processes took 30%"),
        (replace(ALONE, elsewhere=0.9), "other cores were in use 90% of the time"),
        (replace(ALONE, stolen=0.04), "the hypervisor gave 4.0%"),
    ],
)
def test_busy_machine_leads_to_a_warning(others: OtherLoad, words: str) -> None:
    (warning,) = warnings(environment(others=others), [measurement()])
    assert words in warning


def test_heat_leads_to_a_warning() -> None:
    (warning,) = warnings(environment(after=replace(STEADY, temperature=84.0)), [measurement()])
    assert "hot, 84 degrees Celsius, up from 50" in warning


def test_varying_clock_leads_to_a_warning() -> None:
    (warning,) = warnings(environment(), [measurement(clocks=(600.0, 1800.0))])
    assert "the clock varied between 600 and 1800 MHz (governor ondemand)" in warning
    assert warnings(environment(), [measurement(clocks=(1790.0, 1800.0))]) == ()
    assert warnings(environment(), [measurement(clocks=(None,))]) == ()


def test_wrongly_computed_form_leads_to_a_warning() -> None:
    (warning,) = warnings(environment(), [measurement(interpreter="tflite-runtime", form="dynamic", labels=("fear",))])
    assert "tflite-runtime computes 2-D convolutions of dynamic-range models wrongly" in warning


def test_different_labels_lead_to_a_warning() -> None:
    (warning,) = warnings(environment(), [measurement(), measurement(form="float", labels=("anger", "anger", "fear"))])
    assert warning.endswith(": 2 of 3 labels differ from the first configuration")


def test_synthesized_speech_leads_to_a_note() -> None:
    audio = Audio("demonstration", True, "a" * 64, 48_000, 60.0, 0.73)
    assert "this is the bundled synthesized speech; use your own recording with --input" in notes(audio)
    assert len(notes(replace(audio, synthesized=False))) == 1
