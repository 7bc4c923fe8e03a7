"""The pictures that the README shows are there, wide enough to be read, and small."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

HERE = Path(__file__).parent
README = HERE.parents[1] / "README.md"


@pytest.mark.parametrize("name", ["page", "report", "inspect"])
def test_a_picture_is_shown_with_words_for_those_who_do_not_see_it(name: str) -> None:
    content = (HERE / f"{name}.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", content[16:24])
    assert 1_000 <= width <= 1_300 and 500 <= height <= 1_400
    assert len(content) < 150_000
    found = re.search(rf"!\[(.+)\]\(tests/pictures/{name}\.png\)", README.read_text())
    assert found and len(found[1]) > 20
