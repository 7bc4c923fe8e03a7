"""Reading what the service wrote to systemd's journal, through journalctl."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from edge_ser import paths
from edge_ser.errors import NoSystemd, NotPermitted

_JOURNALS: Final = (Path("/var/log/journal"), Path("/run/log/journal"))


def command(follow: bool, lines: int | None, since: str | None) -> list[str]:
    """Return the command that shows the service's journal.

    Args:
        follow: Whether to wait for new entries.
        lines: Number of entries to show, the newest ones; ``None`` for all.
        since: Time of the first entry, as journalctl understands it; ``None`` for the oldest.

    Raises:
        NoSystemd: there is no journalctl.
        NotPermitted: this user may not read the journal; the message says what to do.
    """
    if shutil.which("journalctl") is None:
        raise NoSystemd("there is no journalctl here, and so no journal; both come with systemd")
    require_readable()
    words = ["journalctl", f"--unit={paths.UNIT}", "--output=short"]
    words += ["--follow"] if follow else []
    words += [] if lines is None else [f"--lines={lines}"]
    words += [] if since is None else [f"--since={since}"]
    return words


def require_readable(folders: tuple[Path, ...] = _JOURNALS) -> None:
    """Raise an error if this user may not read the journal, for which journalctl itself shows nothing.

    Raises:
        NotPermitted: the user may not; the message says what to do.
    """
    journals = [path for folder in folders for path in folder.glob("*/system.journal")]
    if journals and not any(os.access(path, os.R_OK) for path in journals):
        raise NotPermitted(
            "you may not read the journal: sudo edge-ser service logs, or join its readers with "
            "sudo usermod -aG systemd-journal $USER and log in again"
        )
