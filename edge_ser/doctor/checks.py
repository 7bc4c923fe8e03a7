"""All checks, in the order in which one thing needs the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from edge_ser.doctor import microphone, model, python, raspberry_pi, service, sound_system
from edge_ser.doctor.result import Finding, State, guarded
from edge_ser.errors import EdgeSerError
from edge_ser.settings import ListenSettings

_QUICK: Final = 15.0
_MODEL: Final = 120.0
"""How long a check may take, s: what only asks, and what loads the model from a slow card on a small Pi."""

_OPENING: Final = 15.0
"""How long a microphone may take beyond its recording, s: opening it asks all devices, and closing waits for it."""


@dataclass(frozen=True)
class Wanted:
    """What is to be checked.

    Attributes:
        device: Microphone, by name or index; ``None`` for that of the configuration.
        configuration: Configuration file; ``None`` for the service's, if there is one.
        seconds: How long to listen, s; ``None`` leaves the microphone closed.
    """

    device: str | None = None
    configuration: Path | None = None
    seconds: int | None = 3


def examine(
    wanted: Wanted, root: Path = Path("/"), show: Callable[[str], None] | None = None
) -> Iterator[tuple[str, Finding]]:
    """Run all checks and yield the name and the finding of each as soon as it is done.

    Args:
        wanted: What is to be checked.
        root: The machine that is looked at.
        show: Shows the level while it is measured; ``None`` where nobody watches.
    """
    file = wanted.configuration or service.configuration_file(root)
    settings = _settings(file)
    sound = settings.microphone if wanted.device is None else replace(settings.microphone, device=wanted.device)
    for name, check, seconds, fix in (
        ("python", python.version, _QUICK, None),
        ("machine", partial(raspberry_pi.machine, root), _QUICK, None),
        ("configuration", partial(service.configuration, file), _QUICK, "edge-ser config example  # all keys"),
        ("numpy", python.numpy, _QUICK, None),
        ("interpreter", partial(model.interpreter, settings.model), _MODEL, None),
        ("model", partial(model.model, settings.model), _MODEL, "edge-ser model  # says more of it"),
        ("pyaudio", sound_system.port_audio, _QUICK, python.pip("pyaudio")),
        ("sound cards", partial(sound_system.cards, root), _QUICK, None),
        ("permission", partial(sound_system.permission, root), _QUICK, None),
        ("alsa", partial(sound_system.configuration, root), _QUICK, None),
        ("in use", partial(microphone.in_use, root), _QUICK, None),
    ):
        yield name, guarded(check, seconds, fix)
    found = guarded(partial(microphone.microphone, sound.device, root), _QUICK, "edge-ser devices  # lists them")
    yield "microphone", found
    hush = guarded(partial(service.privacy, settings.privacy), _QUICK)
    yield "privacy", hush
    if found.state is not State.OK:
        yield "level", Finding(State.SKIPPED, "there is no microphone to listen to")
    elif hush.state is not State.OK:
        yield "level", Finding(State.SKIPPED, "the microphone stays closed while nobody may be listened to")
    elif wanted.seconds is None:
        yield "level", Finding(State.SKIPPED, "not asked for")
    else:
        check = partial(microphone.sound, sound, wanted.seconds, root, show)
        yield "level", guarded(check, wanted.seconds + _OPENING, "replug the microphone; sudo dmesg | tail")
    yield "service", guarded(partial(service.service, root), _QUICK)
    yield "temperature", guarded(partial(raspberry_pi.temperature, root), _QUICK)
    yield "power", guarded(partial(raspberry_pi.power, root), _QUICK)


def _settings(file: Path | None) -> ListenSettings:
    """Return the settings, the defaults if the file is wrong: the check of it says so."""
    try:
        return service.read_settings(file)
    except EdgeSerError:
        return ListenSettings()
