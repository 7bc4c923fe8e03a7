"""``edge-ser bench``: measures the path from sound to label on this machine."""

from __future__ import annotations

import math
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge_ser.audio import HIGHEST_RATE, LOWEST_RATE
from edge_ser.cli import options
from edge_ser.console import output_file, standard_error, standard_output
from edge_ser.listening.stop_signals import Stopped, StopSignals
from edge_ser.model.forms import FORMS
from edge_ser.model.interpreter import INTERPRETERS

if TYPE_CHECKING:
    from edge_ser.bench.compare import Comparison
    from edge_ser.bench.result import BenchmarkResult
    from edge_ser.bench.runs import RequestedConfiguration

_AUTO = "auto"
_MOST_STREAMS = 10_000


def _finite(context: click.Context, parameter: click.Parameter, value: float) -> float:
    if not math.isfinite(value):
        raise click.BadParameter(f"{value} is not a number.", context, parameter)
    return value


def _count(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    """Return the number of streams; 0 for `auto`."""
    if value is None or value == _AUTO:
        return None if value is None else 0
    if not value.isdecimal() or not 1 <= int(value) <= _MOST_STREAMS:
        raise click.BadParameter(
            f"{value!r} is neither `auto` nor a number from 1 to {_MOST_STREAMS}.", context, parameter
        )
    return int(value)


@click.command(name="bench")
@click.option("--model", "models", multiple=True, type=click.Path(path_type=Path, readable=False), metavar="FILE",
              help="Model file.  May be repeated.  [default: the one in the package]")  # fmt: skip
@click.option("--form", "forms", multiple=True, type=click.Choice(FORMS),
              help="Form of the model; FILE-dynamic and FILE-float must be beside FILE.  May be repeated.")  # fmt: skip
@click.option("--interpreter", "interpreters", multiple=True, type=click.Choice(list(INTERPRETERS)),
              help="Interpreter.  May be repeated.  [default: the first that is installed]")  # fmt: skip
@click.option("--threads", multiple=True, type=click.IntRange(1, 64), metavar="N",
              help="Threads of the interpreter; `listen` uses 1.  May be repeated.  [default: 1]")  # fmt: skip
@click.option("--input", "recording", type=click.Path(path_type=Path, readable=False), metavar="FILE",
              help="Recording of speech.  [default: the synthesized demonstration]")  # fmt: skip
@click.option("--seconds", type=click.FloatRange(1, 3_600), default=60.0, show_default=True, metavar="S",
              callback=_finite, help="Length of audio in each pass; the recording is repeated.")  # fmt: skip
@click.option("--rate", type=click.IntRange(LOWEST_RATE, HIGHEST_RATE), default=48_000, show_default=True,
              metavar="HZ", help="Sample rate of the microphone; most USB microphones offer 48 kHz.")  # fmt: skip
@click.option("--rounds", type=click.IntRange(1, 1_000), default=7, show_default=True, metavar="N",
              help="Fresh processes per configuration.")  # fmt: skip
@click.option("--paced", is_flag=True, help="Also process blocks in real time, and count missed deadlines.")
@click.option("--streams", callback=_count, metavar="N|auto",
              help="Also process N streams at once on one core, or find out how many it can carry.")  # fmt: skip
@options.format_of("table", "json", "markdown")
@click.option("--save", type=click.Path(path_type=Path, readable=False), metavar="FILE",
              help="Write the result to this file, as JSON.")  # fmt: skip
@click.option("--compare", "older", type=click.Path(path_type=Path, readable=False), metavar="FILE",
              help="Compare with a saved result; the exit status is 8 if a figure is worse.")  # fmt: skip
@click.option("--limit", type=click.FloatRange(1, 100), default=1.1, show_default=True, metavar="RATIO",
              callback=_finite,
              help="Report a regression when the whole 95 % interval exceeds this ratio.")  # fmt: skip
@click.option("--plot", type=click.Path(path_type=Path, readable=False), metavar="PNG",
              help="Draw shares and percentiles to this file (needs `edge-ser[plots]`).")  # fmt: skip
def command(
    models: tuple[Path, ...],
    forms: tuple[str, ...],
    interpreters: tuple[str, ...],
    threads: tuple[int, ...],
    recording: Path | None,
    seconds: float,
    rate: int,
    rounds: int,
    paced: bool,
    streams: int | None,
    format_: str,
    save: Path | None,
    older: Path | None,
    limit: float,
    plot: Path | None,
) -> int:
    """Measure latency and cost of the path of `listen` on this machine, stage by stage.

    Speech goes from a microphone's blocks to lines of JSON. All combinations of the repeated options are
    measured in turn, in fresh processes on one core. An idle machine gives the most reliable figures.

    \b
    Examples:
      edge-ser bench
      edge-ser bench --input meeting.wav --paced --streams auto
      edge-ser bench --form int8 --form float --interpreter litert --plot bench.png
      edge-ser bench --save before.json    # then change something, and:
      edge-ser bench --compare before.json
    """
    from edge_ser.bench import plot as picture
    from edge_ser.bench import runs
    from edge_ser.bench.audio import speech
    from edge_ser.bench.compare import Baseline
    from edge_ser.bench.result import to_json

    for path in (save, plot):
        if path is not None:
            output_file.require_writable(path)
    if plot is not None:
        picture.require_matplotlib()
    baseline = None if older is None else Baseline.read(older, limit)
    plan = runs.Plan(_configurations(models, forms, interpreters, threads), recording, rounds, paced, streams)
    with StopSignals() as signals, suppress(Stopped):
        signals.check()
        sound = speech(recording, seconds, rate)
        if baseline is not None:
            baseline.require_same_audio(sound)
        hidden = sys.stderr is None or not sys.stderr.isatty()
        with click.progressbar(length=plan.steps, label="measuring", file=sys.stderr, hidden=hidden) as bar:
            result = runs.run(plan, sound, lambda: bar.update(1))
        comparison = None if baseline is None else baseline.compare(result)
        with signals.protected():
            if save is not None:
                output_file.write(save, to_json(result.to_dict()).encode())
            if plot is not None:
                output_file.write(plot, picture.draw(result))
            standard_output.write(_render(result, comparison, format_))
            if format_ == "json":
                for warning in (*result.warnings, *(() if comparison is None else comparison.warnings)):
                    standard_error.say(f"WARNING: {warning}")
            if comparison is not None:
                comparison.require_no_regression()
    return signals.exit_status


def _configurations(
    models: tuple[Path, ...], forms: tuple[str, ...], interpreters: tuple[str, ...], threads: tuple[int, ...]
) -> tuple[RequestedConfiguration, ...]:
    """Return all combinations, each once; each model file is read once."""
    from edge_ser.bench.runs import RequestedConfiguration
    from edge_ser.model.bundle import read_bundle
    from edge_ser.model.forms import file_of_form
    from edge_ser.paths import default_model

    files = models or (default_model(),)
    if forms:
        files = tuple(file_of_form(file, form) for file in files for form in forms)
    bundles = {file: read_bundle(file) for file in dict.fromkeys(files)}
    combinations = (
        RequestedConfiguration(file, interpreter, count, bundle)
        for file, bundle in bundles.items()
        for interpreter in interpreters or (None,)
        for count in threads or (1,)
    )
    return tuple(dict.fromkeys(combinations))


def _render(result: BenchmarkResult, comparison: Comparison | None, format_: str) -> str:
    from dataclasses import asdict

    from edge_ser.bench import table
    from edge_ser.bench.result import to_json

    if format_ == "json":
        fields = result.to_dict()
        return to_json(fields if comparison is None else fields | {"comparison": asdict(comparison)})
    return table.render(result, comparison, markdown=format_ == "markdown")
