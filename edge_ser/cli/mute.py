"""``edge-ser mute``: closes the microphone, for a while or until `edge-ser unmute`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from edge_ser.console import standard_output


def _span(context: click.Context, parameter: click.Parameter, text: str | None) -> timedelta | None:
    from edge_ser.cli.time_span import parse_span

    try:
        return None if text is None else parse_span(text)
    except ValueError:
        message = f"{text} is not a time span such as 90s, 30m, 2h, 1d or 1h30m, at most a year"
        raise click.BadParameter(message, context, parameter) from None


file_option = click.option(
    "--file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Mute file, if it is not in its usual place (`privacy.mute_file`).",
)


@click.command(name="mute")
@click.option(
    "--for", "span", callback=_span, metavar="SPAN", help="Listen again after this time: 90s, 30m, 2h, 1d or 1h30m."
)
@file_option
def command(span: timedelta | None, file: Path | None) -> None:
    """Close the microphone within a second, for a while or until `edge-ser unmute`.

    This mutes the service, or `edge-ser listen` of the same user where no service is installed, also across
    restarts. `edge-ser service status` shows whether the service is muted. Quiet hours are a setting,
    `privacy.quiet_hours`.

    \b
    Examples:
      edge-ser mute --for 30m         # without a service: your `edge-ser listen`
      sudo edge-ser mute              # the service needs root
    """
    from edge_ser import mute, paths

    path = file or paths.mute_file_of_commands()
    now = mute.local_now()
    mute.mute(path, None if span is None else now + span)
    standard_output.write(f"{mute.mute_reason(path, now) or 'muted'}  ({path})\n")
