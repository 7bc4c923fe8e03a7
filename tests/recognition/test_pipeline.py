"""The pipeline on real recordings: a stream gives the same result as the whole recording, bit for bit."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_ser.audio import Block, Samples
from edge_ser.events import EmotionEvent, Event, StatusEvent
from edge_ser.model.bundle import read_bundle
from edge_ser.model.interpreter import choose_interpreter
from edge_ser.paths import demonstration
from edge_ser.recognition.pipeline import Pipeline
from edge_ser.sources.recording import read_samples

BUNDLE, BACKEND = read_bundle(), choose_interpreter()
MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
DEMONSTRATION = read_samples(demonstration())


def run(blocks: Iterable[Block]) -> list[Event]:
    pipeline = Pipeline.for_model(BUNDLE, BACKEND, now=lambda: MOMENT)
    return list(pipeline.run(blocks))


def cut(samples: Samples, cuts: list[int]) -> list[Block]:
    return [Block(piece) for piece in np.split(samples, sorted(cuts))]


WHOLE = run([Block(DEMONSTRATION)])


@settings(max_examples=15)
@given(st.lists(st.integers(0, len(DEMONSTRATION)), max_size=20))
def test_any_chunking_gives_the_same_events(cuts: list[int]) -> None:
    assert run(cut(DEMONSTRATION, cuts)) == WHOLE


@pytest.mark.parametrize("size", [160, 1_000, 1_600, 48_000])
def test_any_chunking_of_recordings_gives_the_same_events(data: Path, size: int) -> None:
    clips = [*sorted((data / "emodb").glob("*.flac"))[::100], *sorted((data / "crema-d").glob("*.flac"))[::1000]]
    samples = np.concatenate([np.concatenate((read_samples(clip), np.zeros(9_000, np.int16))) for clip in clips])
    whole = run([Block(samples)])
    heard = sum(isinstance(event, EmotionEvent) and event.final for event in whole)
    assert heard >= len(clips) - 1, "the model takes one such clip in several hundred for noise"
    assert run(cut(samples, list(range(0, len(samples), size)))) == whole


def test_each_utterance_has_provisional_labels_and_one_final_one() -> None:
    emotions = [event for event in WHOLE if isinstance(event, EmotionEvent)]
    numbers = [event.utterance for event in emotions if event.final]
    assert numbers == list(range(1, len(numbers) + 1))
    for number in numbers:
        events = [event for event in emotions if event.utterance == number]
        assert [event.final for event in events] == [False] * (len(events) - 1) + [True]
        assert len(events) > 1
        steps = np.diff([event.end for event in events[:-1]])
        assert np.allclose(steps, BUNDLE.decision.interval), "provisional labels have equal intervals"
        assert len({event.start for event in events}) == 1


def test_probabilities_add_up_to_one() -> None:
    for event in WHOLE:
        assert isinstance(event, EmotionEvent)
        assert sum(event.probabilities.values()) == pytest.approx(1.0)
        assert event.confidence == max(event.probabilities.values())
        sure = event.confidence >= BUNDLE.decision.threshold
        assert event.label == (max(event.probabilities, key=event.probabilities.get) if sure else "uncertain")  # type: ignore[arg-type]


def test_a_gap_ends_the_utterance_and_is_reported() -> None:
    middle = 3 * 16_000  # in the middle of the first sentence
    events = run([Block(DEMONSTRATION[:middle]), Block(DEMONSTRATION[middle:], lost=8_000)])
    position = next(i for i, event in enumerate(events) if isinstance(event, StatusEvent))
    overflow, before = events[position], events[position - 1]
    assert isinstance(overflow, StatusEvent)
    assert isinstance(before, EmotionEvent)
    assert overflow.status == "overflow"
    assert "0.50 s of audio were lost" in overflow.message
    assert before.final
    assert before.end == pytest.approx(3.0, abs=0.03)
    after = next(event for event in events[position:] if isinstance(event, EmotionEvent))
    assert after.start >= 3.5


def test_without_speech_there_are_no_events() -> None:
    assert run([Block(np.zeros(160_000, np.int16))]) == []
    assert run([]) == []
    assert run([Block(np.zeros(0, np.int16)), Block(np.zeros(1, np.int16))]) == []
