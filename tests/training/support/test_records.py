"""Dataclasses come back from JSON as they were, and wrong files are named."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge_ser.errors import EdgeSerError
from training.support import records
from training.support.records import FLAT, keyed


@dataclass(frozen=True)
class Inner:
    share: float
    counts: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class Outer:
    name: str
    inner: Inner = field(metadata=FLAT)
    by_name: dict[str, Inner]
    known: float | None
    float_: float | None = field(default=None, metadata=keyed("float"))
    derived: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "derived", len(self.name))


OUTER = Outer("abc", Inner(0.25, ((1, 2), (3,))), {"a": Inner(1.0)}, None)
JSON = {
    "name": "abc",
    "share": 0.25,
    "counts": [[1, 2], [3]],
    "by_name": {"a": {"share": 1.0, "counts": []}},
    "known": None,
    "derived": 3,
}


def test_a_dataclass_comes_back_from_json() -> None:
    assert records.to_json(OUTER) == JSON
    assert list(records.to_json(OUTER)) == list(JSON), "in the order of the fields"
    assert records.from_json(Outer, JSON) == OUTER
    assert records.from_json(Outer, JSON | {"float": 2, "unknown": 1}).float_ == 2.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": 3}, r"it\.name = 3 is of the wrong type"),
        ({"share": "high"}, r"it\.share = 'high' is of the wrong type"),
        ({"counts": [[1, 2.5]]}, r"it\.counts\[0\]\[1\] = 2\.5 is of the wrong type"),
        ({"by_name": {"a": {}}}, r"it\.by_name\.a\.share is missing"),
        ({"by_name": {"a": 1}}, r"it\.by_name\.a is not an object"),
    ],
)
def test_a_wrong_value_is_named(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        records.from_json(Outer, JSON | change)


def test_fractions_are_rounded_everywhere() -> None:
    found = records.rounded(Outer("abc", Inner(0.123456), {"a": Inner(0.98765)}, 1.00004), 4)
    assert found == Outer("abc", Inner(0.1235), {"a": Inner(0.9877)}, 1.0)


def test_a_damaged_file_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "outer.json"
    records.write(path, OUTER)
    assert records.read(Outer, path) == OUTER
    for content in ("{", "[]", '{"name": "abc"}'):
        path.write_text(content)
        with pytest.raises(
            EdgeSerError, match=r"cannot use .*outer\.json .*; it is damaged .*: delete it and run"
        ) as error:
            records.read(Outer, path)
        assert "\n" not in str(error.value)
