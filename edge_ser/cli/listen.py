"""``edge-ser listen``: labels a source until it ends or the command is stopped."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from edge_ser.audio import HIGHEST_RATE, LOWEST_RATE, MOST_CHANNELS, SAMPLE_RATE
from edge_ser.cli import options
from edge_ser.console import standard_error
from edge_ser.errors import InvalidSetting
from edge_ser.listening.stop_signals import Stopped, StopSignals
from edge_ser.settings import FORMATS

if TYPE_CHECKING:
    from edge_ser.settings import ListenSettings

_PUBLISH_KEY: Final = "output.publish ="

_DEMONSTRATION: Final = "demonstration: synthesized speech, no evidence of accuracy"


def _finite(context: click.Context, parameter: click.Parameter, seconds: float | None) -> float | None:
    if seconds is not None and not math.isfinite(seconds):
        raise click.BadParameter(f"{seconds} is not a number of seconds.", context, parameter)
    return seconds


@click.command(name="listen")
@click.option("--device", metavar="NAME|INDEX", help="Microphone, as `edge-ser devices` lists it.")
@click.option(
    "--wait/--no-wait", default=None, help="Wait for a microphone, and for one that was unplugged, instead of ending."
)
@click.option(
    "--input",
    "input_",
    metavar="FILE|-|demo",
    help="Listen to a recording (WAV, FLAC, OGG), to raw 16-bit PCM on standard input (`-`) or to the synthesized"
    " demonstration (`demo`) instead of a microphone.",
)
@click.option("--rate", type=click.IntRange(LOWEST_RATE, HIGHEST_RATE), metavar="HZ",
              help=f"Sample rate of raw PCM on standard input.  [default: {SAMPLE_RATE}]")  # fmt: skip
@click.option("--channels", type=click.IntRange(1, MOST_CHANNELS), metavar="N",
              help="Channels of raw PCM on standard input.  [default: 1]")  # fmt: skip
@click.option("--realtime", is_flag=True, default=None, help="Play a recording at its own speed.")
@options.model
@options.interpreter
@click.option("--format", "format_", type=click.Choice(FORMATS),
              help="Text for people, one JSON object per line for programs, or nothing.  [default: text]")  # fmt: skip
@click.option("--publish", multiple=True, metavar="WHERE",
              help="Also publish there; may be repeated.  unix:PATH (a socket for local programs), mqtt://HOST/PREFIX"
              " (an MQTT broker, Home Assistant), history: (a file for `edge-ser history` and `report`), exec:COMMAND"
              " (a program run for each final label), speech: (spoken aloud), prometheus:PORT (metrics).")  # fmt: skip
@click.option("--duration", type=click.FloatRange(0, min_open=True), callback=_finite, metavar="SECONDS",
              help="Stop after this many seconds.")  # fmt: skip
@click.option("--config", type=click.Path(path_type=Path, readable=False), metavar="FILE",
              help="Configuration file; options override it.  SIGHUP makes it read the file again.")  # fmt: skip
def command(
    device: str | None,
    wait: bool | None,
    input_: str | None,
    rate: int | None,
    channels: int | None,
    realtime: bool | None,
    model_path: Path | None,
    interpreter: str | None,
    format_: str | None,
    publish: tuple[str, ...],
    duration: float | None,
    config: Path | None,
) -> int:
    """Listen to a microphone, a recording or raw PCM and publish emotion labels.

    While somebody speaks, a provisional label comes about every half second, and a final one when the
    utterance ends. Ctrl-C ends it. While muted (`edge-ser mute`), the microphone stays closed.

    \b
    Examples:
      edge-ser listen
      edge-ser listen --device "USB PnP" --format json
      edge-ser listen --input meeting.wav --realtime
      arecord -f S16_LE -r 16000 -c 1 -t raw | edge-ser listen --input -
      edge-ser listen --publish unix:/tmp/edge-ser.sock   # read it: edge-ser watch --socket /tmp/edge-ser.sock
      edge-ser listen --publish history: --publish "exec:/usr/local/bin/on-label --lamp 2"
      edge-ser config example > my.toml; edge-ser listen --config my.toml
    """
    if device is not None and input_ is not None:
        raise click.UsageError("--device and --input cannot be used together")
    if config is None and realtime and input_ in (None, "-"):
        raise click.UsageError("--realtime needs a recording: --input FILE")
    if config is None and input_ != "-" and (rate, channels) != (None, None):
        raise click.UsageError("--rate and --channels are for raw PCM only: --input -")
    given: dict[str, Any] = {
        "microphone.device": device,
        "microphone.wait": wait,
        "input.file": input_,
        "input.rate": rate,
        "input.channels": channels,
        "input.realtime": realtime,
        "input.duration": duration,
        "model.file": None if model_path is None else str(model_path),
        "model.interpreter": interpreter,
        "output.format": format_,
        "output.publish": publish or None,
    }

    def read() -> ListenSettings:
        from edge_ser.listening.configuration import read_settings

        return read_settings(config, given)

    try:
        settings = read()
    except InvalidSetting as error:
        # A message about a configuration file begins with the file's name.
        if publish and str(error).startswith(_PUBLISH_KEY):
            raise click.UsageError(str(error).replace(_PUBLISH_KEY, "--publish", 1)) from None
        raise
    # Until `StopSignals` a signal ends the process at once: there is nothing to clean up yet, and an exception in the
    # middle of an import could do anything.
    from edge_ser.listening.session import Session

    session = Session(settings)
    if settings.input.file == "demo" and settings.output.format == "text":
        standard_error.say(_DEMONSTRATION)
    with StopSignals(reloads=config is not None) as signals, suppress(Stopped):
        session.run(signals, read)
    return signals.exit_status
