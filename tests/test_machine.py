"""The machine, as the kernel and the firmware describe it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser import machine
from edge_ser.machine import Throttling
from tests.doctor import simulated_pi
from tests.doctor.simulated_pi import OS_RELEASE, put


def test_os_release() -> None:
    assert machine.parse_os_release(OS_RELEASE) == {
        "PRETTY_NAME": "Debian GNU/Linux 12 (bookworm)",
        "NAME": "Debian GNU/Linux",
        "VERSION_ID": "12",
        "ID": "debian",
    }


def test_system_is_named_by_os_release(tmp_path: Path) -> None:
    put(tmp_path, "etc/os-release", OS_RELEASE)
    assert machine.system(tmp_path) == "Debian GNU/Linux 12 (bookworm)"


def test_system_without_os_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Linux")
    assert machine.system(tmp_path) == "Linux"


@pytest.mark.parametrize(
    ("text", "throttling"),
    [
        ("throttled=0x0\n", Throttling((), ())),
        ("0\n", Throttling((), ())),
        ("throttled=0x50005\n", Throttling(("under-voltage", "throttled"), ())),
        ("50005\n", Throttling(("under-voltage", "throttled"), ())),
        ("throttled=0x50000", Throttling((), ("under-voltage", "throttled"))),
        ("throttled=0xe0008", Throttling(("soft temperature limit",), ("frequency capped", "throttled"))),
        (
            "throttled=0xfffffff0",
            Throttling((), ("under-voltage", "frequency capped", "throttled", "soft temperature limit")),
        ),
        ("", None),
        ("throttled=", None),
        ('error=1 error_msg="Command not registered"', None),
    ],
)
def test_answers_of_the_firmware(text: str, throttling: Throttling | None) -> None:
    assert machine.parse_throttling(text) == throttling


@pytest.mark.parametrize(
    ("throttling", "text"),
    [
        (Throttling((), ()), ""),
        (Throttling(("throttled",), ()), "now: throttled"),
        (Throttling((), ("under-voltage", "throttled")), "since boot: under-voltage, throttled"),
        (Throttling(("throttled",), ("under-voltage",)), "now: throttled; since boot: under-voltage"),
    ],
)
def test_throttling_as_text(throttling: Throttling, text: str) -> None:
    assert str(throttling) == text


def test_raspberry_pi_is_read_from_its_files(tmp_path: Path) -> None:
    root = simulated_pi.make(tmp_path)
    assert machine.pi_model(root) == machine.board(root) == "Raspberry Pi 4 Model B Rev 1.4"
    assert machine.throttling(root) == Throttling((), ("under-voltage", "throttled"))


def test_other_boards_are_not_asked_for_throttling(tmp_path: Path) -> None:
    root = simulated_pi.make(tmp_path)
    put(root, "proc/device-tree/model", "Another Board\0")
    assert machine.board(root) == "Another Board"
    assert machine.pi_model(root) is None
    assert machine.throttling(root) is None


def test_board_of_a_pc_and_of_nothing(tmp_path: Path) -> None:
    assert machine.board(tmp_path) is None
    assert machine.soc(tmp_path) is None
    put(tmp_path, "sys/class/dmi/id/sys_vendor", "QEMU\n")
    put(tmp_path, "sys/class/dmi/id/product_name", "Standard PC\n")
    assert machine.board(tmp_path) == "QEMU Standard PC"


def test_soc_is_the_last_compatible_model(tmp_path: Path) -> None:
    put(tmp_path, "proc/device-tree/compatible", "raspberrypi,4-model-b\0brcm,bcm2711\0")
    assert machine.soc(tmp_path) == "brcm,bcm2711"


@pytest.mark.parametrize(
    ("cpuinfo", "name"),
    [
        ("processor\t: 0\nmodel name\t: Intel(R) Xeon(R)\n", "Intel(R) Xeon(R)"),
        ("processor\t: 0\nCPU part\t: 0xd08\n", "Cortex-A72"),
        ("CPU part\t: 0xd0b\n", "Cortex-A76"),
        ("CPU part\t: 0x123\n", "Arm part 0x123"),
    ],
)
def test_processors(cpuinfo: str, name: str) -> None:
    assert machine.processor(cpuinfo) == name


def test_text_of_a_file_that_cannot_be_read_is_empty(tmp_path: Path) -> None:
    assert machine.text_of(tmp_path / "missing") == machine.text_of(tmp_path) == ""
    put(tmp_path, "odd", "").write_bytes(b"a\xff")
    assert machine.text_of(tmp_path / "odd") == "a\ufffd"


@given(st.text())
def test_any_text_is_accepted(text: str) -> None:
    machine.parse_os_release(text)
    machine.parse_throttling(text)
    machine.processor(text)
