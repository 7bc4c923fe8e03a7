"""The steps from what there is of the service to what there should be; data in, data out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from edge_ser import paths
from edge_ser.service import groups, package, programs
from edge_ser.service.package import Source
from edge_ser.service.steps import Step, write_file, write_link
from edge_ser.service.system import Python, Target

SCRIPT: Final = paths.VENV / "bin/edge-ser"

TITLES: Final = {paths.UNIT: "the service", paths.DASHBOARD_UNIT: "the dashboard"}
"""Our units and what people call them, in the order in which they are started."""


@dataclass(frozen=True)
class Wanted:
    """What there should be."""

    source: Source | None
    """What the virtual environment is made of; ``None`` to leave it as it is."""
    python: Python
    units: Mapping[Path, str]
    """Text of the units and of their drop-ins."""
    configuration: str
    """Text of the configuration, if there is none yet."""
    device: str | None = None
    """Microphone that was asked for."""

    @property
    def services(self) -> list[str]:
        """Names of the units, in the order in which they are started."""
        return [unit for unit in TITLES if paths.UNITS / unit in self.units]


@dataclass(frozen=True)
class UnitState:
    """How a unit is."""

    enabled: bool = False
    active: bool = False
    reload_due: bool = False
    """Whether systemd knows that it has not read the unit's last change."""
    outdated: bool = False
    """Whether it was started before the last change of its files."""


@dataclass(frozen=True)
class Found:
    """What there is."""

    package_current: bool = False
    """Whether the virtual environment is what it would become."""
    units: Mapping[Path, str] = field(default_factory=dict)
    """Text of those of the wanted units and drop-ins that are there."""
    has_configuration: bool = False
    command: Path | None = None
    """What stands where the link to the command should: where a link leads, or the path itself."""
    has_group: bool = False
    """Whether there is a group of readers."""
    states: Mapping[str, UnitState] = field(default_factory=dict)
    """How the wanted units are, by their names."""


def wanted_by(unit: str) -> Path:
    """Return the link that starts a unit with the machine, as its WantedBy= has it."""
    return paths.UNITS / "multi-user.target.wants" / unit


def files_of(unit: str, units: Mapping[Path, str]) -> list[Path]:
    """Return a unit's own files among others: itself and its drop-ins."""
    return [path for path in units if path == paths.UNITS / unit or path.parent == paths.UNITS / f"{unit}.d"]


def plan(target: Target, wanted: Wanted, found: Found) -> list[Step]:
    """Return the steps from what there is to what there should be; the first makes the virtual environment.

    Args:
        target: Where they are taken.
        wanted: What there should be.
        found: What there is.
    """
    steps = [
        _package_step(target, wanted, found),
        *(_unit_step(target, path, text, found) for path, text in wanted.units.items()),
        _configuration_step(target, wanted, found),
        _command_step(target, found),
    ]
    if paths.DASHBOARD_UNIT in wanted.services:
        add = partial(groups.add, target, paths.READERS)
        steps.append(Step(f"make the group {paths.READERS}", not found.has_group, add))
    if not target.live:
        return [*steps, *(_link_step(target, unit, found) for unit in wanted.services)]
    changed = any(_differs(path, wanted, found) for path in wanted.units)
    due = changed or any(state.reload_due for state in found.states.values())
    steps.append(Step("let systemd read it", due, partial(programs.systemctl, "daemon-reload")))
    for unit in wanted.services:
        steps += _start_steps(unit, wanted, found)
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


def _unit_step(target: Target, path: Path, text: str, found: Found) -> Step:
    return Step(f"write {path}", found.units.get(path) != text, partial(write_file, target.at(path), text))


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


def _link_step(target: Target, unit: str, found: Found) -> Step:
    link = partial(write_link, target.at(wanted_by(unit)), paths.UNITS / unit)
    return Step(f"start {TITLES[unit]} with the machine", not _state(unit, found).enabled, link)


def _start_steps(unit: str, wanted: Wanted, found: Found) -> list[Step]:
    state, title = _state(unit, found), TITLES[unit]
    enable = partial(programs.systemctl, "enable", unit)
    restart = partial(programs.systemctl, "restart", unit, explain=partial(_explain_start, unit))
    due = state.outdated or not state.active
    due |= any(_differs(path, wanted, found) for path in files_of(unit, wanted.units))
    due |= wanted.source is not None and not found.package_current
    due |= unit == paths.UNIT and not found.has_configuration
    return [
        Step(f"start {title} with the machine", not state.enabled, enable),
        Step(f"start {title} anew" if state.active else f"start {title}", due, restart),
    ]


def _state(unit: str, found: Found) -> UnitState:
    return found.states.get(unit, UnitState())


def _differs(path: Path, wanted: Wanted, found: Found) -> bool:
    return found.units.get(path) != wanted.units[path]


def _explain_start(unit: str, output: str) -> str:
    logs = "edge-ser service logs -n 20" if unit == paths.UNIT else f"journalctl --unit {unit} -n 20"
    return f"{programs.last_words(output)}; why: {logs}"
