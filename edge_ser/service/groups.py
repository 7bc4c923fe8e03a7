"""System groups, of the running system or of one that is staged below a folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from edge_ser.errors import InvalidSetting
from edge_ser.service import programs
from edge_ser.service.system import Target

_FILE: Final = Path("/etc/group")

_ADD: Final = "/usr/sbin/groupadd"
_DELETE: Final = "/usr/sbin/groupdel"
"""With their folder, which is not in every user's PATH."""


def exists(target: Target, name: str) -> bool:
    """Return whether a group exists."""
    try:
        lines = target.at(_FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return False
    return any(line.startswith(f"{name}:") for line in lines)


def require_file(target: Target, why: str) -> None:
    """Raise an error if groups cannot be created because the folder is not a whole system.

    Args:
        target: The system.
        why: The option that needs a group.

    Raises:
        InvalidSetting: there is no /etc/group.
    """
    if not target.at(_FILE).is_file():
        raise InvalidSetting(f"{why}: needs a group, and there is no {target.at(_FILE)}; --root must be a whole system")


def add(target: Target, name: str) -> None:
    """Create a system group.

    Raises:
        StepFailed: it cannot be created.
    """
    programs.call("groupadd", _ADD, "--system", "--prefix", target.root, name, explain=_explain)


def delete(target: Target, name: str) -> None:
    """Remove a group.

    Raises:
        StepFailed: it cannot be removed.
    """
    programs.call("groupdel", _DELETE, "--prefix", target.root, name, explain=_explain)


def _explain(output: str) -> str:
    advice = "" if os.geteuid() == 0 else "; only root may create and remove groups, in an image too: try with sudo"
    return programs.last_words(output) + advice
