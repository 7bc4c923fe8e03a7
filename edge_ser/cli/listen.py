"""``edge-ser listen``: from a source to the sinks until the source ends or somebody stops it."""

from __future__ import annotations

import math
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from edge_ser.cli import options
from edge_ser.cli.stop import Stopped, StopSignals
from edge_ser.errors import DeviceLost, EdgeSerError, NoMicrophone, OutputClosed, OutputFailed, RecordingUnreadable
from edge_ser.settings import SAMPLE_RATE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge_ser.events import Event
    from edge_ser.pipeline import Pipeline
    from edge_ser.sinks import Sink
    from edge_ser.sources import Source

SOCKET_SCHEME: Final = "unix:"
_STATUS_OF: Final[dict[type[EdgeSerError], str]] = {NoMicrophone: "no-microphone", DeviceLost: "device-lost"}


def _finite(context: click.Context, parameter: click.Parameter, seconds: float | None) -> float | None:
    if seconds is not None and not math.isfinite(seconds):
        raise click.BadParameter(f"{seconds} is not a number of seconds.", context, parameter)
    return seconds


@click.command(name="listen")
@click.option("--device", metavar="NAME|INDEX", help="Microphone, as `edge-ser devices` lists it.")
@click.option(
    "--input",
    "input_",
    metavar="FILE|-|demo",
    help="A recording (WAV, FLAC, OGG) instead of a microphone; `-`: raw 16-bit PCM on standard input; `demo`: the"
    " demonstration that the package ships.",
)
@click.option("--rate", type=click.IntRange(4_000, 384_000), default=SAMPLE_RATE, show_default=True, metavar="HZ",
              help="Sample rate of raw PCM on standard input.")  # fmt: skip
@click.option("--channels", type=click.IntRange(1, 32), default=1, show_default=True, metavar="N",
              help="Channels of raw PCM on standard input.")  # fmt: skip
@click.option("--realtime", is_flag=True, help="Play a recording at the speed at which it was made.")
@options.model
@options.interpreter
@options.format_of("text", "json", help="Text for people, or one JSON object a line for programs.")
@click.option("--publish", multiple=True, metavar="unix:PATH", help="Also publish on a Unix socket; may be repeated.")
@click.option("--duration", type=click.FloatRange(0, min_open=True), callback=_finite, metavar="SECONDS",
              help="Stop after this long.")  # fmt: skip
def command(
    device: str | None,
    input_: str | None,
    rate: int,
    channels: int,
    realtime: bool,
    model_path: Path | None,
    interpreter: str | None,
    format_: str,
    publish: tuple[str, ...],
    duration: float | None,
) -> int:
    """Listen to a microphone, a recording or raw PCM and publish emotion labels.

    While somebody speaks a provisional label comes about every half second, and a final one when the
    utterance ends. Ctrl-C ends it.

    \b
    Examples:
      edge-ser listen
      edge-ser listen --device "USB PnP" --format json
      edge-ser listen --input meeting.wav --realtime
      arecord -f S16_LE -r 16000 -c 1 -t raw | edge-ser listen --input -
      edge-ser listen --publish unix:/tmp/edge-ser.sock   # read it: nc -U /tmp/edge-ser.sock
    """
    if device is not None and input_ is not None:
        raise click.UsageError("--device and --input exclude each other")
    if realtime and input_ in (None, "-"):
        raise click.UsageError("--realtime needs a recording: --input FILE")
    if input_ != "-" and (rate, channels) != (SAMPLE_RATE, 1):
        raise click.UsageError("--rate and --channels go with raw PCM: --input -")
    sockets = [_socket_path(uri) for uri in publish]

    # Up to here and while these are made a signal ends the process at once: nothing has to be tidied up, and an
    # exception in the middle of an import can do anything.
    source = _source(device, input_, rate, channels, realtime)
    pipeline = _pipeline(model_path, interpreter)
    with StopSignals() as signals, suppress(Stopped), ExitStack() as stack:
        with signals.protected():
            sinks = [stack.enter_context(sink) for sink in _sinks(format_, sockets)]
        _run(source, pipeline, sinks, duration, signals)
    return signals.exit_status


def _run(source: Source, pipeline: Pipeline, sinks: list[Sink], duration: float | None, signals: StopSignals) -> None:
    from edge_ser.sinks import standard_error
    from edge_ser.sources import limited

    def send(events: Iterable[Event]) -> None:
        for event in events:
            for sink in sinks:
                sink.publish(event)

    ended = "the end"
    try:
        with standard_error.ours_alone(), source:
            with signals.protected():
                send([pipeline.status("listening", f"listening to {source.name}")])
            for block in limited(source.blocks(), duration):
                with signals.protected():
                    send(pipeline.process(block))
                    for sink in sinks:
                        sink.tick()
            signals.hold()  # nothing is left to be stopped
        if duration is not None and pipeline.position >= duration - 1e-6:
            ended = f"{duration:g} s are over"
    except Stopped:
        ended = "asked to"
    except (OutputClosed, OutputFailed) as error:
        # The pipeline was left half way through a block, so it has nothing more to say.
        signals.hold()
        send([pipeline.status("error", str(error))])
        raise
    except EdgeSerError as error:
        signals.hold()
        # What was heard until then is true: it goes out before the error does.
        send(pipeline.finish())
        send([pipeline.status(_STATUS_OF.get(type(error), "error"), str(error))])
        raise
    send(pipeline.finish())
    send([pipeline.status("stopped", f"stopped: {ended}")])


def _source(device: str | None, input_: str | None, rate: int, channels: int, realtime: bool) -> Source:
    if input_ == "-":
        from edge_ser.sources.pcm import PcmStream

        if sys.stdin is None:  # Python's way to say that it was closed when the process began
            raise RecordingUnreadable("standard input: is closed; pipe raw 16-bit PCM in, or give a file's name")
        return PcmStream(sys.stdin.buffer, rate, channels)
    if input_ is not None:
        from edge_ser.sources.recording import Recording, demonstration

        return Recording(demonstration() if input_ == "demo" else Path(input_), realtime=realtime)
    from edge_ser.settings import MicrophoneSettings
    from edge_ser.sources.microphone import Microphone

    return Microphone(MicrophoneSettings(device=device))


def _pipeline(model_path: Path | None, interpreter: str | None) -> Pipeline:
    from edge_ser.events import utc_now
    from edge_ser.pipeline import Pipeline

    bundle, backend = options.load(model_path, interpreter)
    return Pipeline(bundle, backend, utc_now)


def _sinks(format_: str, sockets: list[Path]) -> Iterable[Sink]:
    from edge_ser.sinks.jsonl import JsonLinesSink
    from edge_ser.sinks.text import TextSink
    from edge_ser.sinks.unix_socket import UnixSocketSink

    for path in sockets:  # first, so that a socket that cannot be made is said before anything is printed
        yield UnixSocketSink(path)
    yield JsonLinesSink() if format_ == "json" else TextSink()


def _socket_path(uri: str) -> Path:
    path = uri.removeprefix(SOCKET_SCHEME)
    if path == uri or not path:
        raise click.UsageError(f"--publish {uri}: allowed is unix:PATH, for example unix:/tmp/edge-ser.sock")
    return Path(path)
