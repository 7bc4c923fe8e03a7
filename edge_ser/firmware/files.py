"""Where a Raspberry Pi's `config.txt` is, reading it, and writing it so that no failure leaves half of it."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Final

from edge_ser import paths
from edge_ser.console import output_file
from edge_ser.errors import FirmwareFileOdd, NoFirmwareFile, NoRoom, NotPermitted
from edge_ser.firmware.block import Profile, parse_profile

_PLACES: Final = ("boot/firmware/config.txt", "boot/config.txt")
"""Below the root: since Bookworm, and before."""

_MOVED: Final = "has moved to /boot/firmware/config.txt"
"""In the file that Bookworm leaves in the old place, which the firmware does not read."""

_BACKUP: Final = ".edge-ser-backup"
"""After the name of the file: what it was before the first change; never overwritten."""


def profiles() -> dict[str, Profile]:
    """Return the profiles that the package ships, by name."""
    return {name: parse_profile(name, notes(name)) for name in names()}


def names() -> tuple[str, ...]:
    """Return the names of the profiles, in their order."""
    return tuple(sorted(path.stem for path in _folder().glob("*.txt")))


def notes(name: str) -> str:
    """Return the whole text of a profile: wiring, quirks and options."""
    return (_folder() / f"{name}.txt").read_text(encoding="utf-8")


def find(root: Path) -> Path:
    """Return the file that the firmware reads.

    Args:
        root: ``/``, or the folder that an image is staged in.

    Returns:
        Its path, behind symbolic links.

    Raises:
        NoFirmwareFile: there is none.
        FirmwareFileOdd: it is a link that leads out of the root.
    """
    places = [root / place for place in _PLACES]
    path = next((path for path in places if path.is_file()), None)
    if path is None:
        raise NoFirmwareFile(
            f"neither {places[0]} nor {places[1]} is there: this is no Raspberry Pi, or its boot partition is not "
            "mounted; try: sudo mount /boot/firmware"
        )
    target = path.resolve()
    if not target.is_relative_to(root.resolve()):
        raise FirmwareFileOdd(f"{path} is a link to {target}, outside of {root}; put the file itself there")
    if path == places[1] and _MOVED in read(path):
        raise NoFirmwareFile(
            f"{path} only says that the file is {places[0]}, which is not there: the boot partition is not mounted; "
            "try: sudo mount /boot/firmware"
        )
    return target


def read(path: Path) -> str:
    """Return the file's bytes as Latin-1.

    Raises:
        NotPermitted: it may not be read.
    """
    try:
        return path.read_bytes().decode("latin-1")
    except PermissionError:
        raise NotPermitted(f"{path} may not be read by you; try with sudo") from None


def backup_of(path: Path) -> Path:
    """Return where the file as it was before the first change is kept."""
    return path.with_name(path.name + _BACKUP)


def write(path: Path, text: str) -> None:
    """Replace the file as a whole, after a copy of it was made if there is none yet.

    Raises:
        NotPermitted: it may not be written, or its disk is mounted read-only.
        NoRoom: the disk is full; the file is as it was.
    """
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        raise NotPermitted(
            f"{path} may not be written: it, its folder or its disk is read-only; try with sudo, or first: "
            f"sudo mount -o remount,rw {path.parent}"
        )
    try:
        if not backup_of(path).exists():
            output_file.replace(backup_of(path), path.read_bytes(), path.stat())
        output_file.replace(path, text.encode("latin-1"), path.stat())
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoRoom(f"{path.parent} is full: {path} was left as it was; free some room there") from None
        raise NotPermitted(
            f"{path} could not be written ({error.strerror}) and was left as it was; is its disk read-only or damaged?"
        ) from None


def _folder() -> Path:
    return paths.resource_folder("firmware_config") / "profiles"
