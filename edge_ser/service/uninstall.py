"""Removing the service: everything except its settings, and with `purge` those too."""

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
"""Where systemd keeps the state of a service with DynamicUser=; the usual path is a link to it."""

_UNITS: Final = tuple(
    path for unit in TITLES for path in (wanted_by(unit), paths.UNITS / f"{unit}.d", paths.UNITS / unit)
)


def uninstall(target: Target, purge: bool, tell: Callable[[str], object], command: str, dry_run: bool) -> bool:
    """Remove the service, or only report the steps.

    Args:
        target: The system to remove it from.
        purge: Whether to remove the settings too.
        tell: Called with each line of output.
        command: The command line, for messages.
        dry_run: Whether to change nothing, which needs neither root nor systemd.

    Returns:
        Whether there was anything to do.

    Raises:
        EdgeSerError: this process may not do it, or a step failed.
    """
    if not dry_run:
        system.require_may_change(target, command)
    existing = [path for path in _places(purge) if os.path.lexists(target.at(path))]
    steps = plan(target, existing, groups.exists(target, paths.READERS))
    carry_out(steps, tell, dry_run)
    return any(step.needed for step in steps)


def _places(purge: bool) -> list[Path]:
    # The virtual environment comes last: this may run from it, and nothing can be imported once it is gone.
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


def plan(target: Target, existing: list[Path], has_group: bool) -> list[Step]:
    """Return the steps that remove what is installed.

    Args:
        target: The system to remove it from.
        existing: Those of our paths that exist.
        has_group: Whether the group of readers exists.
    """
    units = [path for path in existing if path in _UNITS]
    steps: list[Step] = []
    for unit, title in TITLES.items():
        if target.live and paths.UNITS / unit in existing:
            stop = partial(programs.systemctl, "disable", "--now", unit)
            steps.append(Step(f"stop {title}", True, stop))
    steps += [Step(f"remove {path}", True, partial(remove, target.at(path))) for path in units]
    if target.live and units:
        steps.append(Step("reload systemd", True, partial(programs.systemctl, "daemon-reload")))
    for path in existing:
        ours = path != paths.COMMAND or link_target(target.at(path)) == SCRIPT
        if path not in units:
            remove_ = partial(remove, target.at(path))
            steps.append(Step(f"remove {path}", ours, remove_, "is something else and is kept"))
    if has_group:  # last: the main group of a user cannot be removed, and then only this step fails
        steps.append(Step(f"remove the group {paths.READERS}", True, partial(groups.delete, target, paths.READERS)))
    return steps
