"""Taking the service away again: all of it but the owner's configuration, and with `purge` that as well."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from edge_ser.service import package, paths, programs, system
from edge_ser.service.install import SCRIPT, WANTED_BY
from edge_ser.service.steps import Step, carry_out, link_target, remove
from edge_ser.service.system import Target

_PRIVATE_STATE: Final = Path("/var/lib/private") / paths.STATE.name
"""Where systemd keeps the state of a service with DynamicUser=; the usual place is a link to it."""

_UNITS: Final = (WANTED_BY, paths.DROP_INS, paths.UNIT_FILE)


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
    steps = plan(target, [path for path in _places(purge) if os.path.lexists(target.at(path))])
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


def plan(target: Target, there: list[Path]) -> list[Step]:
    """Return the steps that remove what is there.

    Args:
        target: Where from.
        there: Those of our places where something is.
    """
    units = [path for path in there if path in _UNITS]
    steps: list[Step] = []
    if target.live and paths.UNIT_FILE in there:
        stop = partial(programs.systemctl, "disable", "--now", paths.UNIT)
        steps.append(Step("stop the service", True, stop))
    steps += [Step(f"remove {path}", True, partial(remove, target.at(path))) for path in units]
    if target.live and units:
        steps.append(Step("let systemd forget it", True, partial(programs.systemctl, "daemon-reload")))
    for path in there:
        ours = path != paths.COMMAND or link_target(target.at(path)) == SCRIPT
        if path not in units:
            remove_ = partial(remove, target.at(path))
            steps.append(Step(f"remove {path}", ours, remove_, "is something else and stays"))
    return steps
