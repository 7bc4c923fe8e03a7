"""Taking the service away again: all of it but the owner's configuration, and with `purge` that as well."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from edge_ser import paths
from edge_ser.service import groups, package, programs, system
from edge_ser.service.plan import SCRIPT, TITLES, wanted_by
from edge_ser.service.steps import Step, carry_out, link_target, remove
from edge_ser.service.system import Target

_PRIVATE_STATE: Final = Path("/var/lib/private") / paths.STATE.name
"""Where systemd keeps the state of a service with DynamicUser=; the usual place is a link to it."""

_UNITS: Final = tuple(
    path for unit in TITLES for path in (wanted_by(unit), paths.UNITS / f"{unit}.d", paths.UNITS / unit)
)


def uninstall(target: Target, purge: bool, tell: Callable[[str], object], command: str, dry_run: bool) -> bool:
    """Remove the service, or only say how.

    Args:
        target: Where from.
        purge: Whether the configuration goes as well.
        tell: Takes lines for people.
        command: The command line, for messages.
        dry_run: Whether nothing is changed; works without root and without systemd.

    Returns:
        Whether something was to be done.

    Raises:
        EdgeSerError: it cannot be done, or a step failed.
    """
    if not dry_run:
        system.require_may_change(target, command)
    there = [path for path in _places(purge) if os.path.lexists(target.at(path))]
    steps = plan(target, there, groups.exists(target, paths.READERS))
    carry_out(steps, tell, dry_run)
    return any(step.needed for step in steps)


def _places(purge: bool) -> list[Path]:
    # The virtual environment is last: this may be running from it, and nothing can be imported once it is gone.
    configuration = [paths.CONFIGURATION.parent] if purge else []
    return [
        *_UNITS,
        paths.COMMAND,
        paths.STATE,
        _PRIVATE_STATE,
        *configuration,
        *package.beside(paths.VENV),
        paths.VENV,
    ]


def plan(target: Target, there: list[Path], has_group: bool) -> list[Step]:
    """Return the steps that remove what is there.

    Args:
        target: Where from.
        there: Those of our places where something is.
        has_group: Whether there is a group of readers.
    """
    units = [path for path in there if path in _UNITS]
    steps: list[Step] = []
    for unit, title in TITLES.items():
        if target.live and paths.UNITS / unit in there:
            stop = partial(programs.systemctl, "disable", "--now", unit)
            steps.append(Step(f"stop {title}", True, stop))
    steps += [Step(f"remove {path}", True, partial(remove, target.at(path))) for path in units]
    if target.live and units:
        steps.append(Step("let systemd forget it", True, partial(programs.systemctl, "daemon-reload")))
    for path in there:
        ours = path != paths.COMMAND or link_target(target.at(path)) == SCRIPT
        if path not in units:
            remove_ = partial(remove, target.at(path))
            steps.append(Step(f"remove {path}", ours, remove_, "is something else and stays"))
    if has_group:  # last: if it is somebody's main group it cannot be removed, and then nothing else is left
        steps.append(Step(f"remove the group {paths.READERS}", True, partial(groups.delete, target, paths.READERS)))
    return steps
