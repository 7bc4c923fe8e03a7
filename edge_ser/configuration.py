"""The configuration file of `edge-ser listen`, TOML: the same settings as its options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from edge_ser import resources, toml_tables
from edge_ser.errors import InvalidSetting
from edge_ser.settings import ListenSettings
from edge_ser.sinks import destinations


def read_configuration(path: Path) -> ListenSettings:
    """Read and validate a configuration file.

    Raises:
        InvalidSetting: the file cannot be read, or something in it is not allowed; the message names key and value.
    """
    return settings_of(path, {})


def settings_of(path: Path | None, options: Mapping[str, Any]) -> ListenSettings:
    """Lay the options of a command line over a configuration file, if there is one.

    Args:
        path: The file, or ``None`` for the defaults.
        options: What counts instead of what the file says, ``table.key`` to value; ``None`` for what was not given.
            Destinations among them have been checked.

    Raises:
        InvalidSetting: the file cannot be read, or something in it is not allowed; the message names key and value.
    """
    settings = ListenSettings() if path is None else _of_file(path)
    changes: dict[str, dict[str, Any]] = {}
    for name, value in options.items():
        table, _, key = name.partition(".")
        if value is not None:
            changes.setdefault(table, {})[key] = value
    # A microphone and a recording exclude each other: the one on the command line counts.
    if "device" in changes.get("microphone", {}):
        changes["input"] = {"file": None, "realtime": False} | changes.get("input", {})
    elif "file" in changes.get("input", {}):
        changes["microphone"] = {"device": None} | changes.get("microphone", {})
    return replace(settings, **{table: replace(getattr(settings, table), **of) for table, of in changes.items()})


def _of_file(path: Path) -> ListenSettings:
    try:
        settings = toml_tables.make(ListenSettings, toml_tables.read(path), str(path))
        for uri in settings.output.publish:
            destinations.check(uri)
        return settings
    except InvalidSetting as error:
        # Values that a dataclass refuses do not know which file they come from.
        message = str(error)
        raise InvalidSetting(message if str(path) in message else f"{path}: {message}") from None


def example() -> str:
    """Return the configuration that the service is installed with: all keys, explained, most of them commented out."""
    return (resources.folder("systemd") / "config.toml").read_text(encoding="utf-8")
