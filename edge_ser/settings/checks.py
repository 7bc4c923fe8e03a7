"""Checks of setting values, whose errors name key, value and what is allowed."""

from __future__ import annotations

import re
from pathlib import Path

from edge_ser.errors import InvalidSetting


def require(key: str, value: float, low: float, high: float, unit: str = "") -> None:
    """Check that a number is within bounds, both included.

    Args:
        key: Name of the setting, ``table.key``.
        value: Its value.
        low: Least allowed value.
        high: Greatest allowed value.
        unit: Unit of all three, for the message.

    Raises:
        InvalidSetting: it is not.
    """
    if not low <= value <= high:
        raise InvalidSetting(f"{key} = {value}: allowed is {low:g} to {high:g} {unit}".rstrip())


def require_one_of(key: str, value: str | None, allowed: tuple[str, ...]) -> None:
    """Check that a value is one of those allowed.

    Args:
        key: Name of the setting, ``table.key``.
        value: Its value; ``None``, which is not set, passes.
        allowed: The allowed values.

    Raises:
        InvalidSetting: it is not.
    """
    if value is not None and value not in allowed:
        raise InvalidSetting(f"{key} = {value}: allowed are {', '.join(allowed)}")


def without_password(uri: str) -> str:
    """Return a destination's URI with its password masked, for messages."""
    return re.sub(r"(://[^:@/]*):.*@", r"\1:***@", uri, flags=re.DOTALL)


def require_absolute(key: str, path: str | None) -> None:
    """Check that a path does not depend on the working directory.

    Args:
        key: Name of the setting, ``table.key``.
        path: Its value; ``None``, which is not set, passes.

    Raises:
        InvalidSetting: it does.
    """
    if path is not None and not Path(path).is_absolute():
        raise InvalidSetting(f"{key} = {path!r}: allowed is a path that begins with /")
