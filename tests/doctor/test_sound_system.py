"""Checks of sound cards, permissions and ALSA's configuration."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge_ser.doctor import sound_system
from edge_ser.doctor.result import Finding, State
from tests.doctor.simulated_pi import CARDS, PCM, put


def test_sound_cards(pi: Path) -> None:
    assert [(card.number, card.identifier, card.name) for card in sound_system.parse_cards(CARDS)] == [
        (0, "Headphones", "bcm2835 Headphones"),
        (1, "vc4hdmi0", "vc4-hdmi-0"),
        (2, "Device", "USB PnP Sound Device"),
    ]
    assert sound_system.parse_recording(PCM) == {2}
    finding = sound_system.check_cards(pi)
    assert finding.state is State.OK
    assert finding.found.endswith("can record: 2")


@pytest.mark.parametrize("text", ["", "--- no soundcards ---\n"])
def test_no_sound_card(text: str) -> None:
    finding = sound_system.rate_cards(sound_system.parse_cards(text), set())
    assert finding.state is State.WARNING
    assert "edge-ser firmware apply" in str(finding.fix)


def test_sound_card_that_only_plays() -> None:
    finding = sound_system.rate_cards(sound_system.parse_cards(CARDS)[:2], sound_system.parse_recording(PCM) - {2})
    assert finding.state is State.WARNING
    assert "none of them can record" in finding.found


def test_permission(pi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "eve")
    assert sound_system.check_permission(pi) == Finding(State.OK, "eve may record")
    monkeypatch.setattr(os, "access", lambda *_: False)
    finding = sound_system.check_permission(pi)
    assert finding.state is State.FAILED
    assert finding.found == f"eve may not use {pi}/dev/snd/pcmC2D0c"
    assert str(finding.fix).startswith("sudo usermod -aG audio eve")
    monkeypatch.setattr("getpass.getuser", lambda: "ada")
    assert str(sound_system.check_permission(pi).fix).startswith("log out and in again")


def test_permission_without_a_device(tmp_path: Path) -> None:
    assert sound_system.check_permission(tmp_path).state is State.SKIPPED


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
def test_faults_of_alsa_configurations(text: str, fault: str | None) -> None:
    assert sound_system.fault_of(text, ["Headphones", "Device"]) == fault


def test_alsa_configuration_is_read_where_alsa_reads_it(pi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert sound_system.check_configuration(pi) == Finding(State.OK, "the system's own")
    put(pi, "etc/asound.conf", GOOD)
    assert sound_system.check_configuration(pi) == Finding(State.OK, f"{pi}/etc/asound.conf")
    file = put(pi, "home/ada/.asoundrc", "pcm.x {")
    finding = sound_system.check_configuration(pi)
    assert finding.state is State.WARNING
    assert finding.found == f"{file}: the {{ of line 1 is not closed"
