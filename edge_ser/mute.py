"""The mute switch: a mute file, which holds until it is removed or expires, and quiet hours.

An empty file mutes until it is removed; otherwise it contains the time until which it mutes, ISO 8601 with its offset.
A file that cannot be read or understood mutes too: in doubt, the microphone stays closed.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from edge_ser.errors import NotPermitted
from edge_ser.paths import effective_mute_file
from edge_ser.settings import ListenSettings, PrivacySettings, QuietHours


def mute(path: Path, until: datetime | None = None) -> None:
    """Write a mute file.

    Args:
        path: The mute file.
        until: When it expires, with its offset; ``None`` is never.

    Raises:
        NotPermitted: the file cannot be written; the message says what to do.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Mute first, whatever happens next: an empty file mutes until it is removed, and fits even on a full disk.
        if not path.exists():
            path.touch()
        beside = path.with_name(path.name + ".new")
        try:
            beside.write_text("" if until is None else until.isoformat(timespec="seconds") + "\n", encoding="ascii")
            beside.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise
    except OSError as error:
        raise _not_permitted(path, error) from None


def unmute(path: Path) -> bool:
    """Remove a mute file; return whether there was one.

    Raises:
        NotPermitted: it cannot be removed; the message says what to do.
    """
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _not_permitted(path, error) from None
    return True


def set_muted(path: Path, on: bool) -> bool:
    """Mute until further notice, or unmute.

    Args:
        path: The mute file.
        on: Whether to mute.

    Returns:
        Whether that changed anything.

    Raises:
        NotPermitted: the mute file cannot be changed; the message says what to do.
    """
    if not on:
        return unmute(path)
    if mute_reason(path, local_now()) == "muted":  # until further notice already
        return False
    mute(path)
    return True


def mute_file(settings: PrivacySettings) -> Path:
    """Return the mute file that `edge-ser listen` obeys."""
    return effective_mute_file() if settings.mute_file is None else Path(settings.mute_file)


def requestable_mute_file(settings: ListenSettings, allowed: bool) -> Path | None:
    """Return the mute file that requests through a sink may change, or ``None`` if they may not.

    Args:
        settings: All settings; a recording cannot be muted.
        allowed: The sink's own setting of whether requests may mute.
    """
    return mute_file(settings.privacy) if allowed and settings.input.file is None else None


class MuteSwitch:
    """Tells whether the microphone must be closed now, and why.

    Args:
        settings: Quiet hours and the path of the mute file.
        now: Returns the local wall-clock time, with its offset.
    """

    def __init__(self, settings: PrivacySettings, now: Callable[[], datetime]) -> None:
        self._quiet_hours = [QuietHours.parse(text) for text in settings.quiet_hours]
        self._path = mute_file(settings)
        self._now = now

    def reason(self) -> str | None:
        """Return why the microphone must be closed, as a text for people, or ``None`` if listening is allowed."""
        # Called ten times a second, so the clock is read only if it matters.
        try:
            os.lstat(self._path)
        except FileNotFoundError:
            reason = None
        except OSError:
            reason = "muted"
        else:
            reason = mute_reason(self._path, self._now())
        return reason or (self._quiet_reason() if self._quiet_hours else None)

    def _quiet_reason(self) -> str | None:
        now = self._now()
        for hours in self._quiet_hours:
            if now.time() in hours:
                return f"quiet hours until {hours.end:%H:%M}"
        return None


def mute_reason(path: Path, now: datetime) -> str | None:
    """Return ``muted``, with the time if the mute file expires, or ``None`` if it does not mute.

    Args:
        path: The mute file.
        now: The local wall-clock time, with its offset.
    """
    try:
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        return "muted"
    try:
        until = datetime.fromisoformat(text).astimezone(now.tzinfo)
    except ValueError:
        return "muted"
    if until <= now:
        return None
    another_day = until.date() != now.date()
    return f"muted until {until:%Y-%m-%d %H:%M}" if another_day else f"muted until {until:%H:%M}"


def local_now() -> datetime:
    """Return the local wall-clock time, with its offset."""
    return datetime.now().astimezone()


def _not_permitted(path: Path, error: OSError) -> NotPermitted:
    advice = "try with sudo" if isinstance(error, PermissionError) else "check the path and the disk"
    return NotPermitted(f"cannot change the mute file {path}: {error.strerror or error}; {advice}")
