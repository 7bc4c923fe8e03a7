"""``edge-ser service``: installs, removes and inspects the systemd service."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from edge_ser.cli import options
from edge_ser.console import standard_output

if TYPE_CHECKING:
    from edge_ser.service.system import Target

_EXIT_NOT_RUNNING: Final = 3
"""The same as systemctl's."""

_dry_run = click.option("--dry-run", is_flag=True, help="Show every step, and change nothing; needs no root.")
_root = click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False, exists=True, resolve_path=True),
    metavar="DIR",
    help="Folder to use instead of this machine, such as that of an image; starts and stops nothing.",
)


@click.group(name="service")
def command() -> None:
    """Install, remove and inspect the systemd service, which listens from boot.

    \b
    Examples:
      sudo edge-ser service install
      edge-ser service status
      edge-ser service logs -f
      sudo edge-ser service uninstall
    """


@command.command(name="install")
@click.option(
    "--from",
    "source",
    metavar="WHAT",
    help="A checkout, a wheel or a requirement such as edge-ser==0.1.0.  [default: the origin of this command]",
)
@click.option(
    "--device",
    metavar="NAME",
    help="Microphone, as `edge-ser devices` lists it; used only if there is no configuration yet.",
)
@click.option(
    "--with",
    "drop_ins",
    multiple=True,
    metavar="NAME",
    help="Allow the service more: mqtt-local, mqtt-lan, history, metrics or dashboard (the live page, as a separate "
    "service); may be repeated.",
)
@_dry_run
@_root
def install(
    source: str | None, device: str | None, drop_ins: tuple[str, ...], dry_run: bool, root: Path | None
) -> None:
    """Install the service and start it, or update it.

    The service gets its own Python environment in /opt/edge-ser, a unit, and its settings in /etc/edge-ser/config.toml,
    which are never overwritten. A second run changes only what is not up to date.

    \b
    Examples:
      edge-ser service install --dry-run
      sudo edge-ser service install --device "USB PnP"
      sudo edge-ser service install --with mqtt-lan --with dashboard
      sudo edge-ser service install --from edge_ser-0.2.0-py3-none-any.whl
    """
    sys.dont_write_bytecode = True  # root must not leave files in a user's checkout
    from edge_ser import paths
    from edge_ser.service import install
    from edge_ser.service.install import Options

    target = _target(root)
    chosen = Options(source, device, drop_ins)
    changed = install.install(target, chosen, _tell, _command_line(), dry_run)
    if dry_run:
        _tell("nothing was changed: this was a dry run")
    elif not changed:
        _tell("everything is up to date: nothing was changed")
    elif target.live:
        _tell(f"\nedge-ser is running, and starts at every boot. Its settings are in {paths.CONFIGURATION}.")
        _tell("  edge-ser service status        its state")
        _tell("  edge-ser service logs -f       what it hears")
        _tell("  sudo systemctl reload edge-ser applies changed settings")
        _tell("  sudo edge-ser mute             closes the microphone")
        if "dashboard" in drop_ins:
            _tell("  http://127.0.0.1:8765/         the live page, on this machine")
    else:
        _tell(f"\nedge-ser is staged in {target.root}: it starts when a machine boots from there.")


@command.command(name="uninstall")
@click.option("--purge", is_flag=True, help="Remove the settings in /etc/edge-ser too.")
@_dry_run
@_root
def uninstall(purge: bool, dry_run: bool, root: Path | None) -> None:
    """Stop the service and remove everything, its history too, except its settings.

    \b
    Examples:
      sudo edge-ser service uninstall
      sudo edge-ser service uninstall --purge     # its settings too
    """
    sys.dont_write_bytecode = True  # root must not leave files in a user's checkout
    from edge_ser import paths
    from edge_ser.service import uninstall

    target = _target(root)
    kept = not purge and target.at(paths.CONFIGURATION).exists()
    changed = uninstall.uninstall(target, purge, _tell, _command_line(), dry_run)
    if dry_run:
        _tell("nothing was changed: this was a dry run")
    else:
        stays = f"; {paths.CONFIGURATION} is kept (--purge removes it)" if kept else ""
        _tell(("edge-ser was removed" if changed else "nothing is installed: nothing was changed") + stays)


@command.command(name="status")
@options.format_of("text", "json")
def status(format_: str) -> int:
    """Show the state of the service: what it listens to, mute, restarts, cost.

    The exit status is 0 if it is running, 3 if it is not, and 65 if it is not installed.

    \b
    Examples:
      edge-ser service status
      edge-ser service status --format json
    """
    from dataclasses import asdict
    from datetime import datetime

    from edge_ser.service import status

    found = status.read()
    if format_ == "json":
        standard_output.write(json.dumps(asdict(found), indent=2) + "\n")
    else:
        standard_output.write(status.describe(found, datetime.now().astimezone()))
    return 0 if found.active else _EXIT_NOT_RUNNING


@command.command(name="logs")
@click.option("-f", "--follow", is_flag=True, help="Wait for new lines.")
@click.option("-n", "--lines", type=click.IntRange(min=1), metavar="N", help="Only the last N lines.")
@click.option("--since", metavar="TIME", help='Only from this time on, such as "-1h", "today" or "2026-11-24 17:00".')
def logs(follow: bool, lines: int | None, since: str | None) -> None:
    """Show what the service wrote to the journal.

    \b
    Examples:
      edge-ser service logs -f
      edge-ser service logs -n 20
      edge-ser service logs --since -1h
    """
    import signal

    from edge_ser.service import journal

    words = journal.command(follow, lines, since)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it; journalctl must end with its reader
    os.execvp(words[0], words)


def _target(root: Path | None) -> Target:
    from edge_ser.service.system import Target

    return Target() if root is None else Target(root, live=False)


def _tell(line: str) -> None:
    from edge_ser.errors import OutputClosed, OutputFailed

    # An installation must not stop halfway because nobody reads its output.
    with contextlib.suppress(OutputClosed, OutputFailed):
        standard_output.write(line + "\n")


def _command_line() -> str:
    """Return the command line of this process, with a path that sudo finds too."""
    program = Path(sys.argv[0]).resolve()
    words = [sys.executable, "-m", "edge_ser"] if program.name == "__main__.py" else [str(program)]
    return shlex.join([*words, *sys.argv[1:]])
