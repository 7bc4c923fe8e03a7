"""``edge-ser inspect``: a picture, or a page with the picture and the same in words."""

from __future__ import annotations

import base64
import importlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from edge_ser.cli.inspect import command
from edge_ser.cli.options import load
from edge_ser.errors import EdgeSerError, NotARecording, OutputFailed, RecordingMissing
from edge_ser.reports.recording import inspection
from tests.cli.command import DEMONSTRATION, assert_refused, run

pytest.importorskip("matplotlib", reason="needs edge-ser[plots]")

PNG = b"\x89PNG\r\n\x1a\n"


class Page(HTMLParser):
    """The contents of a page: tags, cells of tables, the picture, and external links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.rows: list[list[str]] = []
        self.links: list[str] = []
        self.alternative = ""
        self._in_cell = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = dict(attrs)
        self.links += [value for name, value in attrs if name in ("src", "href", "action") and value]
        if tag == "img":
            self.alternative = values["alt"] or ""
        if tag == "tr":
            self.rows.append([])
        self._in_cell = tag in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.rows[-1].append(data)
            self._in_cell = False


def test_a_picture(tmp_path: Path) -> None:
    done = run("inspect", DEMONSTRATION, tmp_path / "x.png")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "x.png").read_bytes().startswith(PNG)
    assert [path.name for path in tmp_path.iterdir()] == ["x.png"]


def test_page_is_complete_and_agrees_with_classify(tmp_path: Path) -> None:
    assert run("inspect", DEMONSTRATION, tmp_path / "x.HTML").returncode == 0
    page = Page((tmp_path / "x.HTML").read_text())
    (picture,) = page.links
    assert base64.b64decode(picture.removeprefix("data:image/png;base64,"), validate=True).startswith(PNG)
    assert "script" not in page.tags
    (row,) = json.loads(run("classify", DEMONSTRATION, "--format", "json").stdout)
    assert f"Overall: {row['label']}" in page.alternative
    assert f"in {len(row['segments'])} utterances" in page.alternative
    head, *utterances = page.rows
    assert head == ["utterance", "from", "to", "label", *row["probabilities"]]
    for cells, segment in zip(utterances, row["segments"], strict=True):
        assert cells[1:4] == [f"{segment['start']:.1f} s", f"{segment['end']:.1f} s", segment["label"]]
        assert max(int(cell.rstrip("%")) for cell in cells[4:]) == pytest.approx(100 * segment["confidence"], abs=1)


@pytest.mark.parametrize("name", ["$\\bad$.wav", "<img src=x onerror=y>.wav", "a&amp;b.wav", "情感.wav", "\udcff.wav"])
def test_unusual_names(tmp_path: Path, name: str) -> None:
    soundfile.write(tmp_path.joinpath(name).open("wb"), np.zeros(16_000, np.int16), 16_000, format="WAV")
    done = run("inspect", tmp_path / name, tmp_path / "x.html")
    assert (done.returncode, done.stderr) == (0, "")
    text = (tmp_path / "x.html").read_text(encoding="utf-8")
    assert Page(text).tags.count("img") == 1
    assert re.search(r"<h1>(.*)</h1>", text)


def test_silence_noise_and_a_click_are_no_speech(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    for name, samples in {
        "silence": np.zeros(16_000),
        "noise": rng.normal(0, 2_000, 48_000),
        "short": np.full(3, 9.0),
    }.items():
        soundfile.write(tmp_path / f"{name}.wav", samples.astype(np.int16), 16_000)
        assert run("inspect", tmp_path / f"{name}.wav", tmp_path / f"{name}.html").returncode == 0
        assert "Nobody speaks." in Page((tmp_path / f"{name}.html").read_text()).alternative


def test_speech_becomes_an_utterance_or_is_rejected(tmp_path: Path) -> None:
    samples = soundfile.read(DEMONSTRATION, dtype="int16")[0]
    tone = (8_000 * np.sign(np.sin(np.arange(32_000) * 0.05))).astype(np.int16)  # the detector takes it for a voice
    soundfile.write(tmp_path / "x.wav", np.concatenate((samples, np.zeros(8_000, np.int16), tone)), 16_000)
    found = inspection.inspect(tmp_path / "x.wav", *load(None, None))
    starts = [events[0].start for events in found.utterances]
    assert sorted([*starts, *(start for start, _ in found.rejected)]) == [start for start, _ in found.speech]
    assert all(events[-1].final and not any(e.final for e in events[:-1]) for events in found.utterances)
    assert len(found.samples) == len(samples) + 40_000


def test_errors_of_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = tmp_path / "x.txt"
    text.write_text("no recording")
    assert_refused(run("inspect", tmp_path / "none.wav", tmp_path / "x.png"), RecordingMissing, "none.wav")
    assert_refused(run("inspect", text, tmp_path / "x.png"), NotARecording, "x.txt")
    assert_refused(run("inspect", DEMONSTRATION, tmp_path / "no" / "x.png"), OutputFailed, "x.png")
    assert_refused(run("inspect", DEMONSTRATION, tmp_path / "x.pdf"), EdgeSerError, ".png or .html", status=2)
    assert not (tmp_path / "x.png").exists()
    monkeypatch.setattr(inspection, "MOST_SECONDS", 2)
    error = CliRunner().invoke(command, [str(DEMONSTRATION), str(tmp_path / "x.png")]).exception
    assert isinstance(error, EdgeSerError)
    assert "sox FILE part.wav trim 0 2" in str(error)


def test_failure_keeps_the_old_picture(tmp_path: Path) -> None:
    out = tmp_path / "x.png"
    out.write_bytes(b"old")
    out.chmod(0o600)
    assert run("inspect", tmp_path / "none.wav", out).returncode != 0
    assert out.read_bytes() == b"old"
    assert run("inspect", DEMONSTRATION, out).returncode == 0
    assert out.read_bytes().startswith(PNG)
    assert out.stat().st_mode & 0o777 == 0o600


def test_missing_matplotlib_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = importlib.import_module

    def without(name: str, package: str | None = None) -> object:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", without)
    error = CliRunner().invoke(command, [str(DEMONSTRATION), str(tmp_path / "x.png")]).exception
    assert isinstance(error, EdgeSerError)
    assert error.exit_status == 9
    assert "pip install 'edge-ser[plots]'" in str(error)
