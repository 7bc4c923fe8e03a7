"""The formats of a report: a page without scripts, with tables and pictures of the same data; text; a picture."""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ElementTree
from datetime import datetime, timedelta
from html.parser import HTMLParser

import pytest

from edge_ser.errors import EdgeSerError
from edge_ser.reports.history import formats, page, picture, svg, text, wording
from edge_ser.reports.history.figures import Figures, summarize
from tests.history.events import NOON, status, utterance

HOSTILE = '<script>alert("1")</script>&'


def figures(*names: str, days: int = 3) -> Figures:
    names = names or ("anger", "neutral", "uncertain")
    since = (NOON - timedelta(days=days)).astimezone()
    events = [
        utterance(number, NOON - timedelta(hours=number * 24 * days / 50), names[number % len(names)])
        for number in range(50)
    ]
    return summarize([*events, status("muted")], since, (NOON + timedelta(hours=1)).astimezone())


def empty() -> Figures:
    return summarize([], (NOON - timedelta(days=1)).astimezone(), NOON.astimezone())


class Page(HTMLParser):
    """Tags and text of a page."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data + " "


def test_page_has_all_sentences_and_tables_and_no_resources() -> None:
    made = figures()
    source = page.render(made)
    found = Page(source)
    for sentence in wording.sentences(made):
        assert sentence in found.text
    for table in wording.tables(made):
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


def test_title_of_a_period_that_ends_at_midnight() -> None:
    first, end = datetime(2026, 11, 16).astimezone(), datetime(2026, 11, 23).astimezone()
    assert wording.title(summarize([], first, end)) == "Speech and emotions, Mon 2026-11-16 to Sun 2026-11-22"
    assert wording.title(summarize([], first, first + timedelta(days=1))) == "Speech and emotions, Mon 2026-11-16"


def test_labels_are_escaped() -> None:
    found = Page(page.render(figures(HOSTILE, "neutral")))
    assert "script" not in [tag for tag, _ in found.tags]
    assert HOSTILE in found.text


@pytest.mark.parametrize("days", [1, 3, 60])
@pytest.mark.parametrize("draw", [svg.share, svg.by_hour, svg.by_day, svg.timeline])
def test_svg_is_well_formed_and_within_its_frame(draw, days: int) -> None:  # type: ignore[no-untyped-def]
    tree = ElementTree.fromstring(draw(figures(HOSTILE, "anger", days=days)))
    _, _, width, height = map(float, tree.attrib["viewBox"].split())
    shapes = tree.findall("rect")
    assert shapes
    for shape in shapes:
        x, y, wide, high = (float(shape.attrib[key]) for key in ("x", "y", "width", "height"))
        assert 0 <= x <= x + wide <= width + 0.1
        assert 0 <= y <= y + high <= height + 0.1


def test_empty_page_and_text() -> None:
    for render in (page.render, text.render):
        assert "Nobody spoke, or nothing was recorded." in render(empty())


def test_text_has_all_sentences_and_tables() -> None:
    made = figures()
    source = text.render(made)
    flat = " ".join(source.split())
    assert all(sentence in flat for sentence in wording.sentences(made))
    for table in wording.tables(made):
        assert table.title in source
        for row in table.rows:
            assert " ".join(row) in flat
    assert max(map(len, source.splitlines())) <= 120


@pytest.mark.parametrize("made", [figures(), figures("boredom", days=80), empty()], ids=["days", "months", "empty"])
def test_picture_is_a_png(made: Figures) -> None:
    pytest.importorskip("matplotlib")
    content = picture.render(made)
    assert content.startswith(b"\x89PNG")
    assert len(content) > 5_000


def test_missing_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(EdgeSerError, match="a report as PNG needs matplotlib: ") as caught:
        formats.render(".png", figures())
    assert str(caught.value).endswith("pip install 'edge-ser[plots]', or write HTML or TXT")
