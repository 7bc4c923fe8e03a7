"""The sound system below a microphone: PortAudio, sound cards, permissions, and ALSA's configuration."""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

from edge_ser.doctor.result import Finding, State
from edge_ser.machine import text_of

_NO_CARD: Final = (
    "plug in a USB microphone; for one on the GPIO pins: sudo edge-ser firmware apply PROFILE"
    "  # `edge-ser firmware show` lists the profiles"
)

_QUOTED_OR_COMMENT: Final = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|#[^\n]*')
"""Parts of ALSA's configuration files in which brackets do not count."""

_CARD_NAMES: Final = re.compile(r"""\b(?:(?:plug)?hw:(?:CARD=)?|card[\s=]+["']?)([A-Za-z]\w*)""")
"""Sound cards named in such a file; numbers are ignored."""

_PAIRS: Final = {"}": "{", "]": "["}


@dataclass(frozen=True)
class Card:
    """A sound card, as the kernel lists it.

    Attributes:
        number: Its number.
        identifier: Its short name in ALSA (``hw:identifier``).
        name: Its descriptive name.
    """

    number: int
    identifier: str
    name: str


def check_port_audio() -> Finding:
    """Check that PyAudio and the PortAudio library work."""
    from edge_ser.sources.devices import port_audio as started

    with started():
        import pyaudio

        library = str(pyaudio.get_portaudio_version_text()).partition(",")[0]
        return Finding(State.OK, f"PyAudio {metadata.version('pyaudio')}, {library}")


def check_cards(root: Path) -> Finding:
    """Check that a sound card can record."""
    listed = parse_cards(text_of(root / "proc/asound/cards"))
    return rate_cards(listed, parse_recording(text_of(root / "proc/asound/pcm")))


def rate_cards(listed: Sequence[Card], recording: set[int]) -> Finding:
    """Rate the sound cards, given the numbers of those that can record."""
    if not listed:
        return Finding(State.WARNING, "none; only a sound server could provide a microphone", _NO_CARD)
    found = ", ".join(f"{card.number} {card.identifier} ({card.name})" for card in listed)
    if not any(card.number in recording for card in listed):
        return Finding(State.WARNING, f"{found}; none of them can record", _NO_CARD)
    numbers = ", ".join(str(card.number) for card in listed if card.number in recording)
    return Finding(State.OK, f"{found}; can record: {numbers}")


def parse_cards(text: str) -> list[Card]:
    """Parse ``/proc/asound/cards``."""
    rows = re.findall(r"^ *(\d+) \[(\S+) *\]: (?:.*? - )?(.*)$", text, re.MULTILINE)
    return [Card(int(number), identifier, name.strip()) for number, identifier, name in rows]


def parse_recording(text: str) -> set[int]:
    """Return the numbers of the cards that can record, from ``/proc/asound/pcm``."""
    return {int(number) for number in re.findall(r"^(\d+)-\d+:.*\bcapture \d+", text, re.MULTILINE)}


def check_permission(root: Path) -> Finding:
    """Check that this user may record."""
    devices = sorted((root / "dev/snd").glob("pcmC*c"))
    denied = [str(device) for device in devices if not os.access(device, os.R_OK | os.W_OK)]
    user = getpass.getuser()
    return rate_permission(len(devices), denied, user, user in _members(text_of(root / "etc/group"), "audio"))


def rate_permission(devices: int, denied: Sequence[str], user: str, member: bool) -> Finding:
    """Rate whether a user may record.

    Args:
        devices: Number of device files for recording.
        denied: Those that the user may not use.
        user: Name of the user.
        member: Whether the user is a member of the group `audio`, which takes effect at the next login.
    """
    if not devices:
        return Finding(State.SKIPPED, "no sound card can record")
    if not denied:
        return Finding(State.OK, f"{user} may record")
    found = f"{user} may not use {', '.join(denied)}"
    if member:
        return Finding(State.FAILED, f"{found}, but is in the group audio", "log out and in again, or: newgrp audio")
    return Finding(State.FAILED, found, f"sudo usermod -aG audio {user}  # then log out and in again")


def _members(text: str, group: str) -> list[str]:
    """Return the members of a group, from ``/etc/group``."""
    rows = (line.split(":") for line in text.splitlines())
    return next((row[3].split(",") for row in rows if row[0] == group and len(row) == 4), [])


def check_configuration(root: Path) -> Finding:
    """Check ALSA's configuration files, of the machine and of this user."""
    files = (root / "etc/asound.conf", root / Path.home().relative_to("/") / ".asoundrc")
    known = parse_cards(text_of(root / "proc/asound/cards"))
    present = [file for file in files if file.exists()]
    for file in present:
        # Not `text_of`: here a file that cannot be read is a fault.
        fault = fault_of(file.read_text(encoding="utf-8", errors="replace"), [card.identifier for card in known])
        if fault is not None:
            return Finding(State.WARNING, f"{file}: {fault}", f"correct it, or move it away: mv {file} {file}.old")
    return Finding(State.OK, ", ".join(map(str, present)) or "the system's own")


def fault_of(text: str, cards: Sequence[str]) -> str | None:
    """Check a configuration of ALSA for common mistakes, and return the first one.

    Args:
        text: Contents of the file.
        cards: Names of the sound cards of the machine; if empty, cards are not checked.
    """
    bare = _QUOTED_OR_COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    opened: list[tuple[str, int]] = []
    for number, line in enumerate(bare.splitlines(), 1):
        for character in line:
            if character in _PAIRS.values():
                opened.append((character, number))
            elif character in _PAIRS and (not opened or opened.pop()[0] != _PAIRS[character]):
                return f"line {number} closes a {character} that was not opened"
    if opened:
        return f"the {opened[-1][0]} of line {opened[-1][1]} is not closed"
    if '"' in bare or "'" in bare:
        return "a quote is not closed"
    without_prose = _QUOTED_OR_COMMENT.sub(lambda match: "" if re.search(r"[# ]", match[0]) else match[0], text)
    for name in _CARD_NAMES.findall(without_prose):
        if cards and name not in cards:
            return f"there is no sound card {name}, only {', '.join(cards)}"
    return None
