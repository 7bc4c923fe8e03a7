"""Hours of speech through `edge-ser listen --input -`, unpaced: memory, time stamps, missed utterances (README.md).

It needs only the package of this checkout and recordings, and also runs outside the emulated Pi.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
from recordings import LEAD, PAUSE, RATE, ROOT, Clip, noise, some

CLIPS = 100  # per round, which is repeated; about seven minutes
SEED = 6
SAMPLE_EVERY = 60  # s of stream between two readings of the memory
SETTLED = 600.0  # s of stream after which memory must not grow
GROWTH = 64  # kB, most growth of the mean from the first tenth after SETTLED to the last tenth
HOP = 0.016  # s, the hop of the front end
STEADY = 0.98  # share of the starts that must be within a hop of those of the first round; drift would move all of them
NEAR = 0.4  # s, largest distance between the starts of an utterance and of its clip


@dataclass(frozen=True)
class Placed:
    """The place of a clip in the stream, s."""

    name: str
    start: float
    end: float


@dataclass
class Run:
    """The outcome: places, final events, and (position s, VmRSS kB) of the process."""

    placed: list[Placed] = field(default_factory=list)
    finals: list[dict[str, object]] = field(default_factory=list)
    memory: list[tuple[float, int]] = field(default_factory=list)
    peak: int = 0
    statuses: list[str] = field(default_factory=list)
    seconds: float = 0.0
    cpu: float = 0.0


def stream(clips: list[Clip], length: float, placed: list[Placed]) -> Iterator[np.ndarray]:
    """Yield the sound in whole rounds, one clip and the pause after it at a time.

    All rounds are the same sound, noise included, so each clip must be recognized in each round.  Its start may move by
    some blocks now and then, since the speech gate depends on the minutes before.
    """
    yield (lead := noise(np.random.default_rng(SEED), LEAD))
    position = lead.size
    while position < length * RATE:
        rng = np.random.default_rng(SEED)
        for one in clips:
            placed.append(Placed(one.name, position / RATE, (position + one.samples.size) / RATE))
            yield (both := np.concatenate([one.samples, noise(rng, PAUSE)]))
            position += both.size


def status(pid: int, name: str) -> int:
    """Return a value from the status of the process, kB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise ValueError(name)


def feed(process: subprocess.Popen[bytes], clips: list[Clip], length: float, run: Run) -> None:
    """Write the stream to the process and read its memory meanwhile; the pipe holds 2 s at most."""
    assert process.stdin is not None
    position, due = 0, 0.0
    with process.stdin:
        for samples in stream(clips, length, run.placed):
            process.stdin.write(samples.astype("<i2").tobytes())
            position += samples.size
            if position / RATE >= due:
                run.memory.append((position / RATE, status(process.pid, "VmRSS")))
                run.peak = status(process.pid, "VmHWM")
                due += SAMPLE_EVERY


def listen(command: list[str], length: float) -> Run:
    """Run the recognizer on the stream to its end."""
    run = Run()
    clips = some(CLIPS, SEED)
    begin = time.monotonic()
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd=ROOT) as process:
        writer = threading.Thread(target=feed, args=(process, clips, length, run))
        writer.start()
        output: IO[bytes] | None = process.stdout
        assert output is not None
        for event in map(json.loads, output):
            if event.get("final"):
                run.finals.append(event)
            elif event["event"] == "status":
                run.statuses.append(event["status"])
        writer.join()
        _, exit_status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(exit_status)
    if process.returncode:
        sys.exit(f"edge-ser ended with {process.returncode}")
    run.seconds, run.cpu = time.monotonic() - begin, usage.ru_utime + usage.ru_stime
    return run


def pair(run: Run) -> tuple[list[list[float]], int]:
    """Return the utterances of each place, as offsets of their starts, s, and how many belong to none."""
    found: list[list[float]] = [[] for _ in run.placed]
    strays, at = 0, 0
    for event in run.finals:
        start = float(str(event["start"]))
        while at + 1 < len(run.placed) and run.placed[at + 1].start - NEAR <= start:
            at += 1
        place = run.placed[at]
        if place.start - NEAR <= start <= place.end + NEAR:
            found[at].append(start - place.start)
        else:
            strays += 1
    return found, strays


def judge(run: Run, length: float) -> tuple[list[tuple[bool, str]], dict[str, float]]:
    """Return the proofs and the figures."""
    found, strays = pair(run)
    first, rounds = found[:CLIPS], [found[i : i + CLIPS] for i in range(CLIPS, len(found), CLIPS)]
    missed = sum(bool(a) and not b for later in rounds for a, b in zip(first, later, strict=True))
    new = sum(bool(b) and not a for later in rounds for a, b in zip(first, later, strict=True))
    moved = [b[0] - a[0] for later in rounds for a, b in zip(first, later, strict=True) if a and b]
    last = [b[0] - a[0] for a, b in zip(first, rounds[-1], strict=True) if a and b] if rounds else []
    same = [abs(value) <= HOP for value in moved]
    settled = min(SETTLED, length / 2)
    after = [kilobytes for position, kilobytes in run.memory if position >= settled]
    tenth = max(1, len(after) // 10)
    growth = float(np.mean(after[-tenth:]) - np.mean(after[:tenth]))
    drift = float(np.median(last)) if last else float("nan")
    figures = {
        "hours of stream": run.placed[-1].end / 3600,
        "clips placed": len(run.placed),
        "rounds of the same clips": len(rounds) + 1,
        "clips heard in the first round": sum(map(bool, first)),
        "heard then, missed later": missed,
        "missed then, heard later": new,
        "utterances that belong to no clip": strays,
        "drift, median of last round to first, ms": drift * 1e3,
        "begins within a hop of the first round's, %": 100 * float(np.mean(same)) if same else float("nan"),
        "begins that moved most, ms": 1e3 * max(map(abs, moved), default=float("nan")),
        f"memory after {settled / 60:.0f} min, kB": float(np.mean(after[:tenth])),
        "memory at the end, kB": float(np.mean(after[-tenth:])),
        "memory, most, kB": run.peak,
        "processor time a second of audio, ms": 1e3 * run.cpu / run.placed[-1].end,
        "wall time, s": run.seconds,
    }
    proofs = [
        (bool(rounds) and missed == 0, f"no utterance missed: {missed} of {len(moved) + missed} heard in round 1"),
        (abs(drift) <= HOP, f"time stamps do not drift: {drift * 1e3:+.0f} ms, median of the last round to the first"),
        (
            bool(same) and sum(same) >= STEADY * len(same),
            f"clips begin where they did in round 1: {sum(same)} of {len(same)} within {HOP * 1e3:.0f} ms",
        ),
        (growth <= GROWTH, f"memory does not grow after {settled / 60:.0f} min: {growth:+.0f} kB"),
        (run.statuses == ["listening", "stopped"], f"nothing else was said: {', '.join(run.statuses)}"),
    ]
    return proofs, figures


def main() -> int:
    """Run and print; the exit status is 1 if something failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=8.0, help="length of the stream")
    parser.add_argument("--command", default=f"{sys.executable} -m edge_ser", help="how edge-ser is called")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    arguments = parser.parse_args()
    command = [*arguments.command.split(), "listen", "--input", "-", "--format", "json"]
    run = listen(command, arguments.hours * 3600)
    proofs, figures = judge(run, arguments.hours * 3600)
    for name, value in figures.items():
        sys.stdout.write(f"{name:44} {value:10.4g}\n" if value < 1e4 else f"{name:44} {value:10.0f}\n")
    for passed, text in proofs:
        sys.stdout.write(f"{'ok' if passed else 'FAILED'} soak: {text}\n")
    if arguments.json:
        arguments.json.write_text(json.dumps({"figures": figures, "memory kB": run.memory}, indent=1) + "\n")
    return not all(passed for passed, _ in proofs)


if __name__ == "__main__":
    sys.exit(main())
