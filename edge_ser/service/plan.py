"""The steps from what is installed of the service to what should be installed; data in, data out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from edge_ser import paths
from edge_ser.service import groups, package, programs
from edge_ser.service.package import PackageSource
from edge_ser.service.steps import DONE, Step, write_file, write_link
from edge_ser.service.system import Python, Target

SCRIPT: Final = paths.VENV / "bin/edge-ser"

TITLES: Final = {paths.UNIT: "the service", paths.DASHBOARD_UNIT: "the dashboard"}
"""Our units and their names in messages, in the order in which they are started."""


@dataclass(frozen=True)
class Desired:
    """What should be installed."""

    source: PackageSource | None
    """Where the package for the virtual environment comes from; ``None`` to leave the environment as it is."""
    python: Python
    units: Mapping[Path, str]
    """Contents of the units and their drop-ins, by path."""
    configuration: str
    """Contents of the configuration file, if there is none yet."""
    device: str | None = None
    """Microphone that was requested."""

    @property
    def services(self) -> list[str]:
        """Names of the units, in the order in which they are started."""
        return [unit for unit in TITLES if paths.UNITS / unit in self.units]


@dataclass(frozen=True)
class UnitState:
    """The state of a unit."""

    enabled: bool = False
    active: bool = False
    reload_due: bool = False
    """Whether systemd says that the unit has changed since it was loaded."""
    outdated: bool = False
    """Whether its files have changed since it was started."""


@dataclass(frozen=True)
class Installed:
    """What is installed."""

    package_current: bool = False
    """Whether the virtual environment is up to date."""
    units: Mapping[Path, str] = field(default_factory=dict)
    """Contents of the units and drop-ins that exist, by path."""
    has_configuration: bool = False
    command: Path | None = None
    """What is in the place of the link to the command: the target of a link, else the path itself."""
    has_group: bool = False
    """Whether the group of readers exists."""
    states: Mapping[str, UnitState] = field(default_factory=dict)
    """States of the desired units, by name."""


def wanted_by(unit: str) -> Path:
    """Return the link that starts a unit at boot, as its WantedBy= says."""
    return paths.UNITS / "multi-user.target.wants" / unit


def files_of(unit: str, units: Mapping[Path, str]) -> list[Path]:
    """Return the files of one unit: the unit itself and its drop-ins."""
    return [path for path in units if path == paths.UNITS / unit or path.parent == paths.UNITS / f"{unit}.d"]


def plan(target: Target, desired: Desired, installed: Installed) -> list[Step]:
    """Return the steps from what is installed to what should be; the first makes the virtual environment.

    Args:
        target: The system they change.
        desired: What should be installed.
        installed: What is installed.
    """
    steps = [
        _package_step(target, desired, installed),
        *(_unit_step(target, path, text, installed) for path, text in desired.units.items()),
        _configuration_step(target, desired, installed),
        _command_step(target, installed),
    ]
    if paths.DASHBOARD_UNIT in desired.services:
        add = partial(groups.add, target, paths.READERS)
        steps.append(Step(f"create the group {paths.READERS}", not installed.has_group, add))
    if not target.live:
        return [*steps, *(_link_step(target, unit, installed) for unit in desired.services)]
    changed = any(_differs(path, desired, installed) for path in desired.units)
    due = changed or any(state.reload_due for state in installed.states.values())
    steps.append(Step("reload systemd", due, partial(programs.systemctl, "daemon-reload")))
    for unit in desired.services:
        steps += _start_steps(unit, desired, installed)
    return steps


def _package_step(target: Target, desired: Desired, installed: Installed) -> Step:
    if desired.source is None:
        kept = "unchanged; to install something else there, use --from PATH"
        return Step(f"install into {paths.VENV}", False, lambda: None, kept)
    text = (
        f"install {desired.source.requirement} into {target.at(paths.VENV)}, with {desired.python.executable}, Python "
        f"{desired.python.release} (a few minutes on a Pi) ..."
    )
    make = partial(package.make, target.at(paths.VENV), desired.source, desired.python)
    return Step(text, not installed.package_current, make)


def _unit_step(target: Target, path: Path, text: str, installed: Installed) -> Step:
    return Step(f"write {path}", installed.units.get(path) != text, partial(write_file, target.at(path), text))


def _configuration_step(target: Target, desired: Desired, installed: Installed) -> Step:
    kept = "exists and is kept"
    if desired.device is not None:
        kept += f"; to use {desired.device!r}, set microphone.device in it"
    write = partial(write_file, target.at(paths.CONFIGURATION), desired.configuration)
    return Step(f"write {paths.CONFIGURATION}", not installed.has_configuration, write, kept)


def _command_step(target: Target, installed: Installed) -> Step:
    foreign = f"something else is there and is kept; call {SCRIPT} instead"
    return Step(
        f"link {paths.COMMAND} to {SCRIPT}",
        installed.command is None,
        partial(write_link, target.at(paths.COMMAND), SCRIPT),
        DONE if installed.command == SCRIPT else foreign,
    )


def _link_step(target: Target, unit: str, installed: Installed) -> Step:
    link = partial(write_link, target.at(wanted_by(unit)), paths.UNITS / unit)
    return Step(f"enable {TITLES[unit]} at boot", not _state(unit, installed).enabled, link)


def _start_steps(unit: str, desired: Desired, installed: Installed) -> list[Step]:
    state, title = _state(unit, installed), TITLES[unit]
    enable = partial(programs.systemctl, "enable", unit)
    restart = partial(programs.systemctl, "restart", unit, explain=partial(_explain_start, unit))
    due = state.outdated or not state.active
    due |= any(_differs(path, desired, installed) for path in files_of(unit, desired.units))
    due |= desired.source is not None and not installed.package_current
    due |= unit == paths.UNIT and not installed.has_configuration
    return [
        Step(f"enable {title} at boot", not state.enabled, enable),
        Step(f"restart {title}" if state.active else f"start {title}", due, restart),
    ]


def _state(unit: str, installed: Installed) -> UnitState:
    return installed.states.get(unit, UnitState())


def _differs(path: Path, desired: Desired, installed: Installed) -> bool:
    return installed.units.get(path) != desired.units[path]


def _explain_start(unit: str, output: str) -> str:
    logs = "edge-ser service logs -n 20" if unit == paths.UNIT else f"journalctl --unit {unit} -n 20"
    return f"{programs.last_words(output)}; why: {logs}"
