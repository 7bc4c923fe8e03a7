"""The pictures of the documentation: shown with a description, wide enough to be read, and small."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGES = (ROOT / "README.md", ROOT / "docs" / "maker.md")


@pytest.mark.parametrize("name", ["page", "report", "inspect"])
def test_picture_is_shown_with_a_description(name: str) -> None:
    content = (HERE / f"{name}.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", content[16:24])
    assert 1_000 <= width <= 1_300 and 500 <= height <= 1_400
    assert len(content) < 150_000
    text = "".join(page.read_text() for page in PAGES if page.exists())
    found = re.search(rf"!\[(.+)\]\((?:\.\./)?tests/pictures/{name}\.png\)", text)
    assert found and len(found[1]) > 20
