"""``edge-ser firmware``: configures a Raspberry Pi's firmware for an I2S or PDM microphone."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge_ser.cli import options
from edge_ser.console import standard_error, standard_output

if TYPE_CHECKING:
    from edge_ser.firmware.block import Profile

_root = click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path("/"),
    metavar="DIR",
    help="Folder of a staged image, instead of this machine.",
)
_dry_run = click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")


@click.group(name="firmware")
def command() -> None:
    """Set up a Raspberry Pi for an I2S or PDM microphone; a USB microphone needs none of this.

    This adds one marked block to /boot/firmware/config.txt, and leaves the rest of it unchanged.

    \b
    Examples:
      edge-ser firmware show                      lists the microphones
      edge-ser firmware show inmp441              shows the wiring of one
      sudo edge-ser firmware apply inmp441
      sudo edge-ser firmware revert
    """


@command.command(name="apply")
@click.argument("profile")
@_dry_run
@_root
def apply(profile: str, dry_run: bool, root: Path) -> None:
    """Add the lines for a microphone to config.txt, replacing those of an earlier `apply`.

    A copy of the original file is kept beside it, as config.txt.edge-ser-backup.

    \b
    Examples:
      edge-ser firmware apply inmp441 --dry-run
      sudo edge-ser firmware apply inmp441
    """
    from edge_ser.firmware import block, files

    chosen = files.profile(profile)
    if not dry_run:
        files.require_root(root)
    path = files.find(root)
    text = files.read(path)
    before = block.applied(text)
    after = block.apply(text, chosen)
    for remark in block.remarks(text, chosen):
        standard_error.say(f"{path}: {remark}")
    if dry_run:
        _show_difference(path, text, after)
        return
    if after == text:
        standard_output.write(f"{profile} is already set in {path}: nothing changed\n{_next_step(chosen)}")
        return
    files.write(path, after)
    instead = f" instead of {before}" if before not in (None, profile) else ""
    standard_output.write(
        f"{profile} is now set in {path}{instead}; the original file is kept as "
        f"{files.backup_of(path).name}\nreboot needed: sudo reboot\n{_next_step(chosen)}"
    )


@command.command(name="revert")
@_dry_run
@_root
def revert(dry_run: bool, root: Path) -> None:
    """Remove the lines of `apply` from config.txt; other changes made since are kept.

    \b
    Examples:
      sudo edge-ser firmware revert
    """
    from edge_ser.firmware import block, files

    if not dry_run:
        files.require_root(root)
    path = files.find(root)
    text = files.read(path)
    after = block.revert(text)
    if dry_run:
        _show_difference(path, text, after)
        return
    if after == text:
        standard_output.write(f"no microphone is set in {path}: nothing changed\n")
        return
    files.write(path, after)
    standard_output.write(f"{block.applied(text)} was removed from {path}\nreboot needed: sudo reboot\n")


@command.command(name="show")
@click.argument("profile", required=False)
@options.format_of("table", "json")
@_root
def show(profile: str | None, format_: str, root: Path) -> None:
    """List the microphones and which is set, or show wiring and quirks of one.

    \b
    Examples:
      edge-ser firmware show
      edge-ser firmware show inmp441
    """
    from dataclasses import asdict

    from edge_ser.errors import NoFirmwareFile
    from edge_ser.firmware import block, files

    if profile is not None:
        chosen = files.profile(profile)
        text = json.dumps(asdict(chosen), indent=2) + "\n" if format_ == "json" else files.notes(profile)
        standard_output.write(text)
        return
    path: Path | None = None
    applied = None
    try:
        path = files.find(root)
        applied = block.applied(files.read(path))
        where = f"file: {path}"
    except NoFirmwareFile as error:
        where = f"file: none ({error})"
    profiles = files.profiles().values()
    if format_ == "json":
        found = {"file": path and str(path), "applied": applied, "profiles": [asdict(one) for one in profiles]}
        standard_output.write(json.dumps(found, indent=2) + "\n")
        return
    lines = [f"{'profile':<14}  {'set':<3}  {'ALSA card':<15}  microphone"]
    lines += [f"{p.name:<14}  {'yes' if p.name == applied else '':<3}  {p.card:<15}  {p.title}" for p in profiles]
    standard_output.write("\n".join([*lines, where]) + "\n")


def _next_step(profile: Profile) -> str:
    return f"then: edge-ser listen --device {profile.device}     (for ALSA: hw:CARD={profile.card})\n"


def _show_difference(path: Path, before: str, after: str) -> None:
    lines = []
    old, new = (text.encode("latin-1").decode(errors="backslashreplace").split("\n") for text in (before, after))
    for line in difflib.unified_diff(old, new, str(path), str(path), lineterm=""):
        lines.append(line.rstrip("\r") + "\n")
    standard_output.write("".join(lines) or f"{path}: nothing would change\n")
