"""The speech gate finds speech, keeps its first sound, and does not depend on how the samples arrive."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.audio import Samples
from edge_ser.errors import InvalidSetting
from edge_ser.paths import demonstration
from edge_ser.recognition.gate import BLOCK, Part, SpeechGate
from edge_ser.settings import GateSettings
from edge_ser.sources.recording import read_samples

SPEECH = read_samples(demonstration())


def run(samples: Samples, cuts: list[int], settings: GateSettings | None = None) -> list[Part]:
    """Feed samples cut at given positions; return whole utterances, each as one part."""
    gate = SpeechGate(settings)
    parts = [part for piece in np.split(samples, sorted(cuts)) for part in gate.process(piece)] + gate.finish()
    utterances: list[Part] = []
    for part in parts:
        if part.begins:
            utterances.append(part)
        else:
            before = utterances.pop()
            assert part.start == before.start + len(before.samples), "parts of an utterance must join"
            assert not before.ends, "nothing follows an end"
            joined = np.concatenate((before.samples, part.samples))
            utterances.append(Part(before.start, joined, True, part.ends))
    return utterances


def test_utterances_are_parts_of_the_stream() -> None:
    utterances = run(SPEECH, [])
    assert len(utterances) == 5
    for utterance in utterances:
        assert utterance.begins
        assert utterance.ends
        end = utterance.start + len(utterance.samples)
        assert np.array_equal(utterance.samples, SPEECH[utterance.start : end])


@given(st.lists(st.integers(0, len(SPEECH)), max_size=12))
def test_any_chunking_gives_the_same_utterances(cuts: list[int]) -> None:
    whole, cut = run(SPEECH, []), run(SPEECH, cuts)
    assert [(u.start, len(u.samples)) for u in whole] == [(u.start, len(u.samples)) for u in cut]


def test_single_blocks_give_the_same_utterances() -> None:
    whole, cut = run(SPEECH, []), run(SPEECH, list(range(0, len(SPEECH), BLOCK)))
    assert [(u.start, len(u.samples)) for u in whole] == [(u.start, len(u.samples)) for u in cut]


def test_the_first_sound_is_kept() -> None:
    """The demonstration's first word begins at 1.0 s after a second of faint noise."""
    first = run(SPEECH, [])[0]
    assert 0.6 < first.start / 16_000 < 1.0


def test_silence_does_not_open_the_gate() -> None:
    assert run(np.zeros(160_000, np.int16), []) == []


def test_an_utterance_is_never_longer_than_the_longest() -> None:
    settings = GateSettings(longest=2.0)
    utterances = run(SPEECH, [], settings)
    assert len(utterances) > 5
    assert max(len(u.samples) for u in utterances) <= 2.0 * 16_000


def test_an_open_utterance_ends_with_the_stream() -> None:
    cut = SPEECH[: 3 * 16_000]
    (utterance,) = run(cut, [])
    assert utterance.ends
    assert utterance.start + len(utterance.samples) == len(cut) // BLOCK * BLOCK


def test_positions_go_on_after_a_reset() -> None:
    gate = SpeechGate()
    gate.reset(1_000_000)
    parts = gate.process(SPEECH)
    assert parts[0].start == 1_000_000 + run(SPEECH, [])[0].start


@pytest.mark.parametrize("changed", [{"onset": 0.0}, {"aggressiveness": 4}, {"tail": 0.5}, {"longest": 1.0}])
def test_setting_errors_name_key_value_and_bounds(changed: dict[str, float]) -> None:
    (key, value), *_ = changed.items()
    with pytest.raises(InvalidSetting, match=rf"gate\.{key} = {value}: allowed is "):
        GateSettings(**changed)  # type: ignore[arg-type]
