"""Events without speech are counted, for all sounds and for each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_ser.events import EmotionEvent
from edge_ser.model.bundle import read_bundle
from edge_ser.model.interpreter import choose_interpreter
from tests.training.robustness.material import RATE, dataset_of, event
from training.augmentation import synthetic_noise
from training.data.protocols import noise_split
from training.robustness import non_speech


@pytest.mark.parametrize("kind", synthetic_noise.KINDS)
def test_a_sound_has_its_length_is_loud_and_depends_on_its_seed(kind: str) -> None:
    sound, again, other = (synthetic_noise.make(kind, 4.0, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert sound.dtype == np.int16
    assert sound.shape == (4 * RATE,)
    assert np.abs(sound).max() == pytest.approx(32_767 * 10 ** (-3 / 20), abs=1)
    assert sound.astype(float).std() > 100
    assert np.array_equal(sound, again)
    assert not np.array_equal(sound, other)


def test_events_without_speech_are_counted_overall_and_by_kind(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recognizer that reports every block, with an uncertain label for loud ones."""

    class Talker:
        def __init__(self) -> None:
            self.position = 0.0

        @classmethod
        def for_model(cls, *of: object) -> Talker:
            return cls()

        def process(self, block: Any) -> Iterator[EmotionEvent]:
            self.position += len(block.samples) / RATE
            loud = np.abs(block.samples.astype(int)).max() > 5_000
            yield event("anger")
            yield event("uncertain" if loud else "anger", final=True)

        def finish(self) -> list[EmotionEvent]:
            return []

    monkeypatch.setattr(non_speech, "Pipeline", Talker)
    noises = [clip.path for clip in noise_split(dataset_of(place).noise).test]
    found = non_speech.measure(noises, read_bundle(), choose_interpreter(), seconds=1.0)
    assert list(found.by_kind) == ["recorded", *synthetic_noise.KINDS]
    pieces = len(non_speech.KINDS)
    assert found.hours == pytest.approx(pieces * 16.5 / 3600, abs=0.001), "one sound of each kind, with its pauses"
    assert {rates.events_an_hour for rates in found.by_kind.values()} == {round(3600 / 16.5, 1)}
    uncertain = [rates.of_them_uncertain for rates in found.by_kind.values()]
    assert 0 < sum(rate > 0 for rate in uncertain) < pieces, "levels go from quiet to loud"
