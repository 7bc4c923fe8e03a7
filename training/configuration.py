"""A run's TOML file: reading it, overriding it with options of the command line, writing all settings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from edge_ser.settings import toml
from training.settings import RunSettings

read = toml.read
with_options = toml.with_options


def resolve(values: Mapping[str, Any], where: str = "settings") -> RunSettings:
    """Make settings from the content of a TOML file; missing keys have their defaults.

    Args:
        values: Tables and keys as :func:`read` returns them, overridden by those of the command line.
        where: Where the values come from, for messages.

    Raises:
        InvalidSetting: a key does not exist (the most similar one is named), or a value is not allowed.
    """
    return toml.make(RunSettings, values, where)


def keys() -> list[str]:
    """Return all keys, those in tables as ``table.key``."""
    return toml.keys(RunSettings)


def parse_assignment(text: str) -> tuple[str, Any]:
    """Return key and value of ``table.key=value``; a value that is not TOML is a string.

    Raises:
        InvalidSetting: there is no ``=``, or no such key.
    """
    return toml.parse_assignment(RunSettings, text, "training.epochs=20")


def to_toml(settings: RunSettings) -> str:
    """Return all settings as a TOML file; :mod:`training.settings` explains them."""
    return toml.dump(settings)


def differences(old: RunSettings, new: RunSettings) -> list[str]:
    """Return the differences, each as ``key: old, now new``."""
    before, after = asdict(old), asdict(new)
    result = []
    for name in keys():
        a: Any = before
        b: Any = after
        for part in name.split("."):
            a, b = a[part], b[part]
        if a != b:
            result.append(f"{name}: {json.dumps(a)}, now {json.dumps(b)}")
    return result


def short_hash(settings: RunSettings) -> str:
    """Return eight hex digits that identify the settings."""
    return hashlib.sha256(to_toml(settings).encode()).hexdigest()[:8]
