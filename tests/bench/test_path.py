"""A benchmark measures what `edge-ser listen` does: its events are the same, with and without stopwatches."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import soundfile

from edge_ser.bench.audio import SharedSound, Sound, quiet_room, speech
from edge_ser.bench.listener import SteppedListener
from edge_ser.bench.passes import CountingSink, Pass, hear
from edge_ser.bench.stopwatch import Stopwatch, Timed
from edge_ser.model.bundle import read_bundle
from edge_ser.model.interpreter import choose_interpreter
from tests.cli.command import run

BUNDLE, INTERPRETER = read_bundle(), choose_interpreter()


def heard(
    sound: Sound, capsys: pytest.CaptureFixture[str], watch: Stopwatch | None
) -> tuple[list[dict[str, Any]], Pass]:
    """Return the events of a pass, as it writes them, and its times."""
    sink = CountingSink()
    with SharedSound(sound) as shared:
        listener = SteppedListener.for_model(BUNDLE, INTERPRETER, 1, sound.rate, sink, watch)
        capsys.readouterr()
        times = hear(listener, sink, shared.descriptor, sound.rate, watch)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    events = [event for event in lines if event["event"] == "emotion"]
    assert len(events) == sink.count
    return events, times


def listened(path: Path) -> list[dict[str, Any]]:
    done = run("listen", "--input", path, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    return [event for event in map(json.loads, done.stdout.splitlines()) if event["event"] == "emotion"]


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("watched", [True, False], ids=["with stopwatches", "without"])
def test_events_equal_those_of_listen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rate: int, watched: bool
) -> None:
    sound = speech(None, 12.3, rate)
    soundfile.write(tmp_path / "speech.wav", sound.samples, rate)
    events, _ = heard(sound, capsys, Stopwatch() if watched else None)
    expected = listened(tmp_path / "speech.wav")
    assert len(expected) > 10
    for event in (*events, *expected):
        del event["time"]
    assert events == expected


def test_every_stage_is_timed_once(capsys: pytest.CaptureFixture[str]) -> None:
    _, times = heard(speech(None, 10, 48_000), capsys, Stopwatch())
    assert set(times.stages) == {"resample", "health", "gate", "features", "model", "decision", "publish", "rest"}
    assert len(times.blocks) == len(times.stages["gate"]) == len(times.stages["rest"]) == 100
    assert sum(map(sum, times.stages.values())) == sum(times.blocks)
    assert min(times.stages["rest"]) >= 0
    assert 0 < len(times.labels) == len(times.stages["publish"]) < 100
    assert set(times.first) == set(times.stages)
    assert sum(times.first.values()) >= times.labels[0], "the whole block with the first label"


def test_stages_that_run_without_speech(capsys: pytest.CaptureFixture[str]) -> None:
    events, times = heard(quiet_room(3, 48_000), capsys, Stopwatch())
    assert not events
    assert set(times.stages) == {"resample", "health", "gate", "rest"}


class Thing:
    colour = "red"

    def add(self, a: int, b: int = 1) -> int:
        return a + b

    def fail(self) -> None:
        raise LookupError("gone")


def test_stopwatch_changes_no_result() -> None:
    watch = Stopwatch()
    timed: Any = Timed("stage", Thing(), watch)
    assert (timed.colour, timed.add(1), timed.add(1, b=3)) == ("red", 2, 4)
    with pytest.raises(LookupError):
        timed.fail()
    with pytest.raises(AttributeError):
        timed.no_such_thing  # noqa: B018
    assert watch.read()["stage"] > 0
    assert watch.read() == {}


def test_nested_stages_count_once() -> None:
    watch = Stopwatch()
    inner = watch.timed("inner", lambda: time.sleep(0.02))
    outer = watch.timed("outer", lambda: (inner(), inner()))
    before = time.perf_counter_ns()
    outer()
    took = time.perf_counter_ns() - before
    spent = watch.read()
    assert spent["inner"] >= 40_000_000
    assert spent["inner"] + spent["outer"] <= took


def test_deaf_microphone_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    listener = SteppedListener.for_model(BUNDLE, INTERPRETER, 1, 16_000, CountingSink())
    for _ in range(200):
        listener.hear(bytes(3_200))
    statuses = [json.loads(line)["status"] for line in capsys.readouterr().out.splitlines()]
    assert statuses == ["listening", "deaf"]
