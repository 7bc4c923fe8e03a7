"""Installing the service: what should be installed, what is installed, and the steps from one to the other."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# Import everything now: the virtual environment that it may come from is about to be replaced.
from edge_ser import paths
from edge_ser.errors import InvalidSetting, NoSystemd
from edge_ser.listening.configuration import example
from edge_ser.service import groups, package, programs, system
from edge_ser.service.package import PackageSource
from edge_ser.service.plan import Desired, Installed, UnitState, files_of, plan, wanted_by
from edge_ser.service.steps import Step, carry_out, link_target
from edge_ser.service.system import Python, Target

EXTRAS: Final = {"mqtt-local": "mqtt", "mqtt-lan": "mqtt", "metrics": "metrics", "dashboard": "dashboard"}
"""The extra of the package that a drop-in needs."""

_DASHBOARD: Final = "dashboard"
"""The drop-in that also brings the live page's unit, and the group that both units share."""


@dataclass(frozen=True)
class Options:
    """The options of the command."""

    source: str | None = None
    """A checkout, a wheel or a requirement; ``None`` for the origin of the running package."""
    device: str | None = None
    """Microphone to name in a new configuration."""
    drop_ins: tuple[str, ...] = ()
    """Names of files in `systemd/drop-ins`, without their suffix."""


def install(target: Target, options: Options, tell: Callable[[str], object], command: str, dry_run: bool) -> bool:
    """Install the service, or only report the steps.

    Args:
        target: The system to install to.
        options: The options of the command.
        tell: Called with each line of output.
        command: The command line, for messages.
        dry_run: Whether to change nothing, which needs neither root nor systemd.

    Returns:
        Whether there was anything to do.

    Raises:
        EdgeSerError: the system is not suitable, or a step failed; what was installed before keeps running.
    """
    os.umask(0o022)  # whatever root's is: the service's account must be able to read every file
    check_names(options)
    machine = system.inspect(target)
    system.require_suitable(machine)
    source = package.find_source(options.source, target.at(paths.VENV))
    names = {*_installed_drop_ins(target, paths.resource_folder("systemd")), *options.drop_ins}
    if source is not None:
        source = package.with_extras(source, (EXTRAS[name] for name in names if name in EXTRAS))
    if not dry_run:
        system.require_may_change(target, command)
    if _DASHBOARD in names:
        groups.require_file(target, f"--with {_DASHBOARD}")
    if not package.is_current(target.at(paths.VENV), source, machine.python):
        system.require_room(machine)

    def steps() -> list[Step]:
        desired = desire(target, options, source, machine.python)
        return plan(target, desired, inspect(target, desired))

    first, *rest = planned = steps()
    if dry_run:
        carry_out(planned, tell, dry_run=True)
    else:
        carry_out([first], tell)
        # The units come from the package just installed, which may not be the one that runs this.
        carry_out(steps()[1:] if first.needed else rest, tell)
    return any(step.needed for step in planned)


def drop_in_names(folder: Path | None = None) -> tuple[str, ...]:
    """Return the names of the drop-ins that the package ships."""
    folder = folder or paths.resource_folder("systemd")
    return tuple(sorted(path.stem for path in (folder / "drop-ins").glob("*.conf")))


def check_names(options: Options) -> None:
    """Check the names that the options give.

    Raises:
        InvalidSetting: a name is not valid; the message says what is allowed.
    """
    for name in options.drop_ins:
        if name not in drop_in_names():
            raise InvalidSetting(f"--with {name}: allowed are {', '.join(drop_in_names())}")
    if options.device is not None and (not options.device.strip() or not options.device.isprintable()):
        raise InvalidSetting(f"--device {options.device!r}: allowed is a name from the list of `edge-ser devices`")


def with_device(configuration: str, device: str | None) -> str:
    """Return the text of a configuration with a microphone set in it."""
    if device is None:
        return configuration
    line = f"device = {json.dumps(device, ensure_ascii=False)}"
    return re.sub(r"^# device = .*$", lambda _: line, configuration, count=1, flags=re.MULTILINE)


def desire(target: Target, options: Options, source: PackageSource | None, python: Python) -> Desired:
    """Return what should be installed; our drop-ins that are already installed are kept up to date."""
    venv = target.at(paths.VENV)
    current = package.is_current(venv, source, python)
    folder = (package.shipped_files(venv) if current else None) or paths.resource_folder("systemd")
    names = sorted(_installed_drop_ins(target, folder) | set(options.drop_ins))
    files = {paths.UNIT_FILE: folder / paths.UNIT}
    files |= {_drop_in(name): folder / "drop-ins" / f"{name}.conf" for name in names}
    if _DASHBOARD in names:
        files[paths.DASHBOARD_UNIT_FILE] = folder / paths.DASHBOARD_UNIT
    return Desired(
        source=source,
        python=python,
        units={path: file.read_text(encoding="utf-8") for path, file in files.items()},
        configuration=with_device(example(), options.device),
        device=options.device,
    )


def _installed_drop_ins(target: Target, folder: Path) -> set[str]:
    return {name for name in drop_in_names(folder) if target.at(_drop_in(name)).is_file()}


def _drop_in(name: str) -> Path:
    return paths.DROP_INS / f"{name}.conf"


def inspect(target: Target, desired: Desired) -> Installed:
    """Return what is installed."""
    venv, link = target.at(paths.VENV), target.at(paths.COMMAND)
    units = {path: target.at(path) for path in desired.units if target.at(path).is_file()}
    return Installed(
        package_current=package.is_current(venv, desired.source, desired.python),
        units={path: file.read_text(encoding="utf-8", errors="replace") for path, file in units.items()},
        has_configuration=os.path.lexists(target.at(paths.CONFIGURATION)),
        command=link_target(link) or (link if link.exists() else None),
        has_group=groups.exists(target, paths.READERS),
        states={
            unit: _unit_state(target, unit, [units[path] for path in files_of(unit, desired.units) if path in units])
            for unit in desired.services
        },
    )


def _unit_state(target: Target, unit: str, files: Iterable[Path]) -> UnitState:
    state = _properties(unit) if target.live else {}
    started = int(state.get("ExecMainStartTimestampMonotonic") or 0) / 1e6 + time.time() - time.monotonic()
    changes = [package.changed_at(target.at(paths.VENV)), *(file.stat().st_mtime for file in files)]
    return UnitState(
        enabled=target.at(wanted_by(unit)).is_symlink(),
        active=state.get("ActiveState") in ("active", "reloading"),
        reload_due=state.get("NeedDaemonReload") == "yes",
        outdated=started < max(changes),
    )


def _properties(unit: str) -> dict[str, str]:
    try:
        return programs.properties(unit, "ActiveState", "NeedDaemonReload", "ExecMainStartTimestampMonotonic")
    except NoSystemd:  # a dry run works without it
        return {}
