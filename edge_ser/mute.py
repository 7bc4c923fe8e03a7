"""The privacy switch: a mute file that holds until it is removed or its time is over, and quiet hours.

The file may be empty, which mutes until it is removed, or hold the time until which it mutes, ISO 8601 with its offset.
What cannot be understood or read mutes: in doubt nobody is listened to.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from edge_ser.errors import NotPermitted
from edge_ser.paths import effective_mute_file
from edge_ser.settings import PrivacySettings, QuietHours


def mute(path: Path, until: datetime | None = None) -> None:
    """Mute, for good or until a time.

    Raises:
        NotPermitted: the file cannot be written; the message says what to do.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Muted at once, whatever becomes of the time: an empty file mutes for good, and a full disk still holds one.
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
    """Take the mute file away; return whether there was one.

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


def switch(path: Path, on: bool) -> bool:
    """Turn the mute switch on, for good, or off; return whether that changed anything.

    Raises:
        NotPermitted: the mute file cannot be changed; the message says what to do.
    """
    if not on:
        return unmute(path)
    if muted(path, local_now()) == "muted":  # for good already
        return False
    mute(path)
    return True


def mute_file(settings: PrivacySettings) -> Path:
    """Return the mute file that `edge-ser listen` heeds."""
    return effective_mute_file() if settings.mute_file is None else Path(settings.mute_file)


class MuteSwitch:
    """Tells whether nobody may be listened to just now, and why.

    Args:
        settings: Quiet hours and where the mute file stands.
        now: The local wall clock, with its offset.
    """

    def __init__(self, settings: PrivacySettings, now: Callable[[], datetime]) -> None:
        self._quiet_hours = [QuietHours.parse(text) for text in settings.quiet_hours]
        self._path = mute_file(settings)
        self._now = now

    def reason(self) -> str | None:
        """Return why nobody may be listened to, for people, or ``None`` when listening is allowed."""
        # Asked ten times a second: the clock is looked at only if there is a reason to.
        try:
            os.lstat(self._path)
        except FileNotFoundError:
            said = None
        except OSError:
            said = "muted"
        else:
            said = muted(self._path, self._now())
        return said or (self._quiet() if self._quiet_hours else None)

    def _quiet(self) -> str | None:
        now = self._now()
        for hours in self._quiet_hours:
            if hours.contain(now.time()):
                return f"quiet hours until {hours.end:%H:%M}"
        return None


def muted(path: Path, now: datetime) -> str | None:
    """Return that a mute file mutes, and until when, or ``None`` if it does not."""
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
    days = until.date() != now.date()
    return f"muted until {until:%Y-%m-%d %H:%M}" if days else f"muted until {until:%H:%M}"


def local_now() -> datetime:
    """Return the local wall clock, with its offset."""
    return datetime.now().astimezone()


def _not_permitted(path: Path, error: OSError) -> NotPermitted:
    advice = "try with sudo" if isinstance(error, PermissionError) else "check the path and the disk"
    return NotPermitted(f"cannot change the mute file {path}: {error.strerror or error}; {advice}")
