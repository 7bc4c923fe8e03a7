"""All checks, in the order in which one thing depends on another."""

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
"""How long a check may take, s: one that only reads, and one that loads the model from a slow card on a small Pi."""

_OPENING: Final = 15.0
"""Extra time for a recording, s: opening a microphone queries all devices, and closing it waits for the driver."""


@dataclass(frozen=True)
class Scope:
    """What to check.

    Attributes:
        device: Microphone, by name or index; ``None`` for the configuration's.
        configuration: Configuration file; ``None`` for the service's, if there is one.
        seconds: How long to listen, s; ``None`` to leave the microphone closed.
    """

    device: str | None = None
    configuration: Path | None = None
    seconds: int | None = 3


def examine(
    scope: Scope, root: Path = Path("/"), show: Callable[[str], None] | None = None
) -> Iterator[tuple[str, Finding]]:
    """Run all checks, and yield the name and the finding of each as soon as it is done.

    Args:
        scope: What to check.
        root: The root folder of the machine.
        show: Called with a line that shows the level while it is measured; ``None`` where nobody watches.
    """
    file = scope.configuration or service.configuration_file(root)
    settings = _settings(file)
    sound = settings.microphone if scope.device is None else replace(settings.microphone, device=scope.device)
    for name, check, seconds, fix in (
        ("python", python.check_version, _QUICK, None),
        ("machine", partial(raspberry_pi.check_machine, root), _QUICK, None),
        ("configuration", partial(service.check_configuration, file), _QUICK, "edge-ser config example  # all keys"),
        ("numpy", python.check_numpy, _QUICK, None),
        ("interpreter", partial(model.check_interpreter, settings.model), _MODEL, None),
        ("model", partial(model.check_model, settings.model), _MODEL, "edge-ser model  # describes it"),
        ("pyaudio", sound_system.check_port_audio, _QUICK, python.pip("pyaudio")),
        ("sound cards", partial(sound_system.check_cards, root), _QUICK, None),
        ("permission", partial(sound_system.check_permission, root), _QUICK, None),
        ("alsa", partial(sound_system.check_configuration, root), _QUICK, None),
        ("in use", partial(microphone.check_in_use, root), _QUICK, None),
    ):
        yield name, guarded(check, seconds, fix)
    found = guarded(partial(microphone.check_presence, sound.device, root), _QUICK, "edge-ser devices  # lists them")
    yield "microphone", found
    mute = guarded(partial(service.check_mute, settings.privacy), _QUICK)
    yield "privacy", mute
    if found.state is not State.OK:
        yield "level", Finding(State.SKIPPED, "no microphone to listen to")
    elif mute.state is not State.OK:
        yield "level", Finding(State.SKIPPED, "the microphone stays closed while muted and in quiet hours")
    elif scope.seconds is None:
        yield "level", Finding(State.SKIPPED, "not requested")
    else:
        check = partial(microphone.check_sound, sound, scope.seconds, root, show)
        yield "level", guarded(check, scope.seconds + _OPENING, "plug the microphone in again; sudo dmesg | tail")
    yield "service", guarded(partial(service.check_service, root), _QUICK)
    yield "temperature", guarded(partial(raspberry_pi.check_temperature, root), _QUICK)
    yield "power", guarded(partial(raspberry_pi.check_power, root), _QUICK)


def _settings(file: Path | None) -> ListenSettings:
    """Return the settings, or the defaults if the file is not valid, which its own check reports."""
    from edge_ser.listening.configuration import read_settings

    try:
        return read_settings(file)
    except EdgeSerError:
        return ListenSettings()
