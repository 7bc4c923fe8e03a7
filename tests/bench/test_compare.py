"""A regression is an interval that lies wholly above the limit; and what cannot be compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge_ser.bench.audio import Sound
from edge_ser.bench.compare import FIGURES, Baseline, Comparison
from edge_ser.bench.result import BenchmarkResult
from edge_ser.errors import NotAResult, SlowerThanBefore
from tests.bench.example_results import environment, measurement, result

OLD = result()
FILE = Path("old.json")
STEADY = (1.0, 1.01, 0.99, 1.02, 0.98)


def compared(new: BenchmarkResult, old: BenchmarkResult = OLD, limit: float = 1.1) -> Comparison:
    return Baseline(FILE, old, limit).compare(new)


def scaled(scale: float) -> BenchmarkResult:
    return result(measurement(scales=[scale * value for value in STEADY]))


def test_equal_results_are_no_regression() -> None:
    comparison = compared(result())
    comparison.require_no_regression()
    assert [row.figure for row in comparison.rows] == list(FIGURES)
    assert all(row.ratio == 1.0 and row.low <= 1.0 <= row.high for row in comparison.rows)
    assert comparison.warnings == ()


@pytest.mark.parametrize(("scale", "limit", "slower"), [
    (1.3, 1.1, True),
    (1.3, 1.4, False),
    (1.11, 1.1, False),  # above the limit, but the interval reaches below
    (1.05, 1.1, False),
    (0.5, 1.1, False),
    (1.3, 1.0, True),
])  # fmt: skip
def test_regression_needs_the_whole_interval(scale: float, limit: float, slower: bool) -> None:
    comparison = compared(scaled(scale), limit=limit)
    row = comparison.rows[0]
    assert row.ratio == pytest.approx(scale)
    assert row.low <= row.ratio <= row.high
    assert row.low < row.high
    assert row.slower is slower
    if slower:
        with pytest.raises(
            SlowerThanBefore,
            match=r"regression against old\.json, limit .*label latency, undisturbed, p50 of default",
        ):
            comparison.require_no_regression()
    else:
        comparison.require_no_regression()


def test_figures_of_only_one_result_are_left_out() -> None:
    comparison = compared(result(measurement(listening=None)))
    assert "start-up until listening" not in [row.figure for row in comparison.rows]
    assert len(comparison.rows) == len(FIGURES) - 1


def test_equal_configurations_are_compared() -> None:
    old = result(
        measurement(interpreter="litert"), measurement(interpreter="tflite-runtime", scales=[2 * x for x in STEADY])
    )
    new = result(measurement(interpreter="tflite-runtime"), measurement(interpreter="tensorflow"))
    comparison = compared(new, old)
    assert {row.configuration for row in comparison.rows} == {"default.tflite (int8), tflite-runtime, 1 thread"}
    assert comparison.rows[0].ratio == pytest.approx(0.5)
    assert "not in the earlier result: default.tflite (int8), tensorflow, 1 thread" in comparison.warnings


def test_single_different_configurations_are_compared_with_a_warning() -> None:
    comparison = compared(result(measurement(form="float")))
    assert len(comparison.rows) == len(FIGURES)
    assert any("different configuration: now default.tflite (float)" in warning for warning in comparison.warnings)


def test_nothing_in_common_is_refused() -> None:
    new = result(measurement(interpreter="tensorflow"), measurement(form="float"))
    words = r"old\.json has none of these configurations, only: default\.tflite \(int8\), litert"
    with pytest.raises(NotAResult, match=words):
        compared(new)


def test_other_machine_model_and_labels_lead_to_warnings() -> None:
    other = measurement(labels=("anger", "anger"))
    configuration = replace(other.configuration, network_sha256="1" * 64, interpreter_version="3.0")
    other = replace(other, configuration=configuration)
    comparison = compared(result(other, where=environment(processor="Cortex-A76")), result(warnings=("it was hot",)))
    assert comparison.warnings == (
        "different processor: now Cortex-A76, before Cortex-A72",
        "different version of litert: now 3.0, before 2.0",
        "different model: now sha256 111111111111, before 000000000000",
        "different labels from default.tflite (int8), litert, 1 thread",
        "the earlier result has the warning: it was hot",
    )


def test_few_rounds_lead_to_a_warning() -> None:
    assert any("too few rounds" in warning for warning in compared(result(measurement(scales=(1.0, 1.0)))).warnings)


def test_other_audio_is_refused() -> None:
    sound = Sound(np.zeros(100, np.int16), 48_000)
    Baseline(FILE, result(sha256=sound.sha256), 1.1).require_same_audio(sound)
    with pytest.raises(NotAResult, match=r"measured with other audio \(60 s of demonstration at 48000 Hz\)"):
        Baseline(FILE, OLD, 1.1).require_same_audio(sound)
