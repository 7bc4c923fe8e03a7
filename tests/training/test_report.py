"""Tables hold every figure and fit on a page; pictures are made, whole, and the same each time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_ser.errors import EdgeSerError, OutputFailed
from training.corpora.labels import LABELS
from training.reporting import plots, tables
from training.scoring.metrics import Outputs, evaluation


def made_up(labels: tuple[str, ...] = LABELS[:6]) -> Outputs:
    rng = np.random.default_rng(0)
    targets = rng.integers(len(labels), size=300)
    logits = rng.normal(size=(300, len(labels)))
    logits[np.arange(300), targets] += 1.0
    logits[:7] = np.nan
    who = rng.integers(12, size=300)
    return Outputs(
        labels=labels,
        paths=tuple(map(str, range(300))),
        corpora=tuple(("crema-d", "emodb")[w % 2] for w in who),
        speakers=tuple(map(str, who)),
        sexes=tuple(("female", "male")[w // 6] for w in who),
        targets=targets,
        logits=logits,
    )


def both(labels: tuple[str, ...] = LABELS[:6]) -> dict[str, Any]:
    outputs = made_up(labels)
    return evaluation(outputs, replace(outputs, logits=np.round(2.0 * outputs.logits)))


def line_of(text: str, *beginning: str) -> str:
    return next(line for line in text.splitlines() if line.split()[: len(beginning)] == list(beginning))


def row(family: str, **others: Any) -> dict[str, Any]:
    keys = ("uar", "uar_interval", "uar_int8", "uar_int8_interval", "parameters", "multiply_adds_a_second")
    return {"family": family} | dict.fromkeys((*keys, "int8_bytes", "latency_us_a_second", "seconds")) | others


ROWS = [
    row(
        "cnn_lstm",
        uar=0.579,
        uar_interval=(0.544, 0.613),
        uar_int8=0.5771,
        uar_int8_interval=(0.541, 0.61),
        parameters=45_127,
        multiply_adds_a_second=1_234_567,
        int8_bytes=56_320,
        latency_us_a_second=1_834.2,
        seconds=754.0,
    ),
    row("random_forest", uar=0.4, uar_interval=(0.38, 0.42), seconds=12.3),
    row("svm"),
]
HISTORIES = {"fold 1": [{"epoch": e, "loss": 2.0 / e, "validation_uar": 0.5 - 0.3 / e} for e in range(1, 20)]}


def test_the_table_has_every_figure() -> None:
    found = both()
    text = tables.table(found)
    sets = {"overall": found["overall"]} | found["per_corpus"] | {s: found["per_sex"][s] for s in ("female", "male")}
    assert len(sets) == 5
    for name, of_set in sets.items():
        lines = text.splitlines()
        begin = next(i for i, line in enumerate(lines) if line.startswith(f"{name} "))
        for model, line in zip(("float", "int8"), lines[begin : begin + 2], strict=True):
            scores = of_set[model]
            low, high = scores["uar_interval"]
            assert f" {model}" in line
            assert f" {scores['clips']} " in line
            assert f" {scores['speakers']} " in line
            assert f"{100 * scores['uar']:.1f} % ({100 * low:.1f}-{100 * high:.1f})" in line
            for figure in ("accuracy", "macro_f1"):
                assert f" {100 * scores[figure]:.1f} %" in line
            assert f" {scores['ece']:.3f}" in line
        assert lines[begin + 1].endswith(f" {100 * of_set['agreement']:.1f} %")
    assert "int8: 7 clips without speech heard" in text
    assert f"{100 * found['per_sex']['difference_of_uar']['int8']:+.1f} points" in text
    for label in found["labels"]:
        assert f" {100 * found['overall']['int8']['recalls'][label]:.1f} %" in line_of(text, label)


def test_the_confusion_matrix_is_that_of_int8_and_of_float_where_there_is_no_int8() -> None:
    found = both()
    for given, model in ((found, "int8"), (evaluation(made_up(), None), "float")):
        matrix = tables.table(given).split(f"clips, {model};")[1]
        for label, counts in zip(given["labels"], given["overall"][model]["confusion"], strict=True):
            assert line_of("\n".join(matrix.splitlines()[2:]), label).split()[1:] == [str(count) for count in counts]


@pytest.mark.parametrize("labels", [LABELS[:2], LABELS[:6], LABELS])
def test_no_line_of_the_table_is_longer_than_100_columns(labels: tuple[str, ...]) -> None:
    outputs = replace(made_up(labels), corpora=("a corpus with a name much too long",) * 100 + ("b",) * 200)
    perfect = replace(outputs, logits=np.eye(len(labels))[outputs.targets])
    for given in (evaluation(outputs, perfect), evaluation(perfect, perfect), evaluation(None, outputs)):
        assert max(map(len, tables.table(given).splitlines())) <= 100


def test_a_label_that_nobody_said_has_no_precision() -> None:
    outputs = made_up()
    logits = np.where(np.arange(6) == 0, 1.0, np.zeros((300, 6)))
    text = tables.table(evaluation(replace(outputs, logits=logits), None))
    assert line_of(text, "fear").split()[2:] == ["0.0", "%", "-"]


def test_the_comparison_names_what_is_known_and_a_dash_for_the_rest() -> None:
    for text in (tables.comparison(ROWS), tables.comparison_table(ROWS)):
        for figure in ("57.9 % (54.4-61.3)", "57.7 % (54.1-61.0)", "45,127", "1.23", "55.0", "1.83", "13 min", "12 s"):
            assert figure in text
        assert max(map(len, text.splitlines())) <= 100
    assert line_of(tables.comparison_table(ROWS), "svm").split() == ["svm", *"-------"]
    cells = {line.count("|") for line in tables.comparison(ROWS).splitlines() if line.startswith("|")}
    assert cells == {9}


PICTURES: dict[str, Callable[[Path], None]] = {
    "confusion": lambda path: plots.confusion(both(), path),
    "confusion of ten labels": lambda path: plots.confusion(evaluation(made_up(LABELS), None), path),
    "reliability": lambda path: plots.reliability(both(), path),
    "curves": lambda path: plots.curves(HISTORIES, path),
    "curves of many folds": lambda path: plots.curves({str(i): HISTORIES["fold 1"] for i in range(30)}, path),
    "comparison": lambda path: plots.comparison({"holdout": ROWS, "loso": ROWS[:1], "kfold": ROWS[1:]}, path),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_made_900_pixels_wide_and_the_same_each_time(name: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    first, second = tmp_path / "first.png", tmp_path / "second.png"
    for path in (first, second):
        PICTURES[name](path)
    content = first.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(content[16:20], "big") == 900
    assert b"Software" not in content
    assert content == second.read_bytes()
    assert sorted(tmp_path.iterdir()) == [first, second]


def test_a_picture_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(OutputFailed, match="cannot write"):
        plots.curves(HISTORIES, tmp_path / "folder.png")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.png"]


def test_a_missing_matplotlib_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("matplotlib", "matplotlib.figure", "matplotlib.backends.backend_agg"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(EdgeSerError, match=r"needs matplotlib: pip install -e '\.\[train,plots\]'"):
        plots.curves(HISTORIES, tmp_path / "x.png")
