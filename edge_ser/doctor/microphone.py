"""The microphone: whether there is one, which program uses it, and what it hears."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge_ser import paths
from edge_ser.audio import SAMPLE_RATE
from edge_ser.doctor import level
from edge_ser.doctor.result import Finding, State
from edge_ser.errors import MicrophoneBusy, MicrophoneIndexOutOfRange, MicrophoneLost, NoMicrophone, UnknownMicrophone
from edge_ser.machine import text_of
from edge_ser.settings import MicrophoneSettings

if TYPE_CHECKING:
    from edge_ser.audio import Samples

_SERVERS: Final = ("pipewire", "wireplumber", "pulseaudio", "jackd")
"""Programs that open sound cards to share them with other programs."""

_NOT_SEEN: Final = (NoMicrophone, UnknownMicrophone, MicrophoneIndexOutOfRange)
"""Errors for a microphone that another program uses, too: PortAudio does not list it then."""

_SETTLING_SECONDS: Final = 0.3
"""Beginning of a recording that is not rated, s: a microphone's supply and filters need a moment."""

_GRACE_SECONDS: Final = 3.0
"""Time beyond the length of the recording after which it is given up, s."""


@dataclass(frozen=True)
class Holder:
    """A process that records from a sound card.

    Attributes:
        card: The card's number.
        process: The process's id.
        program: The program's name, or ``a program`` if it cannot be read.
        is_service: Whether it is our service.
    """

    card: int
    process: int
    program: str
    is_service: bool


def holders(root: Path) -> list[Holder]:
    """Return the processes that record from the sound cards."""
    found = {}
    for status in sorted((root / "proc/asound").glob("card*/pcm*c/sub*/status")):
        process = parse_owner(text_of(status))
        if process is not None:
            card = int(status.relative_to(root / "proc/asound").parts[0].removeprefix("card"))
            folder = root / "proc" / str(process)
            program = text_of(folder / "comm").strip() or "a program"
            found[card, process] = Holder(card, process, program, f"/{paths.UNIT}" in text_of(folder / "cgroup"))
    return list(found.values())


def parse_owner(text: str) -> int | None:
    """Return the id of the process that opened a stream, from ALSA's ``status``; ``None`` if it is closed."""
    match = re.search(r"^owner_pid\s*:\s*(\d+)", text, re.MULTILINE)
    return int(match[1]) if match else None


def check_in_use(root: Path) -> Finding:
    """Check whether a program records from a sound card."""
    return rate_holders(holders(root))


def rate_holders(found: Sequence[Holder]) -> Finding:
    """Rate the processes that record from the sound cards."""
    if not found:
        return Finding(State.OK, "no other program is recording")
    text = ", ".join(
        f"card {holder.card}: {paths.UNIT if holder.is_service else f'{holder.program} (process {holder.process})'}"
        for holder in found
    )
    strangers = [holder for holder in found if not holder.is_service and holder.program not in _SERVERS]
    if strangers:
        numbers = " ".join(str(holder.process) for holder in strangers)
        return Finding(State.WARNING, text, f"close that program, for example with: kill {numbers}")
    if any(holder.is_service for holder in found):
        return Finding(State.OK, f"{text}, which is listening, as it should")
    return Finding(State.OK, f"{text}, which shares the card")


def check_presence(wanted: str | int | None, root: Path) -> Finding:
    """Check that the requested microphone is there, or any if none is requested."""
    from edge_ser.sources.devices import choose, list_inputs

    try:
        device = choose(list_inputs(), wanted)
    except _NOT_SEEN as error:
        if _held_by_service(root):
            return Finding(State.OK, f"{paths.UNIT} uses it, which hides it from other programs")
        if isinstance(error, NoMicrophone):
            raise
        fix = "choose one that is listed; one that another program uses is not: edge-ser devices"
        return Finding(State.FAILED, str(error), fix)
    which = "the default" if wanted is None else "as requested"
    found = f"{device.name}, {which}: {device.channels} channels, {device.default_rate} Hz"
    return Finding(State.OK, found if device.supports_16k_mono else f"{found}, converted to 16 kHz mono")


def check_sound(
    settings: MicrophoneSettings, seconds: float, root: Path, show: Callable[[str], None] | None
) -> Finding:
    """Record, and check the level and the health of the sound.

    Args:
        settings: The microphone.
        seconds: How long to record, s.
        root: The root folder of the machine.
        show: Called with a line that replaces the one before; ``None`` where nobody watches.
    """
    try:
        name, samples = _record(settings, seconds, show)
    except (*_NOT_SEEN, MicrophoneBusy):
        if _held_by_service(root):
            fix = f"to measure: sudo systemctl stop {paths.UNIT}; edge-ser doctor; sudo systemctl start {paths.UNIT}"
            return Finding(State.SKIPPED, f"{paths.UNIT} is using it", fix)
        raise
    return level.rate(level.measure(samples), name)


def _record(settings: MicrophoneSettings, seconds: float, show: Callable[[str], None] | None) -> tuple[str, Samples]:
    """Return the microphone's name and its samples; shape (n,), int16 (Q15).  Nothing is written to disk."""
    import numpy as np

    from edge_ser.events import SILENCE
    from edge_ser.recognition.level import decibels_of
    from edge_ser.sources.microphone import Microphone

    settling = round(_SETTLING_SECONDS * SAMPLE_RATE)
    wanted = settling + round(seconds * SAMPLE_RATE)
    heard = []
    got, peak = 0, SILENCE
    with Microphone(replace(settings, wait=False)) as opened:
        end = time.monotonic() + seconds + _GRACE_SECONDS
        for block in opened.blocks():
            heard.append(block.samples)
            got += len(block.samples)
            if show is not None and len(block.samples):
                peak = max(peak, decibels_of(block.samples))
                show(f"say something  {level.bar(block.samples, peak)}")
            if got >= wanted:
                return opened.name, np.concatenate(heard)[settling:wanted]
            if time.monotonic() > end:
                break
        raise MicrophoneLost(
            f"microphone {opened.name!r} delivered {got / SAMPLE_RATE:.1f} s of sound in"
            f" {seconds + _GRACE_SECONDS:g} s; plug it in again, or try another USB port or power supply"
        )


def _held_by_service(root: Path) -> bool:
    return any(holder.is_service for holder in holders(root))
