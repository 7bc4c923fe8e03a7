"""The mute switch as the page has it: it works where this process may write the mute file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from edge_ser import privacy


@dataclass(frozen=True)
class Position:
    """How the switch is.

    Attributes:
        muted: Whether the mute file mutes; ``None`` where this process may not look.
        permitted: Whether it may be changed from here.
    """

    muted: bool | None
    permitted: bool


class Switch:
    """Looks at the mute file and changes it.

    Args:
        path: The mute file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def position(self) -> Position:
        """Return how it is now."""
        try:
            os.lstat(self._path)
        except FileNotFoundError:
            muted: bool | None = False
        except OSError:
            muted = None
        else:
            muted = privacy.muted(self._path, privacy.local_now()) is not None
        return Position(muted, self._permitted())

    def change(self, mute: bool) -> None:
        """Mute or unmute.

        Raises:
            NotPermitted: the mute file may not be changed.
        """
        if mute:
            privacy.mute(self._path)
        else:
            privacy.unmute(self._path)

    def _permitted(self) -> bool:
        folder = self._path.parent
        while not folder.exists() and folder != folder.parent:  # muting makes what is missing
            folder = folder.parent
        return os.access(folder, os.W_OK | os.X_OK)
