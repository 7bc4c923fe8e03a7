"""``python -m training corpora`` lists the corpora, and says how to get those that are missing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from click.testing import CliRunner

from tests.training import made_up
from tests.training.corpora.listings import manifest
from training.commands.corpora import command
from training.corpora import CORPORA


def run(*arguments: str) -> str:
    result = CliRunner(env={"EDGE_SER_DATA": ""}).invoke(command, arguments)
    assert result.exit_code == 0, result.output
    return result.output


def test_without_data_it_says_how_to_get_every_corpus() -> None:
    output = run()
    for corpus in CORPORA.values():
        assert f"{corpus.name:8} {corpus.get}" in output
    assert all(row["folder"] is None and not row["clips"] for row in json.loads(run("--format", "json")))


def test_the_table_fits_in_100_columns(tmp_path: Path) -> None:
    made_up.everything(tmp_path)
    made_up.tree(tmp_path / "mine", ["angry/a_1.wav", "angrey/a_1.wav"])
    manifest(tmp_path / "listed", "path,label", "a.wav,sad")
    shutil.rmtree(tmp_path / "TESS")
    output = run("--data", str(tmp_path))
    lines = output.splitlines()
    assert max(map(len, lines[: 1 + len(CORPORA) + 2])) <= 100
    assert [line.split()[0] for line in lines[1 : 1 + len(CORPORA)]] == list(CORPORA)
    assert "iemocap: found 18 of 10039 clips; the corpus is incomplete" in output
    assert "iemocap: skipped 4: unsupported label" in output
    assert "mine: skipped 1: unsupported class folder 'angrey' (nearest: angry)" in output
    assert "manifest.csv:1: the column speaker is missing" in output
    assert "tess     https" in output
    assert "savee    http" not in output


def test_json_output(tmp_path: Path) -> None:
    made_up.everything(tmp_path)
    rows = {row["name"]: row for row in json.loads(run("--data", str(tmp_path), "--format", "json"))}
    assert rows["emodb"]["complete"] == {"clips": 535, "speakers": 10}
    assert rows["emodb"]["clips"] == 7
    assert rows["emodb"]["weights_may_ship"] is True
    assert rows["iemocap"]["skipped"] == {"unsupported label": 4, "full dialogue": 2}
    assert len({tuple(row) for row in rows.values()}) == 1
