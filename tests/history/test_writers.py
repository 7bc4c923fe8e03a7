"""The report's files: a page without scripts whose tables say what its pictures do, the same as text, a picture."""

from __future__ import annotations

import itertools
import math
import operator
import re
import sys
import xml.etree.ElementTree as ElementTree
from datetime import datetime, timedelta
from html.parser import HTMLParser

import pytest

from edge_ser.errors import EdgeSerError
from edge_ser.reports import colours, output, page, picture, svg, text, words
from edge_ser.reports.figures import Figures, sum_up
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


def test_a_period_that_ends_at_midnight_has_nothing_of_the_next_day() -> None:
    first, end = datetime(2026, 11, 16).astimezone(), datetime(2026, 11, 23).astimezone()
    assert words.title(sum_up([], first, end)) == "Speech and emotions, Mon 2026-11-16 to Sun 2026-11-22"
    assert words.title(sum_up([], first, first + timedelta(days=1))) == "Speech and emotions, Mon 2026-11-16"


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


def linear(colour: str) -> list[float]:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def luminance(colour: str) -> float:
    return sum(map(operator.mul, (0.2126, 0.7152, 0.0722), linear(colour)))


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


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(EdgeSerError, match=r"pip install 'edge-ser\[plots\]'"):
        output.render(".png", figures())


# Colours --------------------------------------------------------------------------------------------------------------

LABELS = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "uncertain")

SIGHT = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    "no green": ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
    "no blue": ((1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304)),
}
"""What people see of linear RGB who lack a kind of cone (Machado, Oliveira and Fernandes 2009)."""


def lab(colour: str, sight: tuple[tuple[float, ...], ...]) -> tuple[float, float, float]:
    """Return CIE L*a*b* of a colour as somebody sees it."""
    seen = [min(1.0, max(0.0, sum(map(operator.mul, row, linear(colour))))) for row in sight]
    to_xyz = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    xyz = (sum(map(operator.mul, row, seen)) / white for row, white in zip(to_xyz, (0.9505, 1.0, 1.089), strict=True))
    x, y, z = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("sight", SIGHT.values(), ids=list(SIGHT))
def test_everybody_can_tell_the_colours_of_our_model_apart(sight: tuple[tuple[float, ...], ...]) -> None:
    for ground in zip(*colours.colours(LABELS).values(), strict=True):
        for one, other in itertools.combinations(ground, 2):
            assert math.dist(lab(one, sight), lab(other, sight)) > 15, (one, other)
