"""The report's files: a page without scripts whose tables say what its pictures do, the same as text, a picture."""

from __future__ import annotations

import re
import stat
import sys
import xml.etree.ElementTree as ElementTree
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from edge_ser.errors import EdgeSerError, NotPermitted
from edge_ser.report import colours, output, page, picture, svg, text, words
from edge_ser.report.figures import Figures, sum_up
from tests.history.events import NOON, status, utterance

HOSTILE = '<script>alert("1")</script>&'


def figures(*names: str, days: int = 3) -> Figures:
    names = names or ("anger", "neutral", "uncertain")
    since = (NOON - timedelta(days=days)).astimezone()
    events = [
        utterance(number, NOON - timedelta(hours=number * 24 * days / 50), names[number % len(names)])
        for number in range(50)
    ]
    return sum_up([*events, status("muted")], since, (NOON + timedelta(hours=1)).astimezone())


def empty() -> Figures:
    return sum_up([], (NOON - timedelta(days=1)).astimezone(), NOON.astimezone())


class Page(HTMLParser):
    """What stands on a page."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data + " "


def test_the_page_has_all_words_and_tables_and_needs_nothing_else() -> None:
    made = figures()
    source = page.render(made)
    found = Page(source)
    for sentence in words.sentences(made):
        assert sentence in found.text
    for table in words.tables(made):
        for row in (table.columns, *table.rows):
            for cell in row:
                assert cell in found.text
    names = [tag for tag, _ in found.tags]
    assert names.count("table") == 4
    assert not {"script", "link", "img", "iframe"} & set(names)
    assert not re.search(r"https?:|url\(|@import|\bon\w+=", source)
    assert "default-src 'none'" in source
    assert "prefers-color-scheme: dark" in source
    pictures = [attributes for tag, attributes in found.tags if tag == "svg"]
    assert all(attributes.get("aria-label") or attributes.get("aria-hidden") for attributes in pictures)


def test_what_a_model_calls_its_labels_can_do_nothing_to_the_page() -> None:
    found = Page(page.render(figures(HOSTILE, "neutral")))
    assert "script" not in [tag for tag, _ in found.tags]
    assert HOSTILE in found.text


@pytest.mark.parametrize("days", [1, 3, 60])
@pytest.mark.parametrize("draw", [svg.share, svg.by_hour, svg.by_day, svg.timeline])
def test_every_picture_is_well_formed_and_within_its_frame(draw, days: int) -> None:  # type: ignore[no-untyped-def]
    tree = ElementTree.fromstring(draw(figures(HOSTILE, "anger", days=days)))
    _, _, width, height = map(float, tree.attrib["viewBox"].split())
    shapes = tree.findall("rect")
    assert shapes
    for shape in shapes:
        x, y, wide, high = (float(shape.attrib[key]) for key in ("x", "y", "width", "height"))
        assert 0 <= x <= x + wide <= width + 0.1
        assert 0 <= y <= y + high <= height + 0.1


def test_an_empty_page_and_text_say_so() -> None:
    for render in (page.render, text.render):
        assert "Nobody spoke, or nothing was recorded." in render(empty())


def test_the_text_has_all_words_and_tables() -> None:
    made = figures()
    source = text.render(made)
    flat = " ".join(source.split())
    assert all(sentence in flat for sentence in words.sentences(made))
    for table in words.tables(made):
        assert table.title in source
        for row in table.rows:
            assert " ".join(row) in flat
    assert max(map(len, source.splitlines())) <= 120


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_colours_can_be_seen_on_light_and_on_dark_and_differ() -> None:
    labels = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "uncertain", "a", "b", "c", "d")
    found = colours.colours(labels)
    assert len(set(found.values())) == len(labels)
    for light, dark in found.values():
        assert 1.05 / (luminance(light) + 0.05) >= 3
        assert (luminance(dark) + 0.05) / (luminance("#14171a") + 0.05) >= 3


@pytest.mark.parametrize("made", [figures(), figures("boredom", days=80), empty()], ids=["days", "months", "empty"])
def test_the_picture_is_a_png(made: Figures) -> None:
    pytest.importorskip("matplotlib")
    content = picture.render(made)
    assert content.startswith(b"\x89PNG")
    assert len(content) > 5_000


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(EdgeSerError, match=r"pip install 'edge-ser\[plots\]'"):
        output.write(tmp_path / "out.png", figures())
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_keeps_its_mode_and_a_link_its_place(tmp_path: Path) -> None:
    real, link = tmp_path / "real.txt", tmp_path / "out.txt"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    output.write(link, figures())
    assert link.is_symlink()
    assert "Emotions" in real.read_text()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotPermitted, match=f"cannot write {tmp_path}/none/out.txt: No such file"):
        output.write(tmp_path / "none" / "out.txt", figures())
