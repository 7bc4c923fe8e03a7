"""One session of `listen` with all destinations at once, most of them stuck or failing, and what came of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge_ser.sources.recording import read_samples
from tests.cli.command import DEMONSTRATION, run, start
from tests.dashboard.running import dashboard
from tests.end_to_end import stuck
from tests.end_to_end.feeder import PACE, RATE, Feeder, Samples
from tests.end_to_end.reader import Event, Reader, connect
from tests.sinks.broker import Broker, wait_until
from tests.sinks.broker import Reader as BrokerReader
from tests.sinks.hooks import is_alive, script

WORD = round(5.25 * RATE)  # the demonstration's first utterance, without any sound after it
READ = "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n" + (
    "for line in s.makefile(): print(line, end='', flush=True)"
)


@dataclass(frozen=True)
class Seen:
    """The outcome of a session."""

    events: list[Event]  # on standard output
    expected: list[Event]  # final events of a run without these destinations
    delays: list[float]  # of final events, s
    reading: list[str]  # lines of a socket reader
    stopped: list[str]  # lines of a reader that was stopped and continued
    broker: list[int]  # utterances of the working broker
    flooding: list[Event]  # events of the hook that floods its output
    figures: dict[str, float]  # metrics of Prometheus, before the end
    full_disk: bool
    zombies: int
    pids: list[int]  # of hooks and speech programs that hung
    messages: str  # standard error
    exit_status: int
    ending: float  # from SIGTERM to the end, s
    tidy: bool  # whether the socket was removed


def finals(lines: Iterable[str]) -> list[Event]:
    return [event for event in map(json.loads, list(lines)) if event.get("final")]


def fetch(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        lines = [line.rpartition(" ") for line in answer.read().decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def pids(path: Path) -> list[int]:
    return [int(word) for word in path.read_text().split()] if path.exists() else []


def end(path: Path) -> None:
    """Kill the programs that a failed test left."""
    for pid in filter(is_alive, pids(path)):
        os.kill(pid, signal.SIGKILL)


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
    destinations = [
        f"prometheus:{metrics}",  # closed first: if that takes long, the others wait
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
    output = f'[output]\nformat = "json"\npublish = {json.dumps(destinations)}\n'
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
    feeder.until(lambda: bool(stopped.lines), "the first line of a reader")
    for reader in (page.process, plain):
        reader.send_signal(signal.SIGSTOP)

    # One utterance for a speech program that hangs: the input is silenced until that is killed.
    feeder.feed(read_samples(DEMONSTRATION)[:WORD])
    voices = folder / "voices"
    feeder.until(lambda: bool(pids(voices)) and not any(map(is_alive, pids(voices))), "the end of the voice")
    killed.kill()
    feeder.silence(PACE)  # the echo of the speech
    begin, dead = feeder.position, 0
    for part in np.array_split(sound, 9):
        feeder.feed(part)
        dead = max(dead, stuck.zombies(process.pid))
    feeder.silence(1)

    alone = run("listen", "--input", "-", "--format", "json", input=bytes(feeder.fed))
    expected = finals(alone.stdout.splitlines())
    events = folder / "events"
    with suppress(AssertionError):  # the tests report what is missing
        wait_until(lambda: len(finals(out.lines)) >= len(expected), "all labels")
        wait_until(lambda: len(finals(events.read_text().splitlines())) >= len(expected), "all hooks")
        wait_until(lambda: len(at_broker.utterances()) >= len(expected), "all messages")
    figures = fetch(metrics)
    plain.send_signal(signal.SIGCONT)
    with suppress(AssertionError):
        feeder.until(lambda: any('"dropped"' in line for line in list(stopped.lines)), "the report of dropped events")

    enter(socket.create_connection(("127.0.0.1", metrics)))  # which never sends a request
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
