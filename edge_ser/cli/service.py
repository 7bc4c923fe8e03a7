"""``edge-ser service``: installing, removing and watching the systemd service."""

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
"""As systemctl has it."""

_dry_run = click.option("--dry-run", is_flag=True, help="Show every step, and change nothing; needs no root.")
_root = click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False, exists=True, resolve_path=True),
    metavar="DIR",
    help="Below a folder, an image's for example, instead of on this machine; starts and stops nothing.",
)


@click.group(name="service")
def command() -> None:
    """Install, remove and watch the systemd service, which listens from the start of the machine on.

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
    help="A checkout, a wheel or a requirement such as edge-ser==0.1.0; else where this command came from.",
)
@click.option("--device", metavar="NAME", help="Microphone, if there is no configuration yet (`edge-ser devices`).")
@click.option(
    "--with",
    "drop_ins",
    multiple=True,
    metavar="NAME",
    help="Allow the service more: mqtt-local, mqtt-lan, history, metrics, or dashboard, which is the live page as a "
    "service of its own; may be repeated.",
)
@_dry_run
@_root
def install(
    source: str | None, device: str | None, drop_ins: tuple[str, ...], dry_run: bool, root: Path | None
) -> None:
    """Install the service and start it, or bring it up to date.

    It gets a Python environment of its own in /opt/edge-ser, a unit, and its settings in
    /etc/edge-ser/config.toml, which are never overwritten. Once more, it changes only what is not as it should be.

    \b
    Examples:
      edge-ser service install --dry-run
      sudo edge-ser service install --device "USB PnP"
      sudo edge-ser service install --with mqtt-lan --with dashboard
      sudo edge-ser service install --from edge_ser-0.2.0-py3-none-any.whl
    """
    sys.dont_write_bytecode = True  # root must not leave its files in the checkout of a user
    from edge_ser import paths
    from edge_ser.service import install
    from edge_ser.service.install import Options

    target = _target(root)
    wanted = Options(source, device, drop_ins)
    changed = install.install(target, wanted, _tell, _command_line(), dry_run)
    if dry_run:
        _tell("nothing was changed: this was a dry run")
    elif not changed:
        _tell("everything is as it should be: nothing was changed")
    elif target.live:
        _tell(f"\nedge-ser runs, and from now on whenever this machine does. {paths.CONFIGURATION} has its settings.")
        _tell("  edge-ser service status        how it is")
        _tell("  edge-ser service logs -f       what it hears")
        _tell("  sudo systemctl reload edge-ser after a change of the settings")
        _tell("  sudo edge-ser mute             close the microphone")
        if "dashboard" in drop_ins:
            _tell("  http://127.0.0.1:8765/         the live page, on this machine")
    else:
        _tell(f"\nedge-ser is staged in {target.root}: it starts with the machine that boots from there.")


@command.command(name="uninstall")
@click.option("--purge", is_flag=True, help="The settings in /etc/edge-ser as well.")
@_dry_run
@_root
def uninstall(purge: bool, dry_run: bool, root: Path | None) -> None:
    """Stop the service and remove all of it but its settings.

    \b
    Examples:
      sudo edge-ser service uninstall
      sudo edge-ser service uninstall --purge     # its settings too
    """
    sys.dont_write_bytecode = True  # root must not leave its files in the checkout of a user
    from edge_ser import paths
    from edge_ser.service import uninstall

    target = _target(root)
    kept = not purge and target.at(paths.CONFIGURATION).exists()
    changed = uninstall.uninstall(target, purge, _tell, _command_line(), dry_run)
    if dry_run:
        _tell("nothing was changed: this was a dry run")
    else:
        stays = f"; {paths.CONFIGURATION} stays (--purge removes it)" if kept else ""
        _tell(("edge-ser is removed" if changed else "nothing is installed: nothing was changed") + stays)


@command.command(name="status")
@options.format_of("text", "json")
def status(format_: str) -> int:
    """Say how the service is: what it listens to, since when, whether it is muted, restarts, cost.

    Exit status 0 if it runs, 3 if not, 65 if it is not installed.

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
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes.")
@click.option("-n", "--lines", type=click.IntRange(min=1), metavar="N", help="Only the last N lines.")
@click.option("--since", metavar="TIME", help='Only from then on, such as "-1h", "today" or "2026-11-24 17:00".')
def logs(follow: bool, lines: int | None, since: str | None) -> None:
    """Show what the service wrote into the journal.

    \b
    Examples:
      edge-ser service logs -f
      edge-ser service logs -n 20
      edge-ser service logs --since -1h
    """
    import shutil
    import signal

    from edge_ser import paths
    from edge_ser.errors import NoSystemd
    from edge_ser.service import status

    if shutil.which("journalctl") is None:
        raise NoSystemd("there is no journalctl here, so no journal either; it comes with systemd")
    status.require_readable_journal()
    arguments = ["journalctl", f"--unit={paths.UNIT}", "--output=short"]
    arguments += ["--follow"] if follow else []
    arguments += [] if lines is None else [f"--lines={lines}"]
    arguments += [] if since is None else [f"--since={since}"]
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it; journalctl is to end with its reader
    os.execvp(arguments[0], arguments)


def _target(root: Path | None) -> Target:
    from edge_ser.service.system import Target

    return Target() if root is None else Target(root, live=False)


def _tell(line: str) -> None:
    from edge_ser.errors import OutputClosed, OutputFailed

    # Nobody there to read it is no reason to leave an installation half done.
    with contextlib.suppress(OutputClosed, OutputFailed):
        standard_output.write(line + "\n")


def _command_line() -> str:
    """Return how this was called, with a path that also sudo finds."""
    program = Path(sys.argv[0]).resolve()
    words = [sys.executable, "-m", "edge_ser"] if program.name == "__main__.py" else [str(program)]
    return shlex.join([*words, *sys.argv[1:]])
