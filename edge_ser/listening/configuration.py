"""The configuration of `edge-ser listen`: a TOML file, overridden by options, and checked as a whole."""

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


def read_settings(path: Path | None, options: Mapping[str, Any] | None = None) -> ListenSettings:
    """Read a configuration file, override it by command-line options, and check the result.

    Args:
        path: The file; ``None`` is the defaults.
        options: Options that override the file, ``table.key`` to value; ``None`` for an option that was not given.

    Raises:
        InvalidSetting: the file cannot be read, or a value in it or in the options is not allowed; the message names
            key and value.
    """
    settings = ListenSettings() if path is None else _read(path)
    changes: dict[str, dict[str, Any]] = {}
    for name, value in (options or {}).items():
        table, _, key = name.partition(".")
        if value is not None:
            changes.setdefault(table, {})[key] = value
    # A microphone and a recording exclude each other; the one on the command line wins.
    if "device" in changes.get("microphone", {}):
        changes["input"] = {"file": None, "realtime": False} | changes.get("input", {})
    elif "file" in changes.get("input", {}):
        changes["microphone"] = {"device": None} | changes.get("microphone", {})
    return check(replace(settings, **{table: replace(getattr(settings, table), **of) for table, of in changes.items()}))


def check(settings: ListenSettings) -> ListenSettings:
    """Check the names of interpreters and destinations, which the dataclasses do not know.

    Returns:
        The settings, unchanged.

    Raises:
        InvalidSetting: there is no such interpreter or destination; the message names what is allowed.
    """
    require_one_of("model.interpreter", settings.model.interpreter, tuple(INTERPRETERS))
    for uri in settings.output.publish:
        destinations.check(uri)
    return settings


def example() -> str:
    """Return the service's initial configuration file, which explains all keys; most of them are commented out."""
    return (resource_folder("systemd") / "config.toml").read_text(encoding="utf-8")


def _read(path: Path) -> ListenSettings:
    try:
        return check(toml.make(ListenSettings, toml.read(path), str(path)))
    except InvalidSetting as error:
        # An error that a dataclass raises does not name the file.
        message = str(error)
        raise InvalidSetting(message if str(path) in message else f"{path}: {message}") from None
