"""Installing the service: finding out what there should be and what there is, and taking the steps between them."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# All of it is imported before the virtual environment, from which it may come, is replaced.
from edge_ser import paths
from edge_ser.errors import InvalidSetting, NoSystemd
from edge_ser.listening.configuration import example
from edge_ser.service import groups, package, programs, system
from edge_ser.service.package import Source
from edge_ser.service.plan import Found, UnitState, Wanted, files_of, plan, wanted_by
from edge_ser.service.steps import Step, carry_out, link_target
from edge_ser.service.system import Python, Target

EXTRAS: Final = {"mqtt-local": "mqtt", "mqtt-lan": "mqtt", "metrics": "metrics", "dashboard": "dashboard"}
"""Optional part of the package that a drop-in is for."""

_DASHBOARD: Final = "dashboard"
"""Drop-in with which the unit of the live page comes too, and the group that both are in."""


@dataclass(frozen=True)
class Options:
    """What the command line asks for."""

    source: str | None = None
    """A checkout, a wheel or a requirement; ``None`` for where the running package came from."""
    device: str | None = None
    """Microphone that a new configuration names."""
    drop_ins: tuple[str, ...] = ()
    """Names of files in `systemd/drop-ins`, without their ending."""


def install(target: Target, options: Options, tell: Callable[[str], object], command: str, dry_run: bool) -> bool:
    """Install the service, or only say how.

    Args:
        target: Where to.
        options: What is asked for.
        tell: Takes lines for people.
        command: The command line, for messages.
        dry_run: Whether nothing is changed; works without root and without systemd.

    Returns:
        Whether something was to be done.

    Raises:
        EdgeSerError: it cannot be done, or a step failed; what was there goes on running.
    """
    os.umask(0o022)  # whatever root's own is, the service's account has to read all of it
    check_names(options)
    machine = system.look(target)
    system.require_fit(machine)
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
        wanted = want(target, options, source, machine.python)
        return plan(target, wanted, look(target, wanted))

    first, *rest = planned = steps()
    if dry_run:
        carry_out(planned, tell, dry_run=True)
    else:
        carry_out([first], tell)
        # The units come from the package that is now there, which need not be the one that runs this.
        carry_out(steps()[1:] if first.needed else rest, tell)
    return any(step.needed for step in planned)


def drop_in_names(folder: Path | None = None) -> tuple[str, ...]:
    """Return the names of the drop-ins that the package ships."""
    folder = folder or paths.resource_folder("systemd")
    return tuple(sorted(path.stem for path in (folder / "drop-ins").glob("*.conf")))


def check_names(options: Options) -> None:
    """Raise an error if an option names something that cannot be.

    Raises:
        InvalidSetting: it does; the message says what is allowed.
    """
    for name in options.drop_ins:
        if name not in drop_in_names():
            raise InvalidSetting(f"--with {name}: allowed are {', '.join(drop_in_names())}")
    if options.device is not None and (not options.device.strip() or not options.device.isprintable()):
        raise InvalidSetting(f"--device {options.device!r}: allowed is a name as `edge-ser devices` lists it")


def with_device(configuration: str, device: str | None) -> str:
    """Return the text of a configuration that names a microphone."""
    if device is None:
        return configuration
    line = f"device = {json.dumps(device, ensure_ascii=False)}"
    return re.sub(r"^# device = .*$", lambda _: line, configuration, count=1, flags=re.MULTILINE)


def want(target: Target, options: Options, source: Source | None, python: Python) -> Wanted:
    """Return what there should be; drop-ins of ours that are there already are kept up to date."""
    venv = target.at(paths.VENV)
    current = package.is_current(venv, source, python)
    folder = (package.shipped_files(venv) if current else None) or paths.resource_folder("systemd")
    names = sorted(_installed_drop_ins(target, folder) | set(options.drop_ins))
    files = {paths.UNIT_FILE: folder / paths.UNIT}
    files |= {_drop_in(name): folder / "drop-ins" / f"{name}.conf" for name in names}
    if _DASHBOARD in names:
        files[paths.DASHBOARD_UNIT_FILE] = folder / paths.DASHBOARD_UNIT
    return Wanted(
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


def look(target: Target, wanted: Wanted) -> Found:
    """Return what there is."""
    venv, link = target.at(paths.VENV), target.at(paths.COMMAND)
    units = {path: target.at(path) for path in wanted.units if target.at(path).is_file()}
    return Found(
        package_current=package.is_current(venv, wanted.source, wanted.python),
        units={path: file.read_text(encoding="utf-8", errors="replace") for path, file in units.items()},
        has_configuration=os.path.lexists(target.at(paths.CONFIGURATION)),
        command=link_target(link) or (link if link.exists() else None),
        has_group=groups.exists(target, paths.READERS),
        states={
            unit: _look_at(target, unit, [units[path] for path in files_of(unit, wanted.units) if path in units])
            for unit in wanted.services
        },
    )


def _look_at(target: Target, unit: str, files: Iterable[Path]) -> UnitState:
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
    except NoSystemd:  # a dry run needs none
        return {}
