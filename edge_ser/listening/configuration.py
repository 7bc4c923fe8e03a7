"""The configuration of `edge-ser listen`: a TOML file, options over it, and what only the rooms below can check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from edge_ser.errors import InvalidSetting
from edge_ser.model.interpreter import INTERPRETERS
from edge_ser.paths import resource_folder
from edge_ser.settings import ListenSettings, toml
from edge_ser.settings.checks import require_one_of
from edge_ser.sinks import destinations


def settings_of(path: Path | None, options: Mapping[str, Any] | None = None) -> ListenSettings:
    """Read a configuration file, if there is one, lay the options of a command line over it, and check the result.

    Args:
        path: The file, or ``None`` for the defaults.
        options: What counts instead of what the file says, ``table.key`` to value; ``None`` for what was not given.

    Raises:
        InvalidSetting: the file cannot be read, or something in it or in the options is not allowed; the message names
            key and value.
    """
    settings = ListenSettings() if path is None else _read(path)
    changes: dict[str, dict[str, Any]] = {}
    for name, value in (options or {}).items():
        table, _, key = name.partition(".")
        if value is not None:
            changes.setdefault(table, {})[key] = value
    # A microphone and a recording exclude each other: the one on the command line counts.
    if "device" in changes.get("microphone", {}):
        changes["input"] = {"file": None, "realtime": False} | changes.get("input", {})
    elif "file" in changes.get("input", {}):
        changes["microphone"] = {"device": None} | changes.get("microphone", {})
    return check(replace(settings, **{table: replace(getattr(settings, table), **of) for table, of in changes.items()}))


def check(settings: ListenSettings) -> ListenSettings:
    """Check what the dataclasses cannot know: which interpreters and destinations there are.

    Raises:
        InvalidSetting: there is no such interpreter or destination; the message names what is allowed.
    """
    require_one_of("model.interpreter", settings.model.interpreter, tuple(INTERPRETERS))
    for uri in settings.output.publish:
        destinations.check(uri)
    return settings


def example() -> str:
    """Return the configuration that the service is installed with: all keys, explained, most of them commented out."""
    return (resource_folder("systemd") / "config.toml").read_text(encoding="utf-8")


def _read(path: Path) -> ListenSettings:
    try:
        return check(toml.make(ListenSettings, toml.read(path), str(path)))
    except InvalidSetting as error:
        # Values that a dataclass refuses do not know which file they come from.
        message = str(error)
        raise InvalidSetting(message if str(path) in message else f"{path}: {message}") from None
