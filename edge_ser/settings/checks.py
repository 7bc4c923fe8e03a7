"""What settings are checked with: errors that name key, value and what is allowed."""

from __future__ import annotations

import re
from pathlib import Path

from edge_ser.errors import InvalidSetting


def require(key: str, value: float, low: float, high: float, unit: str = "") -> None:
    """Raise an error that names key, value and bounds if the value is outside them."""
    if not low <= value <= high:
        raise InvalidSetting(f"{key} = {value}: allowed is {low:g} to {high:g} {unit}".rstrip())


def require_one_of(key: str, value: str | None, allowed: tuple[str, ...]) -> None:
    """Raise an error that names key, value and what is allowed if the value is something else; ``None`` is not set."""
    if value is not None and value not in allowed:
        raise InvalidSetting(f"{key} = {value}: allowed are {', '.join(allowed)}")


def without_password(uri: str) -> str:
    """Return a destination as messages may show it."""
    return re.sub(r"(://[^:@/]*):.*@", r"\1:***@", uri, flags=re.DOTALL)


def require_absolute(key: str, path: str | None) -> None:
    """Raise an error that names key and path if it depends on the working directory; ``None`` is not set."""
    if path is not None and not Path(path).is_absolute():
        raise InvalidSetting(f"{key} = {path!r}: allowed is a path that begins with /")
