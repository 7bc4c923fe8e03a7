"""Installing the service: what there should be, what there is, and the steps from one to the other."""

from __future__ import annotations

import grp
import json
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

# All of it is imported before the virtual environment, from which it may come, is replaced.
from edge_ser import resources
from edge_ser.configuration import example
from edge_ser.errors import InvalidSetting, NoSystemd
from edge_ser.service import package, paths, programs, system
from edge_ser.service.package import Source
from edge_ser.service.steps import Step, carry_out, link_target, write_file, write_link
from edge_ser.service.system import Python, Target

WANTED_BY: Final = Path("/etc/systemd/system/multi-user.target.wants") / paths.UNIT
"""Link that starts the service with the machine, as the unit's WantedBy= has it."""

EXTRAS: Final = {"mqtt-local": "mqtt", "mqtt-lan": "mqtt", "metrics": "metrics", "dashboard": "dashboard"}
"""Optional part of the package that a drop-in is for."""

SCRIPT: Final = paths.VENV / "bin/edge-ser"


@dataclass(frozen=True)
class Options:
    """What the command line asks for."""

    source: str | None = None
    """A checkout, a wheel or a requirement; ``None`` for where the running package came from."""
    device: str | None = None
    """Microphone that a new configuration names."""
    drop_ins: tuple[str, ...] = ()
    """Names of files in `systemd/drop-ins`, without their ending."""


@dataclass(frozen=True)
class Wanted:
    """What there should be."""

    source: Source | None
    """What the virtual environment is made of; ``None`` to leave it as it is."""
    python: Python
    units: Mapping[Path, str]
    """Text of the unit and of its drop-ins."""
    configuration: str
    """Text of the configuration, if there is none yet."""
    device: str | None = None
    """Microphone that was asked for."""


@dataclass(frozen=True)
class Found:
    """What there is."""

    package_current: bool = False
    """Whether the virtual environment is what it would become."""
    units: Mapping[Path, str] = field(default_factory=dict)
    """Text of those of the wanted units that are there."""
    has_configuration: bool = False
    command: Path | None = None
    """What stands where the link to the command should: where a link leads, or the path itself."""
    enabled: bool = False
    active: bool = False
    reload_due: bool = False
    """Whether systemd knows that it has not read the units' last change."""
    outdated: bool = False
    """Whether the service was started before the last change of its files."""


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
    if source is not None:
        names = {*_installed_drop_ins(target, resources.folder("systemd")), *options.drop_ins}
        source = package.with_extras(source, (EXTRAS[name] for name in names if name in EXTRAS))
    if not dry_run:
        system.require_may_change(target, command)
    if target.live:
        _require_groups(options)
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
    folder = folder or resources.folder("systemd")
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


def _require_groups(options: Options) -> None:
    """A service whose group does not exist cannot be started."""
    for name in options.drop_ins:
        text = (resources.folder("systemd") / "drop-ins" / f"{name}.conf").read_text(encoding="utf-8")
        for group in re.findall(r"^Group=(\S+)", text, re.MULTILINE):
            try:
                grp.getgrnam(group)
            except KeyError:
                raise InvalidSetting(
                    f"--with {name}: needs the group {group}, which does not exist; make it with: "
                    f"sudo groupadd --system {group}"
                ) from None


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
    folder = (package.shipped_files(venv) if current else None) or resources.folder("systemd")
    there = _installed_drop_ins(target, folder)
    files = {paths.UNIT_FILE: folder / paths.UNIT}
    files |= {_drop_in(name): folder / "drop-ins" / f"{name}.conf" for name in sorted(there | set(options.drop_ins))}
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
    state = _state() if target.live else {}
    started = int(state.get("ExecMainStartTimestampMonotonic") or 0) / 1e6 + time.time() - time.monotonic()
    changes = [package.changed_at(venv), *(file.stat().st_mtime for file in units.values())]
    return Found(
        package_current=package.is_current(venv, wanted.source, wanted.python),
        units={path: file.read_text(encoding="utf-8", errors="replace") for path, file in units.items()},
        has_configuration=os.path.lexists(target.at(paths.CONFIGURATION)),
        command=link_target(link) or (link if link.exists() else None),
        enabled=target.at(WANTED_BY).is_symlink(),
        active=state.get("ActiveState") in ("active", "reloading"),
        reload_due=state.get("NeedDaemonReload") == "yes",
        outdated=started < max(changes),
    )


def _state() -> dict[str, str]:
    try:
        return programs.properties(paths.UNIT, "ActiveState", "NeedDaemonReload", "ExecMainStartTimestampMonotonic")
    except NoSystemd:  # a dry run needs none
        return {}


def plan(target: Target, wanted: Wanted, found: Found) -> list[Step]:
    """Return the steps from what there is to what there should be; the first makes the virtual environment.

    Args:
        target: Where they are taken.
        wanted: What there should be.
        found: What there is.
    """
    units = [
        Step(f"write {path}", found.units.get(path) != text, partial(write_file, target.at(path), text))
        for path, text in wanted.units.items()
    ]
    files = [_package_step(target, wanted, found), *units, _configuration_step(target, wanted, found)]
    steps = [*files, _command_step(target, found)]
    if not target.live:
        link = partial(write_link, target.at(WANTED_BY), paths.UNIT_FILE)
        return [*steps, Step("start the service with the machine", not found.enabled, link)]
    reload_ = partial(programs.systemctl, "daemon-reload")
    steps.append(Step("let systemd read it", found.reload_due or any(step.needed for step in units), reload_))
    enable = partial(programs.systemctl, "enable", paths.UNIT)
    steps.append(Step("start the service with the machine", not found.enabled, enable))
    due = found.outdated or not found.active or any(step.needed for step in files)
    restart = partial(programs.systemctl, "restart", paths.UNIT, explain=_explain_start)
    text = "start the service anew" if found.active else "start the service"
    steps.append(Step(text, due, restart))
    return steps


def _package_step(target: Target, wanted: Wanted, found: Found) -> Step:
    if wanted.source is None:
        kept = "stays as it is; to install something else there: --from PATH"
        return Step(f"install into {paths.VENV}", False, lambda: None, kept)
    text = (
        f"install {wanted.source.requirement} into {target.at(paths.VENV)}, with {wanted.python.executable}, Python "
        f"{wanted.python.release} (a few minutes on a Pi) ..."
    )
    make = partial(package.make, target.at(paths.VENV), wanted.source, wanted.python)
    return Step(text, not found.package_current, make)


def _configuration_step(target: Target, wanted: Wanted, found: Found) -> Step:
    kept = "is there and stays as it is"
    if wanted.device is not None:
        kept += f"; to have {wanted.device!r}, set microphone.device in it"
    write = partial(write_file, target.at(paths.CONFIGURATION), wanted.configuration)
    return Step(f"write {paths.CONFIGURATION}", not found.has_configuration, write, kept)


def _command_step(target: Target, found: Found) -> Step:
    foreign = f"something else is there and stays; call {SCRIPT} instead"
    return Step(
        f"link {paths.COMMAND} to {SCRIPT}",
        found.command is None,
        partial(write_link, target.at(paths.COMMAND), SCRIPT),
        "already as it should be" if found.command == SCRIPT else foreign,
    )


def _explain_start(output: str) -> str:
    return f"{programs.last_words(output)}; why: edge-ser service logs -n 20"
