"""``edge-ser unmute``: undoes `edge-ser mute`."""

from __future__ import annotations

from pathlib import Path

import click

from edge_ser.cli.mute import file_option
from edge_ser.console import standard_output


@click.command(name="unmute")
@file_option
def command(file: Path | None) -> None:
    """Open the microphone again; quiet hours still apply.

    \b
    Examples:
      edge-ser unmute
      sudo edge-ser unmute            # the service needs root
    """
    from edge_ser import mute, paths

    path = file or paths.mute_file_of_commands()
    was = mute.unmute(path)
    standard_output.write(f"no longer muted  ({path})\n" if was else f"was not muted  ({path})\n")
