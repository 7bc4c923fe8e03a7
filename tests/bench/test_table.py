"""The text and Markdown of a result."""

from __future__ import annotations

from pathlib import Path

from edge_ser.bench.compare import Baseline
from edge_ser.bench.table import render
from tests.bench.example_results import measurement, result


def test_text_has_all_stages_and_figures() -> None:
    text = render(result(measurement(scales=(1.0,) * 5, more=True)))
    lines = [line.split() for line in text.splitlines() if line.strip()]
    for stage in ("resample", "gate", "features", "model", "decision", "publish"):
        assert [stage, "0.200", "0.100", "0.150", "0.160", "0.180", "0.300", "500", "0.300", "12.5%"] in lines
    for words in (
        "label latency, end to end",
        "paced: late wake-up",
        "start-up until listening",
        "paced: missed deadlines",
        "live streams, the most one core sustains",
        "overhead of the stopwatches",
        "56,919",
        "machine: Raspberry Pi 4 Model B Rev 1.4, brcm,bcm2711, 4 x Cortex-A72",
        "50 degrees Celsius",
        "pinned to core 3",
        "governor ondemand",
    ):
        assert words in text
    assert "WARNING" not in text


def test_figures_that_were_not_requested_have_no_row() -> None:
    text = render(result(measurement(listening=None)))
    for words in ("paced", "streams", "start-up until listening", "Compared"):
        assert words not in text


def test_warnings_come_before_the_figures() -> None:
    text = render(result(warnings=("it was hot",)))
    assert text.index("WARNING: it was hot") < text.index("resample")


def test_several_configurations_have_ratios_to_the_first() -> None:
    text = render(result(measurement(), measurement(scales=(2.0,), form="float")))
    (row,) = (line.split() for line in text.splitlines() if line.startswith("  label latency, undisturbed, p50"))
    assert row[-5:] == ["0.882", "ms", "1.800", "ms", "2.04"]
    assert "2: default.tflite (float), litert, 1 thread" in text


def test_a_comparison() -> None:
    new = result(measurement(scales=(1.5,)), warnings=("busy",))
    text = render(new, Baseline(Path("old.json"), result(warnings=("hot",)), 1.1).compare(new))
    assert "Compared with old.json, limit 1.1" in text
    assert "REGRESSION" in text
    assert "WARNING: compared with old.json: the earlier result has the warning: hot" in text


def test_markdown() -> None:
    text = render(result(measurement(more=True), warnings=("busy", "hot")), markdown=True)
    assert "> **WARNING: busy**\n>\n> **WARNING: hot**" in text
    tables = [block for block in text.split("\n\n") if block.startswith("|")]
    assert len(tables) == 2
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1
