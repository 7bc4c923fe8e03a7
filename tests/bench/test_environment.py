"""What machine it is, what else it did, and when the figures are doubted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge_ser.bench import environment as machine
from edge_ser.bench.environment import Ticks, Usage
from edge_ser.bench.remarks import notes, warnings
from edge_ser.bench.result import Audio, Others
from tests.bench.made_up import ALONE, STEADY, environment, measurement

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
    state = machine.state(3, pi)
    assert (state.clock, state.temperature, state.load) == (1800.0, 48.686, 0.52)
    assert (state.slowed_down, state.power) == (False, "enough, and never slowed down since it was started")
    found = machine.describe((3,), state, state, ALONE, "1.26.4", pi)
    assert (found.board, found.soc, found.processor) == ("Raspberry Pi 4 Model B Rev 1.4", "brcm,bcm2711", "Cortex-A72")
    assert (found.memory, found.governor) == (3977, "ondemand")
    assert found.system == "Debian GNU/Linux 12 (bookworm)"


def test_a_throttled_one(pi: Path) -> None:
    (pi / "sys/devices/platform/soc/soc:firmware/get_throttled").write_text("50005\n")
    state = machine.state(3, pi)
    assert state.slowed_down
    (said,) = warnings(environment(after=state), [measurement()])
    assert said.startswith("the Raspberry Pi was slowed down: now: under-voltage, throttled")


def test_a_machine_that_tells_nothing(tmp_path: Path) -> None:
    state = machine.state(0, tmp_path)
    assert (state.clock, state.temperature, state.power, state.slowed_down) == (None, None, None, False)
    found = machine.describe((0,), state, state, ALONE, "1.26.4", tmp_path)
    assert (found.board, found.soc, found.governor) == (None, None, None)


def test_this_machine() -> None:
    usage = Usage.now()
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


def test_what_others_took_is_what_was_busy_and_not_ours() -> None:
    before = machine.parse_stat(STAT)
    assert before[1] == Ticks(busy=350, stolen=20, total=880)
    # A second on core 1, of which we took 0.6 s, others 0.1 s and the hypervisor 0.05 s; core 0 was busy for half.
    after = {0: Ticks(before[0].busy + 50, 10, before[0].total + 100), 1: Ticks(420, 25, 980)}
    found = machine.others(Usage(before, 10.0, 100), Usage(after, 10.6, 100), ours=(1,))
    assert found == Others(on_our_cores=pytest.approx(0.1), elsewhere=0.5, stolen=pytest.approx(0.05))


def test_others_on_a_machine_of_one_core() -> None:
    usage = Usage({0: Ticks(0, 0, 100)}, 0.0, 100)
    assert machine.others(usage, usage, ours=(0,)) == Others(0.0, 0.0, 0.0)


# Warnings ------------------------------------------------------------------------------------------------------------


def test_a_machine_that_was_left_alone_is_not_doubted() -> None:
    assert warnings(environment(), [measurement(), measurement(form="float")]) == ()


@pytest.mark.parametrize(
    ("others", "words"),
    [
        (replace(ALONE, on_our_cores=0.3), "the machine was busy: other processes took 30%"),
        (replace(ALONE, elsewhere=0.9), "other cores were in use for 90%"),
        (replace(ALONE, stolen=0.04), "the hypervisor gave 4.0%"),
    ],
)
def test_a_busy_machine_is_said_loudly(others: Others, words: str) -> None:
    (said,) = warnings(environment(others=others), [measurement()])
    assert words in said


def test_heat_is_said() -> None:
    (said,) = warnings(environment(after=replace(STEADY, temperature=84.0)), [measurement()])
    assert "hot, 84 degrees Celsius, from 50" in said


def test_a_clock_that_moved_is_said() -> None:
    (said,) = warnings(environment(), [measurement(clocks=(600.0, 1800.0))])
    assert "the clock moved between 600 and 1800 MHz (governor ondemand)" in said
    assert warnings(environment(), [measurement(clocks=(1790.0, 1800.0))]) == ()
    assert warnings(environment(), [measurement(clocks=(None,))]) == ()


def test_a_form_that_an_interpreter_computes_wrongly_is_said() -> None:
    (said,) = warnings(environment(), [measurement(backend="tflite-runtime", form="dynamic", labels=("fear",))])
    assert "tflite-runtime computes 2-D convolutions of dynamic-range models wrongly" in said


def test_one_that_hears_otherwise_is_said() -> None:
    (said,) = warnings(environment(), [measurement(), measurement(form="float", labels=("anger", "anger", "fear"))])
    assert said.endswith("hears otherwise than the first, 2 of 3 labels differ")


def test_synthesized_speech_is_said() -> None:
    audio = Audio("demonstration", True, "a" * 64, 48_000, 60.0, 0.73)
    assert "synthesized speech that the package ships; give a recording of yours by --input" in notes(audio)
    assert len(notes(replace(audio, synthesized=False))) == 1
