"""Results as JSON: what the schema says, back again, and what is none."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import edge_ser
from edge_ser.bench import compare, figures, records, result
from edge_ser.bench.figures import Latency
from edge_ser.bench.result import Result, read, to_json
from edge_ser.errors import NotAResult
from tests.bench.made_up import measurement
from tests.bench.made_up import result as made_up

SCHEMA = json.loads((Path(edge_ser.__file__).parent / "bench" / "bench.schema.json").read_text())


def saved(tmp_path: Path, value: Any) -> Path:
    path = tmp_path / "result.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def test_the_schema_is_one_and_describes_every_field() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    described = {"Result": SCHEMA, **SCHEMA["$defs"]}
    for module in (figures, result, compare):
        for kind in vars(module).values():
            if is_dataclass(kind) and isinstance(kind, type):
                names = {field.name for field in fields(kind)}
                assert names <= set(described[kind.__name__]["properties"]), kind
                assert names <= set(described[kind.__name__]["required"]), kind


def test_a_result_is_what_the_schema_says_and_survives_writing_and_reading(tmp_path: Path) -> None:
    found = made_up(measurement(more=True), measurement(backend="tensorflow", listening=None, clocks=(None,)))
    text = to_json(found.to_dict())
    jsonschema.validate(json.loads(text), SCHEMA)
    again = read(saved(tmp_path, text))
    assert again == records.make(Result, json.loads(to_json(again.to_dict())))
    assert again.measurements[0].configuration == found.measurements[0].configuration
    assert again.measurements[1].start_up.listening is None


def test_a_comparison_is_what_the_schema_says() -> None:
    found = made_up()
    comparison = compare.compare(found, made_up(), Path("old.json"), 1.1)
    facts = json.loads(to_json(found.to_dict() | {"comparison": asdict(comparison)}))
    jsonschema.validate(facts, SCHEMA)
    assert len(facts["comparison"]["rows"]) == len(compare.FIGURES)


def test_the_summary_has_medians_of_latencies_and_the_lowest_costs() -> None:
    found = made_up(measurement(scales=(1.0, 5.0, 2.0)))
    summary = found.to_dict()["measurements"][0]["summary"]
    assert summary["end_to_end"]["p50"] == 2.0
    assert summary["end_to_end"]["max"] == 15.0, "of the longest times the longest"
    assert summary["end_to_end"]["blocks"] == 300
    assert summary["undisturbed"]["p50"] == 0.9, "of what is undisturbed the lowest"
    assert summary["real_time_factor"] == pytest.approx(0.0021)


def test_times_in_nanoseconds_become_percentiles_in_milliseconds() -> None:
    assert Latency.of(9_000_000, [3_000_000, 1_000_000, 2_000_000]) == Latency(
        first=9.0, p50=2.0, p90=pytest.approx(2.8), p95=pytest.approx(2.9), p99=pytest.approx(2.98), max=3.0, blocks=3
    )


def changed(**changes: Any) -> dict[str, Any]:
    return json.loads(to_json(made_up().to_dict())) | changes


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("not JSON", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ([], "no result of edge-ser bench"),
        ({"bench": "pyperf"}, "no result of edge-ser bench"),
        (changed(schema=2), "version 2 of the schema, allowed is 1"),
        (changed(audio=None), "it.audio is not an object"),
        (changed(measurements=[]), "holds no round"),
        (changed(measurements=[{}]), r"it.measurements\[0\].configuration is missing"),
        (changed(warnings=[1]), r"it.warnings\[0\] = 1 is of the wrong type"),
        (changed(version=True), "it.version = True is of the wrong type"),
    ],
)
def test_what_is_no_result_is_refused(tmp_path: Path, value: Any, words: str) -> None:
    with pytest.raises(NotAResult, match=words):
        read(saved(tmp_path, value))


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotAResult, match="No such file"):
        read(tmp_path / "nowhere.json")


def test_what_a_newer_version_adds_is_passed_over(tmp_path: Path) -> None:
    assert read(saved(tmp_path, changed(weather="fine"))) == read(saved(tmp_path, changed()))
