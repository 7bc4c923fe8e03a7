"""Pictures are drawn, complete, and the same each time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_ser.errors import EdgeSerError, OutputFailed
from tests.training.reporting.made_up_figures import ROWS, both, made_up
from training.corpora.labels import LABELS
from training.fitting.history import Epoch
from training.reporting import plots
from training.scoring.metrics import evaluate

HISTORIES = {"fold 1": [Epoch(e, 2.0 / e, 0.5 - 0.3 / e) for e in range(1, 20)]}


PICTURES: dict[str, Callable[[Path], None]] = {
    "confusion": lambda path: plots.confusion(both(), path),
    "confusion of ten labels": lambda path: plots.confusion(evaluate(made_up(LABELS), None), path),
    "reliability": lambda path: plots.reliability(both(), path),
    "curves": lambda path: plots.curves(HISTORIES, path),
    "curves of many folds": lambda path: plots.curves({str(i): HISTORIES["fold 1"] for i in range(30)}, path),
    "comparison": lambda path: plots.comparison({"holdout": ROWS, "loso": ROWS[:1], "kfold": ROWS[1:]}, path),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_900_pixels_wide_and_always_the_same(name: str, tmp_path: Path) -> None:
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


def test_a_missing_matplotlib_is_reported_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("matplotlib", "matplotlib.figure", "matplotlib.backends.backend_agg"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(EdgeSerError, match=r"needs matplotlib: pip install -e '\.\[train,plots\]'"):
        plots.curves(HISTORIES, tmp_path / "x.png")
