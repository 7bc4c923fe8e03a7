"""What is measured is what `edge-ser listen` does: the same events, whether or not there are stopwatches."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.bench.audio import Sound, Tape, block_of, frames_a_block, lay, quiet_room, speech
from edge_ser.bench.listener import SteppedListener
from edge_ser.bench.measure import CountingSink, Pass, _hear
from edge_ser.bench.stopwatch import Stopwatch, Timed
from edge_ser.model.bundle import read_bundle
from edge_ser.model.interpreter import choose_interpreter
from tests.cli.command import run

BUNDLE, BACKEND = read_bundle(), choose_interpreter()


def heard(
    sound: Sound, capsys: pytest.CaptureFixture[str], watch: Stopwatch | None
) -> tuple[list[dict[str, Any]], Pass]:
    """Return the events of a pass of a benchmark, as they are written, and its times."""
    sink = CountingSink()
    with Tape(sound) as tape:
        listener = SteppedListener.for_model(BUNDLE, BACKEND, 1, sound.rate, sink, watch)
        capsys.readouterr()
        times = _hear(listener, sink, tape.descriptor, sound.rate, watch)
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
def test_its_events_are_those_of_listen(
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


def test_every_stage_is_timed_and_nothing_twice(capsys: pytest.CaptureFixture[str]) -> None:
    _, times = heard(speech(None, 10, 48_000), capsys, Stopwatch())
    assert set(times.stages) == {"resample", "health", "gate", "features", "model", "decision", "publish", "rest"}
    assert len(times.blocks) == len(times.stages["gate"]) == len(times.stages["rest"]) == 100
    assert sum(map(sum, times.stages.values())) == sum(times.blocks)
    assert min(times.stages["rest"]) >= 0
    assert 0 < len(times.labels) == len(times.stages["publish"]) < 100
    assert set(times.first) == set(times.stages)
    assert sum(times.first.values()) >= times.labels[0], "all of the block in which the first label came"


def test_when_nobody_speaks_only_these_stages_run(capsys: pytest.CaptureFixture[str]) -> None:
    events, times = heard(quiet_room(3, 48_000), capsys, Stopwatch())
    assert not events
    assert set(times.stages) == {"resample", "health", "gate", "rest"}


class Thing:
    colour = "red"

    def add(self, a: int, b: int = 1) -> int:
        return a + b

    def fail(self) -> None:
        raise LookupError("gone")


def test_a_stopwatch_changes_nothing_but_the_time() -> None:
    watch = Stopwatch()
    timed: Any = Timed("stage", Thing(), watch)
    assert (timed.colour, timed.add(1), timed.add(1, b=3)) == ("red", 2, 4)
    with pytest.raises(LookupError):
        timed.fail()
    with pytest.raises(AttributeError):
        timed.no_such_thing  # noqa: B018
    assert watch.read()["stage"] > 0
    assert watch.read() == {}


def test_what_a_stage_calls_of_another_is_the_others() -> None:
    watch = Stopwatch()
    inner = watch.timed("inner", lambda: time.sleep(0.02))
    outer = watch.timed("outer", lambda: (inner(), inner()))
    before = time.perf_counter_ns()
    outer()
    took = time.perf_counter_ns() - before
    spent = watch.read()
    assert spent["inner"] >= 40_000_000
    assert spent["inner"] + spent["outer"] <= took


def test_a_microphone_that_is_deaf_says_so_here_too(capsys: pytest.CaptureFixture[str]) -> None:
    listener = SteppedListener.for_model(BUNDLE, BACKEND, 1, 16_000, CountingSink())
    for _ in range(200):
        listener.hear(bytes(3_200))
    statuses = [json.loads(line)["status"] for line in capsys.readouterr().out.splitlines()]
    assert statuses == ["listening", "deaf"]


# Audio ---------------------------------------------------------------------------------------------------------------


@given(st.integers(1, 60_000), st.integers(1, 100_000))
def test_a_recording_is_laid_again_and_again(have: int, want: int) -> None:
    samples = np.arange(1, have + 1).astype(np.int16)
    laid = lay(samples, want)
    assert len(laid) == want
    assert np.array_equal(laid[:have], samples[:want])
    again = have + 9_600
    if want > again:
        assert np.array_equal(laid[again : again + have], samples[: want - again])
        assert 0 < np.abs(laid[have:again]).max() < 40, "a quiet room, not silence"


def test_a_quiet_room_is_faint_noise_and_the_same_each_time() -> None:
    noise = quiet_room(1, 48_000)
    assert noise.sha256 == quiet_room(1, 48_000).sha256
    assert (noise.seconds, noise.rate) == (1.0, 48_000)
    assert 1 < noise.samples.std() < 5


@given(st.lists(st.integers(-32_768, 32_767), max_size=10_000), st.sampled_from([16_000, 44_100, 48_000]))
def test_a_tape_gives_back_what_is_on_it_block_by_block(samples: list[int], rate: int) -> None:
    sound = Sound(np.array(samples, np.int16), rate)
    with Tape(sound) as tape:
        count = -(-len(samples) // frames_a_block(rate))
        blocks = [block_of(tape.descriptor, number, rate) for number in range(count + 1)]
    assert blocks[-1] == b""
    assert all(len(block) == 2 * frames_a_block(rate) for block in blocks[:-2])
    assert np.array_equal(np.frombuffer(b"".join(blocks), np.int16), sound.samples)


def test_the_demonstration_is_speech_of_the_length_asked_for() -> None:
    sound: Callable[[float], Sound] = lambda seconds: speech(None, seconds, 48_000)  # noqa: E731
    assert sound(2.5).seconds == 2.5
    assert sound(30).seconds == 30
