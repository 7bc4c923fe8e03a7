"""The profiles that the package ships, and a Raspberry Pi's `config.txt`: finding, reading and writing it."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Final

from edge_ser import paths
from edge_ser.console import output_file
from edge_ser.errors import FirmwareFileOdd, NoFirmwareFile, NoRoom, NotPermitted, NotRoot
from edge_ser.firmware.block import Profile, parse_profile
from edge_ser.settings.checks import require_one_of

_PLACES: Final = ("boot/firmware/config.txt", "boot/config.txt")
"""Places below the root: since Bookworm, and before."""

_MOVED: Final = "has moved to /boot/firmware/config.txt"
"""Text of the file that Bookworm leaves in the old place, which the firmware does not read."""

_BACKUP: Final = ".edge-ser-backup"
"""Suffix of the copy made before the first change, which is never overwritten."""


def profiles() -> dict[str, Profile]:
    """Return the profiles that the package ships, by name."""
    return {name: parse_profile(name, notes(name)) for name in names()}


def profile(name: str) -> Profile:
    """Return a profile by its name.

    Raises:
        InvalidSetting: there is none of that name; the message lists the names.
    """
    require_one_of("profile", name, names())
    return parse_profile(name, notes(name))


def names() -> tuple[str, ...]:
    """Return the names of the profiles, sorted."""
    return tuple(sorted(path.stem for path in _folder().glob("*.txt")))


def notes(name: str) -> str:
    """Return the whole text of a profile: wiring, quirks and options."""
    return (_folder() / f"{name}.txt").read_text(encoding="utf-8")


def require_root(root: Path) -> None:
    """Raise an error if only root may change the file.

    Args:
        root: ``/``, or the folder of a staged image.

    Raises:
        NotRoot: this is the running system, and the user is not root.
    """
    if os.geteuid() != 0 and root.resolve() == Path("/"):
        raise NotRoot("only root may change config.txt; put sudo before the command, or see --dry-run")


def find(root: Path) -> Path:
    """Return the file that the firmware reads.

    Args:
        root: ``/``, or the folder of a staged image.

    Returns:
        Its path, with symbolic links resolved.

    Raises:
        NoFirmwareFile: there is none.
        FirmwareFileOdd: it is a link to a file outside the root.
    """
    places = [root / place for place in _PLACES]
    path = next((path for path in places if path.is_file()), None)
    if path is None:
        raise NoFirmwareFile(
            f"neither {places[0]} nor {places[1]} exists: this is not a Raspberry Pi, or its boot partition is not "
            "mounted; try: sudo mount /boot/firmware"
        )
    target = path.resolve()
    if not target.is_relative_to(root.resolve()):
        raise FirmwareFileOdd(f"{path} is a link to {target}, outside {root}; put the file itself there")
    if path == places[1] and _MOVED in read(path):
        raise NoFirmwareFile(
            f"{path} only says that the file is {places[0]}, which does not exist: the boot partition is not mounted; "
            "try: sudo mount /boot/firmware"
        )
    return target


def read(path: Path) -> str:
    """Return the file's bytes as Latin-1.

    Raises:
        NotPermitted: this user may not read it.
    """
    try:
        return path.read_bytes().decode("latin-1")
    except PermissionError:
        raise NotPermitted(f"you may not read {path}; try with sudo") from None


def backup_of(path: Path) -> Path:
    """Return the path of the copy made before the first change."""
    return path.with_name(path.name + _BACKUP)


def write(path: Path, text: str) -> None:
    """Replace the file in one step, after making a copy of it if there is none yet.

    Raises:
        NotPermitted: this user may not write it, or its disk is mounted read-only.
        NoRoom: the disk is full; the file is unchanged.
    """
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        raise NotPermitted(
            f"{path} cannot be written: it, its folder or its disk is read-only; try with sudo, or first: "
            f"sudo mount -o remount,rw {path.parent}"
        )
    try:
        if not backup_of(path).exists():
            output_file.replace(backup_of(path), path.read_bytes(), path.stat())
        output_file.replace(path, text.encode("latin-1"), path.stat())
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoRoom(f"{path.parent} is full: {path} was left as it was; free some space there") from None
        raise NotPermitted(
            f"{path} could not be written ({error.strerror}) and was left as it was; is its disk read-only or damaged?"
        ) from None


def _folder() -> Path:
    return paths.resource_folder("firmware_config") / "profiles"
