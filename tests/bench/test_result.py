"""Results as JSON: they follow the schema, can be read back, and other files are refused."""

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
from edge_ser.bench.result import BenchmarkResult, read, to_json
from edge_ser.errors import NotAResult
from tests.bench.example_results import measurement
from tests.bench.example_results import result as example_result

SCHEMA = json.loads((Path(edge_ser.__file__).parent / "bench" / "bench.schema.json").read_text())


def saved(tmp_path: Path, value: Any) -> Path:
    path = tmp_path / "result.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def test_schema_is_valid_and_describes_every_field() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    described = {"BenchmarkResult": SCHEMA, **SCHEMA["$defs"]}
    assert SCHEMA["properties"]["schema"]["const"] == result.SCHEMA_VERSION
    for module in (figures, result, compare):
        for kind in vars(module).values():
            if is_dataclass(kind) and isinstance(kind, type) and kind is not compare.Baseline:
                names = {field.name for field in fields(kind)}
                assert names <= set(described[kind.__name__]["properties"]), kind
                assert names <= set(described[kind.__name__]["required"]), kind


def test_result_follows_the_schema_and_can_be_read_back(tmp_path: Path) -> None:
    found = example_result(
        measurement(more=True), measurement(interpreter="tensorflow", listening=None, clocks=(None,))
    )
    text = to_json(found.to_dict())
    jsonschema.validate(json.loads(text), SCHEMA)
    again = read(saved(tmp_path, text))
    assert again == records.from_json(BenchmarkResult, json.loads(to_json(again.to_dict())), "result")
    assert again.measurements[0].configuration == found.measurements[0].configuration
    assert again.measurements[1].start_up.listening is None


def test_comparison_follows_the_schema() -> None:
    found = example_result()
    comparison = compare.Baseline(Path("old.json"), example_result(), 1.1).compare(found)
    facts = json.loads(to_json(found.to_dict() | {"comparison": asdict(comparison)}))
    jsonschema.validate(facts, SCHEMA)
    assert len(facts["comparison"]["rows"]) == len(compare.FIGURES)


def test_summary_has_median_latencies_and_lowest_costs() -> None:
    found = example_result(measurement(scales=(1.0, 5.0, 2.0)))
    summary = found.to_dict()["measurements"][0]["summary"]
    assert summary["end_to_end"]["p50"] == 2.0
    assert summary["end_to_end"]["max"] == 15.0, "the longest maximum"
    assert summary["end_to_end"]["blocks"] == 300
    assert summary["undisturbed"]["p50"] == 0.9, "the lowest undisturbed time"
    assert summary["real_time_factor"] == pytest.approx(0.0021)


def test_latency_of_times_in_nanoseconds() -> None:
    assert Latency.of(9_000_000, [3_000_000, 1_000_000, 2_000_000]) == Latency(
        first=9.0, p50=2.0, p90=pytest.approx(2.8), p95=pytest.approx(2.9), p99=pytest.approx(2.98), max=3.0, blocks=3
    )


def changed(**changes: Any) -> dict[str, Any]:
    return json.loads(to_json(example_result().to_dict())) | changes


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("not JSON", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ([], "is not a result of edge-ser bench"),
        ({"bench": "pyperf"}, "is not a result of edge-ser bench"),
        (changed(schema=1), "version 1 of the result schema, but this edge-ser reads version 2; measure again"),
        (changed(schema=3), "version 3 of the result schema, but this edge-ser reads version 2; measure again"),
        (changed(audio=None), "result.audio is not an object"),
        (changed(measurements=[]), "holds no rounds"),
        (changed(measurements=[{}]), r"result.measurements\[0\].configuration is missing"),
        (changed(warnings=[1]), r"result.warnings\[0\] = 1 has the wrong type"),
        (changed(version=True), "result.version = True has the wrong type"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, value: Any, words: str) -> None:
    with pytest.raises(NotAResult, match=words):
        read(saved(tmp_path, value))


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotAResult, match="No such file"):
        read(tmp_path / "nowhere.json")


def test_unknown_fields_are_ignored(tmp_path: Path) -> None:
    assert read(saved(tmp_path, changed(weather="fine"))) == read(saved(tmp_path, changed()))
