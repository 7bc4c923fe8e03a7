"""What counts as slower: a whole interval beyond the limit; and what cannot be compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge_ser.bench.audio import Sound
from edge_ser.bench.compare import FIGURES, Comparison, compare, require_same_audio
from edge_ser.bench.result import Result
from edge_ser.errors import NotAResult, SlowerThanBefore
from tests.bench.made_up import environment, measurement, result

OLD = result()
FILE = Path("old.json")
STEADY = (1.0, 1.01, 0.99, 1.02, 0.98)


def compared(new: Result, old: Result = OLD, limit: float = 1.1) -> Comparison:
    return compare(new, old, FILE, limit)


def scaled(scale: float) -> Result:
    return result(measurement(scales=[scale * value for value in STEADY]))


def test_the_same_is_not_slower() -> None:
    comparison = compared(result())
    comparison.require_not_slower()
    assert [row.figure for row in comparison.rows] == list(FIGURES)
    assert all(row.ratio == 1.0 and row.low <= 1.0 <= row.high for row in comparison.rows)
    assert comparison.warnings == ()


@pytest.mark.parametrize(("scale", "limit", "slower"), [
    (1.3, 1.1, True),
    (1.3, 1.4, False),
    (1.11, 1.1, False),  # beyond the limit, but its interval reaches below
    (1.05, 1.1, False),
    (0.5, 1.1, False),
    (1.3, 1.0, True),
])  # fmt: skip
def test_slower_is_what_is_beyond_the_limit_with_its_whole_interval(scale: float, limit: float, slower: bool) -> None:
    comparison = compared(scaled(scale), limit=limit)
    row = comparison.rows[0]
    assert row.ratio == pytest.approx(scale)
    assert row.low <= row.ratio <= row.high
    assert row.low < row.high
    assert row.slower is slower
    if slower:
        with pytest.raises(
            SlowerThanBefore, match=r"worse than old\.json, beyond the limit .*a label, undisturbed, p50 of default"
        ):
            comparison.require_not_slower()
    else:
        comparison.require_not_slower()


def test_what_one_of_them_did_not_measure_is_left_out() -> None:
    comparison = compared(result(measurement(listening=None)))
    assert "start to listening" not in [row.figure for row in comparison.rows]
    assert len(comparison.rows) == len(FIGURES) - 1


def test_configurations_are_compared_with_their_like() -> None:
    old = result(measurement(backend="litert"), measurement(backend="tflite-runtime", scales=[2 * x for x in STEADY]))
    new = result(measurement(backend="tflite-runtime"), measurement(backend="tensorflow"))
    comparison = compared(new, old)
    assert {row.configuration for row in comparison.rows} == {"default.tflite (int8), tflite-runtime, 1 thread"}
    assert comparison.rows[0].ratio == pytest.approx(0.5)
    assert "not in the older result: default.tflite (int8), tensorflow, 1 thread" in comparison.warnings


def test_two_that_measured_one_thing_each_are_compared_with_a_warning() -> None:
    comparison = compared(result(measurement(form="float")))
    assert len(comparison.rows) == len(FIGURES)
    assert any("another configuration: default.tflite (float)" in warning for warning in comparison.warnings)


def test_nothing_in_common_is_refused() -> None:
    new = result(measurement(backend="tensorflow"), measurement(form="float"))
    with pytest.raises(NotAResult, match=r"old\.json measured none of these: it has default\.tflite \(int8\), litert"):
        compared(new)


def test_another_machine_model_or_label_is_warned_of() -> None:
    other = measurement(labels=("anger", "anger"))
    other = replace(other, configuration=replace(other.configuration, network_sha256="1" * 64, backend_version="3.0"))
    comparison = compared(result(other, where=environment(processor="Cortex-A76")), result(warnings=("it was hot",)))
    assert comparison.warnings == (
        "another processor: Cortex-A76, it was Cortex-A72",
        "another version of litert: 3.0, it was 2.0",
        "another model: sha256 111111111111, it was 000000000000",
        "other labels were heard by default.tflite (int8), litert, 1 thread",
        "the older result says: it was hot",
    )


def test_few_rounds_are_warned_of() -> None:
    assert any("so few rounds" in warning for warning in compared(result(measurement(scales=(1.0, 1.0)))).warnings)


def test_other_audio_is_refused() -> None:
    sound = Sound(np.zeros(100, np.int16), 48_000)
    require_same_audio(sound, result(sha256=sound.sha256), FILE)
    with pytest.raises(NotAResult, match=r"heard other audio \(60 s of demonstration at 48000 Hz\)"):
        require_same_audio(sound, OLD, FILE)
