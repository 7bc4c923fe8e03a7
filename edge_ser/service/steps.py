"""Steps of an installation as data: `--dry-run` shows the same list that otherwise is carried out.

Whatever a step writes is there as a whole or not at all, also when the power fails in the middle.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from edge_ser.console import output_file
from edge_ser.errors import NoRoom, NotPermitted, StepFailed


@dataclass(frozen=True)
class Step:
    """One thing to do.

    Attributes:
        text: What it does, for people: `write /etc/edge-ser/config.toml`.
        needed: Whether it is still to be done.
        act: Does it.
        otherwise: Why nothing is done, if it is not needed.
    """

    text: str
    needed: bool
    act: Callable[[], object]
    otherwise: str = "already as it should be"


def carry_out(steps: Iterable[Step], tell: Callable[[str], object], dry_run: bool = False) -> None:
    """Do what is needed, or only say it.

    Args:
        steps: What to do, in this order.
        tell: Takes a line for people, before each step.
        dry_run: Whether nothing is done.

    Raises:
        NoRoom: the disk is full.
        NotPermitted: a file may not be written.
        StepFailed: something else failed; later steps were not begun.
    """
    for step in steps:
        if not step.needed:
            tell(f"{step.text}: {step.otherwise}")
        elif dry_run:
            tell(f"would {step.text}")
        else:
            tell(step.text)
            try:
                step.act()
            except OSError as error:
                raise _failure(step, error) from None


def _failure(step: Step, error: OSError) -> Exception:
    what = f"could not {step.text}: {error.filename or ''} {error.strerror or error}"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoRoom(f"{what}; free some room and do the same again")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return NotPermitted(f"{what}; is it read-only, or another user's?")
    return StepFailed(f"{what}; mend that and do the same again")


def write_file(path: Path, text: str) -> None:
    """Write a file that anybody may read; one that is there keeps its mode and owner."""
    path.parent.mkdir(parents=True, exist_ok=True)
    output_file.replace(path, text.encode(), path.stat() if path.is_file() else None)


def write_link(path: Path, target: Path) -> None:
    """Make a symbolic link, in place of what is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    beside.replace(path)


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder; what is not there need not be."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def link_target(path: Path) -> Path | None:
    """Return what a symbolic link says, or ``None`` if there is none."""
    return path.readlink() if path.is_symlink() else None
