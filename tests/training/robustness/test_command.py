"""`training robustness` prints a table or JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.training.robustness.material import model
from training.commands.robustness import command
from training.robustness import non_speech, steadiness


def test_the_command_prints_a_table_or_json(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    Path("model.tflite").write_bytes(model("mine/s0").to_bytes())
    monkeypatch.setattr(steadiness.measure, "__defaults__", (0.1,))
    monkeypatch.setattr(non_speech.measure, "__defaults__", (1.0,))
    shared = [
        "--model",
        "model.tflite",
        "--corpus",
        "mine",
        "--data",
        str(place / "data"),
        "--cache",
        str(place / "cache"),
    ]

    def printed(*more: str) -> str:
        done = CliRunner().invoke(command, [*shared, *more], catch_exceptions=False)
        assert done.exit_code == 0
        return done.stdout

    found = json.loads(printed("--format", "json"))
    assert {"conditions", "non_speech", "steady"} < set(found)
    assert set(found["steady"]) == {"label", "minutes", "flips_a_minute", "final_flips_a_minute", "speakers"}
    assert found["steady"]["label"] == "neutral"
    assert list(found["steady"]["speakers"]) == ["mine/s1", "mine/s2", "mine/s3"]
    table = printed()
    for words in ("6 clips of 3 speakers", "noise 10 dB", "keyboard", "changes per minute, neutral"):
        assert words in table
    assert max(map(len, table.splitlines())) <= 120 or "warning" in table
    assert "keyboard" not in printed("--only", "steady")
