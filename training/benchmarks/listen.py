"""Speed, memory and delay of the real command against their limits: ``python -m training.benchmarks.listen``.

Everything is measured in separate processes, pinned to one core, with recordings of EmoDB.  The real-time factor counts
processor time, which other programs on the machine hardly lengthen, and leaves start-up out: it is the difference
between a long and a short recording.  The exit status is 1 if a limit is exceeded.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

import click
import numpy as np
import numpy.typing as npt
import soundfile
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import edge_ser
from edge_ser.audio import SAMPLE_RATE, Samples
from edge_ser.sources.recording import read_samples
from training import corpora
from training.commands import options

_SHORT, _LONG = 60, 360  # s of speech
_UTTERANCES: Final = 10
_PAUSE: Final = 1.5  # s
_RANGE: Final = 35.0  # dB
_QUIET: Final = 4.0  # standard deviation of a quiet room, LSB
_COMMAND: Final = (sys.executable, "-m", "edge_ser")


@dataclass(frozen=True)
class Row:
    """A measured figure and its limit.

    Attributes:
        name: What was measured.
        value: The figure.
        limit: The most that is allowed; ``None`` for no limit.
        layout: How a figure is written, unit included.
    """

    name: str
    value: float
    limit: float | None
    layout: str

    @property
    def missed(self) -> bool:
        """Whether the figure is above its limit."""
        return self.limit is not None and self.value > self.limit


@dataclass(frozen=True)
class Cost:
    """What a process took.

    Attributes:
        processor: Processor time, s.
        wall: Wall-clock time, s.
        memory: Largest resident set, MB.
    """

    processor: float
    wall: float
    memory: float


@click.command()
@options.data
@click.option("--repeat", default=3, show_default=True, help="Runs of each; the best one counts.")
@click.option("--model", type=click.Path(path_type=Path), help="Model file; the shipped one by default.")
def main(data: Path | None, repeat: int, model: Path | None) -> None:
    """Measure the real command: real-time factor, memory, delay of labels, start-up."""
    clips = [read_samples(clip.path) for clip in corpora.read(options.data_folder(data), "emodb").clips[::8]]
    chosen = () if model is None else ("--model", str(model))
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            *_throughput(clips, Path(folder), repeat, chosen),
            *_delays(clips, Path(folder), chosen),
            *_start_up(Path(folder), repeat, chosen),
            _install_size(),
        ]
    width = max(len(row.name) for row in rows)
    for row in rows:
        limit = "" if row.limit is None else f"at most {_written(row.limit, row.layout)}"
        value = _written(row.value, row.layout)
        click.echo(f"{row.name:<{width}}  {value:>9}  {limit:<17} {'MISSED' * row.missed}".rstrip())
    sys.exit(any(row.missed for row in rows))


def _written(value: float, layout: str) -> str:
    figure, _, unit = layout.partition(" ")
    return f"{value:{figure}} {unit}".rstrip()


def _throughput(clips: Sequence[Samples], folder: Path, repeat: int, options: Sequence[str]) -> list[Row]:
    speech = np.concatenate([clip[slice(*_active(clip))] for clip in clips])
    quiet = np.random.default_rng(1).normal(0, _QUIET, SAMPLE_RATE).astype(np.int16)

    def costs(sound: Samples) -> tuple[list[Cost], list[Cost]]:
        """Return the costs of a short and of a long recording."""
        both = []
        for seconds in (_SHORT, _LONG):
            path = folder / f"{seconds}.wav"
            soundfile.write(path, np.resize(sound, seconds * SAMPLE_RATE), SAMPLE_RATE)
            arguments = ("listen", "--input", str(path), "--format", "json", *options)
            both.append([_cost(arguments) for _ in range(repeat)])
        return both[0], both[1]

    def factor(short: list[Cost], long: list[Cost], time_of: Callable[[Cost], float]) -> float:
        return (min(map(time_of, long)) - min(map(time_of, short))) / (_LONG - _SHORT)

    of_speech, of_quiet = costs(speech), costs(quiet)
    return [
        Row("real-time factor, processor time", factor(*of_speech, lambda cost: cost.processor), 0.02, ".4f"),
        Row("real-time factor, wall clock", factor(*of_speech, lambda cost: cost.wall), None, ".4f"),
        Row("real-time factor when nobody speaks", factor(*of_quiet, lambda cost: cost.processor), 0.002, ".5f"),
        Row("largest resident memory", max(cost.memory for cost in of_speech[1]), 100, ".1f MB"),
    ]


def _delays(clips: Sequence[Samples], folder: Path, options: Sequence[str]) -> list[Row]:
    """Measure the time from playing a sound to the arrival of the line about it."""
    rng = np.random.default_rng(1)
    pause = rng.normal(0, 4, round(_PAUSE * SAMPLE_RATE)).astype(np.int16)
    parts: list[Samples] = [pause]
    spoken: list[tuple[float, float]] = []
    for clip in [clip for clip in clips if _longest_pause(clip) < 0.25][:_UTTERANCES]:
        position = sum(map(len, parts))
        first, last = _active(clip)
        spoken.append(((position + first) / SAMPLE_RATE, (position + last) / SAMPLE_RATE))
        parts += [clip, pause]
    path = folder / "utterances.wav"
    soundfile.write(path, np.concatenate(parts), SAMPLE_RATE)

    arguments = ("listen", "--input", str(path), "--realtime", "--format", "json", *options)
    with subprocess.Popen([*_COMMAND, *arguments], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [(time.monotonic(), json.loads(line)) for line in process.stdout]
    begin = lines[0][0]  # the event "listening": the first sample is played now
    onsets, ends = [], []
    for start, end in spoken:
        arrived = [when for when, event in lines if "final" in event and abs(event["start"] - start) < 0.5]
        if arrived:
            onsets.append(arrived[0] - begin - start)
            ends.append(arrived[-1] - begin - end)
    if not onsets:
        raise click.ClickException("no utterance was recognized")
    return [
        Row(f"utterances without a label, of {len(spoken)}", len(spoken) - len(onsets), 0, "d"),
        Row("from speech onset to first label, median", statistics.median(onsets), None, ".2f s"),
        Row("from speech onset to first label, largest", max(onsets), 1.0, ".2f s"),
        Row("from speech end to final label, median", statistics.median(ends), None, ".2f s"),
        Row("from speech end to final label, largest", max(ends), 0.6, ".2f s"),
    ]


def _start_up(folder: Path, repeat: int, options: Sequence[str]) -> list[Row]:
    helps = [_cost(("--help",)) for _ in range(repeat)]
    silence = folder / "silence.wav"
    soundfile.write(silence, np.zeros(SAMPLE_RATE // 10, np.int16), SAMPLE_RATE)
    listening = []
    for _ in range(repeat):
        begin = time.monotonic()
        arguments = ("listen", "--input", str(silence), "--format", "json", *options)
        with subprocess.Popen([*_COMMAND, *arguments], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            listening.append(time.monotonic() - begin)
            process.stdout.read()
    return [
        Row("--help, processor time", min(cost.processor for cost in helps), 0.3, ".2f s"),
        Row("from start to listening, wall clock", min(listening), 1.0, ".2f s"),
    ]


def _install_size() -> Row:
    """Measure the files of the package and of all its requirements except numpy, which most systems have anyway."""
    needed: dict[str, metadata.Distribution] = {}
    wanted = ["edge-ser", "tflite-runtime"]
    while wanted:
        name = canonicalize_name(wanted.pop())
        if name in needed or name == "numpy":
            continue
        needed[name] = metadata.distribution(name)
        requirements = map(Requirement, needed[name].requires or ())
        wanted += [each.name for each in requirements if each.marker is None or each.marker.evaluate({"extra": ""})]
    own = [path for path in Path(edge_ser.__path__[0]).rglob("*") if path.is_file() and path.suffix != ".pyc"]
    theirs = [Path(str(d.locate_file(f))) for n, d in needed.items() if n != "edge-ser" for f in d.files or ()]
    size = sum(path.stat().st_size for path in own + theirs if path.exists() and path.suffix != ".pyc")
    return Row("installed with tflite-runtime, numpy and .pyc files aside", size / 1e6, 40, ".1f MB")


def _cost(arguments: Sequence[str]) -> Cost:
    """Run the command on one core."""
    core = max(os.sched_getaffinity(0))
    begin = time.monotonic()
    process = subprocess.Popen(["taskset", "-c", str(core), *_COMMAND, *arguments], stdout=subprocess.DEVNULL)
    memory = _Memory(process.pid)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - begin
    memory.join()
    if process.returncode:
        raise click.ClickException(f"edge-ser {' '.join(arguments)} ended with status {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, memory.largest)


class _Memory(threading.Thread):
    """Follows the largest resident set of a process; what the kernel reports to its parent includes the parent's."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.largest = 0.0
        self._status = Path(f"/proc/{pid}/status")
        self.start()

    def run(self) -> None:
        while True:
            try:
                fields = dict(line.split(":", 1) for line in self._status.read_text().splitlines())
            except OSError:
                return
            if "VmHWM" not in fields:  # it has ended
                return
            self.largest = max(self.largest, int(fields["VmHWM"].split()[0]) / 1000)
            time.sleep(0.02)


def _loud(clip: Samples) -> npt.NDArray[np.intp]:
    """Return the blocks of 20 ms within 35 dB of the loudest one."""
    blocks = clip[: len(clip) // 320 * 320].reshape(-1, 320).astype(np.float64)
    level = 10 * np.log10((blocks**2).mean(axis=1) + 1)
    return np.flatnonzero(level > level.max() - _RANGE)


def _active(clip: Samples) -> tuple[int, int]:
    loud = _loud(clip)
    return int(loud[0]) * 320, int(loud[-1] + 1) * 320


def _longest_pause(clip: Samples) -> float:
    return float(np.diff(_loud(clip)).max(initial=1) - 1) * 320 / SAMPLE_RATE


if __name__ == "__main__":
    main()
