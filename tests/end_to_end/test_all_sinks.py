"""Every place for labels at once, most of them stuck: all is heard in time, and what is lost is counted and said.

Raw PCM goes in faster than life, so that a reader who stands still misses something within seconds.  The same PCM
without any of these places says what is to be heard.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import pytest

from edge_ser.sources.recording import read_samples
from tests.cli.command import DEMONSTRATION, run, start
from tests.dashboard.running import dashboard
from tests.end_to_end import stuck
from tests.end_to_end.reader import Event, Reader, connect
from tests.sinks.broker import Broker, wait_until
from tests.sinks.broker import Reader as BrokerReader
from tests.sinks.hooks import is_alive, script

RATE = 16_000
BLOCK = 1_600
PACE = 30  # seconds of sound a second
ENOUGH = 450  # s of sound: more events than a socket and the queue behind it hold
LATE = 5.0  # s; what hangs here does so for longer
WORD = round(5.25 * RATE)  # the demonstration as far as its first utterance goes, and no sound after it
CLIPS = ("11*.flac", "16*.flac")  # of EmoDB, the speakers that the model did not learn from
READ = "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n" + (
    "for line in s.makefile(): print(line, end='', flush=True)"
)

Samples = np.ndarray


class Feeder:
    """Writes sound at the pace, and knows when each moment of it was due."""

    def __init__(self, file: IO[bytes]) -> None:
        self.fed = bytearray()
        self._file = file
        self._marks: list[tuple[float, float]] = []  # from which moment on, and when that was due

    @property
    def position(self) -> float:
        return len(self.fed) / (2 * RATE)

    def feed(self, samples: Samples) -> None:
        self._marks.append((self.position, time.monotonic()))
        for begin in range(0, len(samples), BLOCK):
            # Not when it could be written: a command that does not read must not make itself look in time.
            time.sleep(max(0.0, self.due(self.position) - time.monotonic()))
            block = samples[begin : begin + BLOCK].astype("<i2").tobytes()
            self._file.write(block)
            self._file.flush()
            self.fed += block

    def silence(self, seconds: int) -> None:
        self.feed(np.zeros(RATE * seconds, np.int16))

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Feed silence until something is so: without sound the command waits for it."""
        end = time.monotonic() + 30
        while not holds():
            assert time.monotonic() < end, f"never: {what}"
            self.silence(1)

    def due(self, position: float) -> float:
        begin, at = next(mark for mark in reversed(self._marks) if mark[0] <= position)
        return at + (position - begin) / PACE


@dataclass(frozen=True)
class Seen:
    """What one session made of it all."""

    events: list[Event]  # on standard output
    expected: list[Event]  # the final ones of a run without these places
    delays: list[float]  # of the final ones, s
    reading: list[str]  # what a reader of the socket got
    stopped: list[str]  # what one got that stood still and went on
    broker: list[int]  # utterances that a broker got which is there
    flooding: list[Event]  # what the hook got that floods
    figures: dict[str, float]  # of Prometheus, before the end
    full_disk: bool
    zombies: int
    pids: list[int]  # of hooks and voices that hung
    said: str  # on standard error
    exit_status: int
    ending: float  # from SIGTERM to the end, s
    tidy: bool  # whether the socket is gone


def finals(lines: Iterable[str]) -> list[Event]:
    return [event for event in map(json.loads, list(lines)) if event.get("final")]


def what(events: list[Event]) -> list[tuple[object, ...]]:
    return [tuple(event[key] for key in ("utterance", "start", "end", "label", "confidence")) for event in events]


def fetch(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        lines = [line.rpartition(" ") for line in answer.read().decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def pids(path: Path) -> list[int]:
    return [int(word) for word in path.read_text().split()] if path.exists() else []


def end(path: Path) -> None:
    """End what a test that failed has left."""
    for pid in filter(is_alive, pids(path)):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module", params=["demonstration", "real"])
def sound(request: pytest.FixtureRequest) -> Samples:
    if request.param == "demonstration":
        clips = [read_samples(DEMONSTRATION)]
    else:
        folder = request.getfixturevalue("data") / "emodb"
        clips = [read_samples(path) for pattern in CLIPS for path in sorted(folder.rglob(pattern))]
    pause = np.zeros(RATE, np.int16)
    joined = np.concatenate([part for clip in clips for part in (clip, pause)])
    return np.tile(joined, -(-ENOUGH * RATE // len(joined)))[: ENOUGH * RATE]


@pytest.fixture(scope="module")
def seen(sound: Samples, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    with ExitStack() as stack:
        yield session(sound, tmp_path_factory.mktemp("all-sinks"), stack)


def session(sound: Samples, folder: Path, stack: ExitStack) -> Seen:
    enter = stack.enter_context
    path = Path(enter(tempfile.TemporaryDirectory(prefix="edge-ser-"))) / "socket"
    disk, programs, metrics = folder / "disk", folder / "programs", stuck.nobody()
    enter(stuck.full_disk(disk))
    for made in (programs, folder / "there", folder / "killed"):
        made.mkdir()
    there, killed = enter(Broker(folder / "there")), enter(Broker(folder / "killed"))
    hang = script(folder, f'sleep 1000 & echo $$ $! >> "{folder}/hooks"; wait', "hang")
    flood = script(
        folder, f'cat >> "{folder}/events"; head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2', "flood"
    )
    voice = f'case "$*" in *--stdout*) exit;; esac; echo $$ >> "{folder}/voices"; exec sleep 1000'
    script(programs, voice, "espeak-ng")
    places = [
        f"prometheus:{metrics}",  # the first to be closed: if that takes long nobody sees to the others
        f"unix:{path}",
        f"mqtt://127.0.0.1:{there.port}/edge-ser",
        f"mqtt://127.0.0.1:{killed.port}/killed",
        f"mqtt://127.0.0.1:{stuck.nobody()}/nobody",
        f"mqtt://127.0.0.1:{enter(stuck.silent())}/silent",
        f"mqtt://127.0.0.1:{enter(stuck.unreachable())}/unreachable",
        f"history:{disk}/history.sqlite",
        "speech:",
        f"exec:{hang}",
        f"exec:{flood}",
    ]
    config = folder / "config.toml"
    output = f'[output]\nformat = "json"\npublish = {json.dumps(places)}\n'
    config.write_text(f'[input]\nfile = "-"\n{output}[mqtt]\nbacklog = 2\n')
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"}
    process = enter(start("listen", "--config", config, env=environment, stdin=subprocess.PIPE))
    stack.callback(end, folder / "hooks")
    stack.callback(process.kill)
    out, err = Reader(process.stdout), Reader(process.stderr)
    assert process.stdin is not None
    feeder = Feeder(process.stdin.buffer)  # type: ignore[attr-defined]
    out.wait_for(lambda event: event.get("status") == "listening")

    at_broker, reading = enter(BrokerReader(there.port)), connect(path)
    page = enter(dashboard(path))
    page.wait_for_link("connected")
    plain = enter(subprocess.Popen([sys.executable, "-c", READ, path], stdout=subprocess.PIPE, text=True))
    stack.callback(plain.kill)
    stopped = Reader(plain.stdout)
    feeder.until(lambda: bool(stopped.lines), "a reader's first line")
    for reader in (page.process, plain):
        reader.send_signal(signal.SIGSTOP)

    # One utterance, which a voice is to say that hangs: nobody is heard until it is killed.
    feeder.feed(read_samples(DEMONSTRATION)[:WORD])
    voices = folder / "voices"
    feeder.until(lambda: bool(pids(voices)) and not any(map(is_alive, pids(voices))), "the end of the voice")
    killed.kill()
    feeder.silence(PACE)  # the echo of what was said
    begin, dead = feeder.position, 0
    for part in np.array_split(sound, 9):
        feeder.feed(part)
        dead = max(dead, stuck.zombies(process.pid))
    feeder.silence(1)

    alone = run("listen", "--input", "-", "--format", "json", input=bytes(feeder.fed))
    expected = finals(alone.stdout.splitlines())
    events = folder / "events"
    with suppress(AssertionError):  # what is missing is for the tests to say
        wait_until(lambda: len(finals(out.lines)) >= len(expected), "all labels")
        wait_until(lambda: len(finals(events.read_text().splitlines())) >= len(expected), "all hooks")
        wait_until(lambda: len(at_broker.utterances()) >= len(expected), "all messages")
    figures = fetch(metrics)
    plain.send_signal(signal.SIGCONT)
    with suppress(AssertionError):
        feeder.until(lambda: any('"dropped"' in line for line in list(stopped.lines)), "a reader that is told")

    enter(socket.create_connection(("127.0.0.1", metrics)))  # and never asks
    time.sleep(0.2)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)  # standard input is still open
    status = process.wait(timeout=30)
    ending = time.monotonic() - began
    for thread in (out, err, reading, stopped):
        thread.join(timeout=10)
    came = [(json.loads(line), at) for line, at in zip(out.lines, out.times, strict=True)]
    return Seen(
        [event for event, _ in came],
        expected,
        [at - feeder.due(event["end"]) for event, at in came if event.get("final") and event["end"] > begin],
        reading.lines,
        stopped.lines,
        at_broker.utterances(),
        [json.loads(line) for line in events.read_text().splitlines()],
        figures,
        disk.is_mount(),
        dead,
        pids(folder / "hooks") + pids(voices),
        "".join(err.lines),
        status,
        ending,
        not path.exists(),
    )


def test_every_utterance_reaches_standard_output_as_without_all_this(seen: Seen) -> None:
    assert len(seen.expected) > 80
    assert what([event for event in seen.events if event.get("final")]) == what(seen.expected)


def test_labels_come_in_time(seen: Seen) -> None:
    assert len(seen.delays) == len(seen.expected) - 1
    assert max(seen.delays) < LATE


def test_places_that_work_miss_nothing(seen: Seen) -> None:
    utterances = [event["utterance"] for event in seen.expected]
    assert [event["utterance"] for event in finals(seen.reading)] == utterances
    assert seen.broker == utterances
    assert [event["utterance"] for event in seen.flooding if event.get("final")] == utterances
    counted = sum(count for name, count in seen.figures.items() if name.startswith("edge_ser_utterances_total"))
    assert counted == len(utterances)


def test_a_reader_that_stood_still_is_told_how_much_it_missed(seen: Seen) -> None:
    got = list(map(json.loads, seen.stopped))
    place, told = next((at, event) for at, event in enumerate(got) if event.get("status") == "dropped")
    missed = int(re.match(r"(\d+) events were dropped", told["message"])[1])  # type: ignore[index]
    assert missed > 20
    # What it got, what it was told of, and what came after it went on are all that there was.
    assert place + missed + len(got) - place - 1 == len(seen.events)


def test_what_is_dropped_is_counted_and_said(seen: Seen) -> None:
    most = len(seen.expected) + 5  # with the statuses
    for prefix in ("killed", "nobody", "silent"):
        (name,) = re.findall(rf"(mqtt://\S+/{prefix}): (?:cannot|the broker|.*no )", seen.said)[:1]
        assert most - 10 < seen.figures[f'edge_ser_dropped_events_total{{sink="{name}"}}'] <= most
    for prefix in ("killed", "nobody", "silent", "unreachable", "hang"):
        (count,) = re.findall(rf"{prefix}: (\d+) events were dropped in all", seen.said)
        assert most - 20 < int(count) <= most
    assert seen.figures['edge_ser_dropped_events_total{sink="exec:hang"}'] >= 1
    assert "exec:hang: took longer than 10 s and was killed" in seen.said
    assert "speech: espeak-ng takes too long" in seen.said
    for place in (r"/edge-ser", "exec:flood", "history"):
        assert f"{place}: " not in re.sub(r"history: (cannot write .*|\d+ events could not be written)", "", seen.said)
    assert "Traceback" not in seen.said
    assert len(seen.said.splitlines()) < 30


def test_a_full_disk_is_said(seen: Seen) -> None:
    if not seen.full_disk:
        pytest.skip("only root can make a full disk, with mount")
    assert re.search(r"history: cannot write .*: the disk is full; tried again every 60 s", seen.said)
    assert re.search(rf"history: {len(seen.expected) + 2} events could not be written", seen.said)


def test_sigterm_ends_it_cleanly_though_all_is_stuck(seen: Seen) -> None:
    assert seen.exit_status == 143
    assert seen.events[-1]["status"] == "stopped"
    assert seen.tidy
    assert seen.ending < LATE


def test_no_hook_and_no_voice_is_left(seen: Seen) -> None:
    assert len(seen.pids) >= 5  # two hooks of two processes, one voice
    assert not any(map(is_alive, seen.pids))
    assert seen.zombies <= 2  # just dead
