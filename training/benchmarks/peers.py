"""edge-ser beside its peers in one run on one core: ``python -m training.benchmarks.peers``.

Whole decisions: the path of ``edge-ser listen``, Light-SERNet's network in a sliding window behind our front end, and
openSMILE's eGeMAPS functionals with a support vector machine; networks alone; front ends.  All get the same speech, in
turns, and processor time counts.  What is not installed is left out and named.

Light-SERNet's bars are checked on the emulated Pi (tests/emulated_pi), whose kernels are those of a Pi.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import click
import numpy as np
from threadpoolctl import threadpool_limits

from edge_ser.audio import SAMPLE_RATE, Samples
from edge_ser.cli.main import run
from edge_ser.cli.options import format_of
from edge_ser.console import standard_output
from edge_ser.errors import EdgeSerError
from edge_ser.model.bundle import read_bundle
from edge_ser.model.interpreter import choose_interpreter
from edge_ser.sources.recording import read_samples
from training import corpora
from training.benchmarks import decisions, front_end, peers_report
from training.benchmarks.environment import Environment, environment
from training.benchmarks.peers_result import Audio, Bar, PeersResult, Section
from training.benchmarks.rounds import Spread, Work, in_turns, ratio
from training.commands import options
from training.corpora import Clip
from training.support import records

_PACKAGES: Final = (
    "edge-ser",
    "numpy",
    "tflite-runtime",
    "ai-edge-litert",
    "tensorflow-cpu",
    "opensmile",
    "scikit-learn",
    "librosa",
    "python_speech_features",
    "pymicro-features",
    "cmsisdsp",
)
_FORMS: Final = ("float", "dynamic")
"""Forms of Light-SERNet that are timed; its authors publish these."""

_QUIET_LEVEL: Final = 4.0
"""Standard deviation of the samples of a quiet room, int16 steps: -78 dB of full scale."""


@click.command()
@options.data
@click.option("--seconds", type=click.FloatRange(5), default=30.0, show_default=True, help="Least length of speech.")
@click.option("--rounds", type=click.IntRange(1), default=15, show_default=True, help="Rounds to count.")
@format_of("table", "json", "markdown")
@click.option(
    "--save", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.json", help="Write the result as JSON."
)
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), metavar="OUT.png", help="Draw bars.")
def cli(data: Path | None, seconds: float, rounds: int, format_: str, save: Path | None, plot: Path | None) -> int:
    """Time edge-ser and its peers on recordings of EmoDB, which takes about two minutes.

    The exit status is 1 if a bar is missed.
    """
    where = environment(_PACKAGES)  # before the work loads the machine
    clips = _clips(corpora.read(options.data_folder(data), "emodb").clips, seconds)
    result = _measure(clips, rounds, where)
    if save is not None:
        records.write(save, result)
    if plot is not None:
        peers_report.plot(result, plot)
    written = {"table": peers_report.text, "markdown": peers_report.markdown, "json": _json}[format_]
    standard_output.write(written(result))
    return int(any(bar.missed for bar in result.bars))


def _json(result: PeersResult) -> str:
    return json.dumps(records.to_json(result), indent=1) + "\n"


def _clips(clips: list[Clip], seconds: float) -> list[tuple[Clip, Samples]]:
    """Return clips from all over the corpus, ten or more and as long as asked for, or all of them."""
    spread = [clip for offset in range(53) for clip in clips[offset::53]]  # 53 mixes speakers, texts, emotions
    chosen: list[tuple[Clip, Samples]] = []
    length = 0
    for clip in spread:
        if length >= seconds * SAMPLE_RATE and len(chosen) >= 10:
            break
        chosen.append((clip, read_samples(clip.path)))
        length += len(chosen[-1][1])
    return chosen


def _measure(clips: list[tuple[Clip, Samples]], rounds: int, where: Environment) -> PeersResult:
    networks, left_out = _light_sernet()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # before loading libraries that count the cores

    speech = np.concatenate([samples for _, samples in clips])
    rng = np.random.default_rng(1)
    quiet = np.round(rng.normal(0, _QUIET_LEVEL, len(speech))).astype(np.int16)
    bundle = read_bundle()
    whole, share = decisions.edge_ser(decisions.WHOLE, speech)
    still, _ = decisions.edge_ser(decisions.QUIET, quiet)
    theirs, theirs_alone = decisions.light_sernet(networks, bundle, speech)
    wholes = [whole, *theirs]
    try:
        wholes.append(decisions.opensmile([samples for _, samples in clips], [clip.label for clip, _ in clips]))
    except ImportError as error:
        left_out.append(f"{decisions.OPENSMILE} ({error}): pip install -e '.[peers]'")
    alone = [decisions.edge_ser_model(bundle, choose_interpreter(), speech), *theirs_alone]
    front_ends, notes = front_end.gather(np.resize(speech, front_end.SECONDS * SAMPLE_RATE))

    costs = _timed([*wholes, still, *alone], rounds, "decisions")
    sections = (
        _section("From samples to a decision, somebody always speaking", wholes, costs),
        _section("Nobody speaks", [still], costs),
        _section("The network alone", alone, costs),
        Section.of("The front end, samples to cepstra", front_end.BASE, _timed(front_ends, rounds, "front ends")),
    )
    return PeersResult(
        command=peers_report.COMMAND,
        environment=where,
        rounds=rounds,
        audio=Audio(whole.seconds, len(clips), round(share, 3), still.seconds),
        sections=sections,
        bars=tuple(_bars(costs)),
        left_out=tuple(left_out + notes),
    )


def _light_sernet() -> tuple[dict[str, bytes], list[str]]:
    """Return Light-SERNet's networks by form, and a note if they cannot be made.

    A separate process makes them: tflite-runtime does not work in one that has loaded TensorFlow.
    """
    if find_spec("tensorflow") is None:
        return {}, ["Light-SERNet (No module named 'tensorflow'): pip install -e '.[train]'"]
    click.echo("making Light-SERNet's networks ...", err=True)
    with tempfile.TemporaryDirectory() as folder:
        command = (sys.executable, "-m", "training.benchmarks.light_sernet", folder)
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise EdgeSerError(f"{' '.join(command[1:3])} failed: {done.stderr.strip().splitlines()[-1]}")
        return {form: Path(folder, f"light-sernet-{form}.tflite").read_bytes() for form in _FORMS}, []


def _timed(works: list[Work], rounds: int, what: str) -> dict[str, list[float]]:
    bar = click.progressbar(length=len(works) * (rounds + 1), label=f"timing {what}", file=sys.stderr)
    with threadpool_limits(1), bar:
        return in_turns(works, rounds, lambda: bar.update(1))


def _section(title: str, works: list[Work], costs: dict[str, list[float]]) -> Section:
    return Section.of(title, works[0].name, {work.name: costs[work.name] for work in works})


def _bars(costs: dict[str, list[float]]) -> list[Bar]:
    """Return what was promised for this machine."""
    bars = [
        Bar(
            "real-time streams that one core carries", 1 / Spread.of(costs[decisions.WHOLE]).median, 200, 500, more=True
        ),
        Bar("real-time factor when nobody speaks", Spread.of(costs[decisions.QUIET]).median, 0.002, 0.0007),
    ]
    if decisions.OPENSMILE in costs:
        share = ratio(costs[decisions.WHOLE], costs[decisions.OPENSMILE]).median
        bars.insert(0, Bar(f"time against {decisions.OPENSMILE}", share, 1 / 8, 1 / 20))
    return bars


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], "peers", "training.benchmarks.peers"))
