"""``edge-ser doctor``: what is wrong with this installation, and how to fix it."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from edge_ser.cli import options
from edge_ser.console import standard_output

if TYPE_CHECKING:
    from edge_ser.doctor.result import Finding

EXIT_SOMETHING_WRONG: Final = 1

_COLOURS: Final = {"ok": "green", "warning": "yellow", "failed": "red", "skipped": "bright_black"}

_NAME_WIDTH: Final = 14
_STATE_WIDTH: Final = 8
"""Widths of the columns, characters: one more than the longest name and state."""


@click.command(name="doctor")
@click.option("--seconds", type=click.IntRange(1, 60), default=3, show_default=True,
              help="How long to listen to the microphone.")  # fmt: skip
@click.option("--device", metavar="NAME|INDEX", help="Microphone, as `edge-ser devices` lists it.")
@click.option("--config", type=click.Path(path_type=Path, readable=False), metavar="FILE",
              help="Configuration file.  [default: the service's, if there is one]")  # fmt: skip
@options.format_of("text", "json")
@click.option("--meter/--no-meter", default=True,
              help="Whether to listen to the microphone, and show its level in a terminal.")  # fmt: skip
def command(seconds: int, device: str | None, config: Path | None, format_: str, meter: bool) -> int:
    """Find out what is wrong, and how to fix it.

    It checks Python, the model, the sound system, the microphone, the service and, on a Raspberry Pi, its
    temperature and power. It changes nothing, and keeps nothing of what it hears. The exit status is 1 if a
    check failed, and 0 otherwise, even with warnings.

    \b
    Examples:
      edge-ser doctor
      edge-ser doctor --seconds 10 --device "USB PnP"
      edge-ser doctor --no-meter --format json
    """
    from edge_ser.doctor.checks import Scope, examine

    show = _show if meter and sys.stderr is not None and sys.stderr.isatty() else None
    findings = []
    for name, finding in examine(Scope(device, config, seconds if meter else None), show=show):
        findings.append((name, finding))
        if show is not None and name == "level":
            _show("")
        if format_ == "text":
            standard_output.write(_text(name, finding))
    states = [finding.state.value for _, finding in findings]
    if format_ == "json":
        rows = [
            {"check": name, "state": finding.state.value, "found": finding.found, "fix": finding.fix}
            for name, finding in findings
        ]
        standard_output.write(json.dumps(rows, indent=2) + "\n")
    else:
        standard_output.write(", ".join(f"{states.count(state)} {state}" for state in _COLOURS) + "\n")
    return EXIT_SOMETHING_WRONG if "failed" in states else 0


def _text(name: str, finding: Finding) -> str:
    """Return the line of a check, and its fix on a line below."""
    state = finding.state.value
    mark = f"{state:<{_STATE_WIDTH}}"
    if sys.stdout is not None and sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        mark = click.style(mark, fg=_COLOURS[state])
    text = f"{mark} {name:<{_NAME_WIDTH}}{' '.join(finding.found.split())}\n"
    return text if finding.fix is None else f"{text}{' ' * (_STATE_WIDTH + 1 + _NAME_WIDTH)}-> {finding.fix}\n"


def _show(line: str) -> None:
    """Show a line in the terminal, replacing the one before."""
    with suppress(OSError, ValueError):
        sys.stderr.write(f"\r{line}\x1b[K")
        sys.stderr.flush()
