"""All destinations at once, most of them stuck: every label arrives in time, and losses are counted and reported.

Raw PCM is fed faster than real time, so that a stopped reader misses events within seconds.  The same PCM without any
of these destinations gives the expected events.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np
import pytest

from edge_ser.sources.recording import read_samples
from tests.cli.command import DEMONSTRATION
from tests.end_to_end.all_sinks import Seen, finals, session
from tests.end_to_end.feeder import RATE, Samples
from tests.end_to_end.reader import Event
from tests.sinks.hooks import is_alive

ENOUGH = 450  # s of sound: more events than a socket and the queue before it hold
LATE = 5.0  # s; everything that hangs here does so for longer
CLIPS = ("11*.flac", "16*.flac")  # of EmoDB: the speakers that the model was not trained on


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


def what(events: list[Event]) -> list[tuple[object, ...]]:
    return [tuple(event[key] for key in ("utterance", "start", "end", "label", "confidence")) for event in events]


def test_standard_output_has_every_utterance(seen: Seen) -> None:
    assert len(seen.expected) > 80
    assert what([event for event in seen.events if event.get("final")]) == what(seen.expected)


def test_labels_come_in_time(seen: Seen) -> None:
    assert len(seen.delays) == len(seen.expected) - 1
    assert max(seen.delays) < LATE


def test_working_destinations_miss_nothing(seen: Seen) -> None:
    utterances = [event["utterance"] for event in seen.expected]
    assert [event["utterance"] for event in finals(seen.reading)] == utterances
    assert seen.broker == utterances
    assert [event["utterance"] for event in seen.flooding if event.get("final")] == utterances
    counted = sum(count for name, count in seen.figures.items() if name.startswith("edge_ser_utterances_total"))
    assert counted == len(utterances)


def test_a_stopped_reader_is_told_how_much_it_missed(seen: Seen) -> None:
    got = list(map(json.loads, seen.stopped))
    index, told = next((at, event) for at, event in enumerate(got) if event.get("status") == "dropped")
    missed = int(re.match(r"(\d+) events were dropped", told["message"])[1])  # type: ignore[index]
    assert missed > 20
    # The lines before the stop, the reported ones and the lines after it are all events.
    assert index + missed + len(got) - index - 1 == len(seen.events)


def test_dropped_events_are_counted_and_reported(seen: Seen) -> None:
    most = len(seen.expected) + 5  # with the statuses
    for prefix in ("killed", "nobody", "silent"):
        (name,) = re.findall(rf"(mqtt://\S+/{prefix}): (?:cannot|the broker|.*no )", seen.messages)[:1]
        assert most - 10 < seen.figures[f'edge_ser_dropped_events_total{{sink="{name}"}}'] <= most
    for prefix in ("killed", "nobody", "silent", "unreachable", "hang"):
        (count,) = re.findall(rf"{prefix}: (\d+) events were dropped in all", seen.messages)
        assert most - 20 < int(count) <= most
    assert seen.figures['edge_ser_dropped_events_total{sink="exec:hang"}'] >= 1
    assert "exec:hang: took longer than 10 s and was killed" in seen.messages
    assert "speech: espeak-ng takes too long" in seen.messages
    for destination in (r"/edge-ser", "exec:flood", "history"):
        assert f"{destination}: " not in re.sub(
            r"history: (cannot write .*|\d+ events could not be written)", "", seen.messages
        )
    assert "Traceback" not in seen.messages
    assert len(seen.messages.splitlines()) < 30


def test_a_full_disk_is_reported(seen: Seen) -> None:
    if not seen.full_disk:
        pytest.skip("only root can mount a full disk")
    assert re.search(r"history: cannot write .*: the disk is full; retrying every 60 s", seen.messages)
    assert re.search(rf"history: {len(seen.expected) + 2} events could not be written", seen.messages)


def test_sigterm_ends_listening_cleanly(seen: Seen) -> None:
    assert seen.exit_status == 143
    assert seen.events[-1]["status"] == "stopped"
    assert seen.tidy
    assert seen.ending < LATE


def test_no_hook_and_no_voice_is_left_running(seen: Seen) -> None:
    assert len(seen.pids) >= 5  # two hooks of two processes, one voice
    assert not any(map(is_alive, seen.pids))
    assert seen.zombies <= 2  # that have just ended
