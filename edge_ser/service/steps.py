"""Steps of an installation as data: `--dry-run` shows the same list that is otherwise carried out.

A step writes a file completely or not at all, even if the power fails in between.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_ser.console import output_file
from edge_ser.errors import NoRoom, NotPermitted, StepFailed

DONE: Final = "already done"


@dataclass(frozen=True)
class Step:
    """One thing to do.

    Attributes:
        text: What it does, as shown: `write /etc/edge-ser/config.toml`.
        needed: Whether it still has to be done.
        act: Does it.
        otherwise: Why it is not needed, if it is not.
    """

    text: str
    needed: bool
    act: Callable[[], object]
    otherwise: str = DONE


def carry_out(steps: Iterable[Step], tell: Callable[[str], object], dry_run: bool = False) -> None:
    """Carry out the steps that are needed, or only report them.

    Args:
        steps: The steps, in order.
        tell: Called with a line of output before each step.
        dry_run: Whether to change nothing.

    Raises:
        NoRoom: the disk is full.
        NotPermitted: a file may not be written.
        StepFailed: something else failed; later steps were not started.
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
        return NoRoom(f"{what}; free some space and try again")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return NotPermitted(f"{what}; is it read-only, or another user's?")
    return StepFailed(f"{what}; fix that and try again")


def write_file(path: Path, text: str) -> None:
    """Write a file that everybody may read; an existing one keeps its mode and owner."""
    path.parent.mkdir(parents=True, exist_ok=True)
    output_file.replace(path, text.encode(), path.stat() if path.is_file() else None)


def write_link(path: Path, target: Path) -> None:
    """Make a symbolic link, replacing what is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    beside.replace(path)


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder, if it exists."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def link_target(path: Path) -> Path | None:
    """Return the target of a symbolic link, or ``None`` if it is not one."""
    return path.readlink() if path.is_symlink() else None
