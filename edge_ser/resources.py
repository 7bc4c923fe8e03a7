"""Files that the package ships beside its code: `systemd/` and `firmware_config/`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """Return the folder ``systemd`` or ``firmware_config``.

    In a wheel it is a part of the package, in a checkout it stands beside it.
    """
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
