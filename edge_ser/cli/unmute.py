"""``edge-ser unmute``: takes back `edge-ser mute`."""

from __future__ import annotations

from pathlib import Path

import click

from edge_ser.cli.mute import file_option
from edge_ser.sinks import standard_output


@click.command(name="unmute")
@file_option
def command(file: Path | None) -> None:
    """Open the microphone again; quiet hours still hold.

    \b
    Examples:
      edge-ser unmute
      sudo edge-ser unmute            # the service needs root
    """
    from edge_ser import privacy

    path = file or privacy.switch()
    was = privacy.unmute(path)
    standard_output.write(f"no longer muted  ({path})\n" if was else f"was not muted  ({path})\n")
