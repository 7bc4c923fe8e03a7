"""Texts and languages: both are complete, and the right language is chosen."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser import dashboard
from edge_ser.client import Link
from edge_ser.dashboard.pages import LANGUAGES, Pages, choose_language
from edge_ser.events import FAULTS, LABELS, STATES, STATUSES, UNCERTAIN
from edge_ser.reports.colours import colours

FOLDER = Path(dashboard.__file__).parent / "static"
TEXTS = {language: json.loads((FOLDER / f"{language}.json").read_text()) for language in LANGUAGES}


def test_both_languages_have_the_same_texts() -> None:
    assert list(TEXTS["en"]) == list(TEXTS["zh"])
    for key in TEXTS["en"]:
        slots = [sorted(re.findall(r"\{\w+\}", TEXTS[language][key])) for language in LANGUAGES]
        assert slots[0] == slots[1], key
        assert re.search("[\u4e00-\u9fff]", TEXTS["zh"][key]), key


def test_every_state_has_a_text() -> None:
    assert set(STATES) | set(FAULTS) <= set(STATUSES)
    wanted = {f"state:{state}" for state in (*STATES, "unknown")} | {f"fault:{fault}" for fault in FAULTS}
    wanted |= {f"link:{link.value}" for link in Link if link is not Link.CONNECTED}
    wanted |= {f"label:{label}" for label in (*LABELS, UNCERTAIN)}
    assert wanted <= set(TEXTS["en"])


def test_every_text_in_use_exists() -> None:
    script = "".join(file.read_text() for file in FOLDER.glob("*.js"))
    used = set(re.findall(r'\btext\("(\w+)"', script)) | set(
        re.findall(r'"(mute|unmute|ended|still_speaking)"', script)
    )
    assert len(used) > 10
    assert used <= set(TEXTS["en"])
    for name in ("index", "login"):
        page = Pages().render(name, "zh", wrong=True)
        assert "$" not in page
        assert 'lang="zh"' in page


def test_no_inline_scripts_or_external_resources() -> None:
    for file in FOLDER.iterdir():
        text = file.read_text()
        assert not re.search(r"https?://(?!www\.w3\.org/)", text), file
        if file.suffix == ".html":
            assert not re.search(r"<style|<script(?! src)|\son\w+=|\sstyle=", text), file
    assert not any("innerHTML" in file.read_text() for file in FOLDER.glob("*.js"))


@pytest.mark.parametrize(
    ("asked", "cookie", "accepted", "language"),
    [
        (None, None, "", "en"),
        (None, None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, None, "zh-TW", "zh"),
        (None, None, "de-DE,en;q=0.7,zh;q=0.8", "zh"),
        (None, None, "fr", "en"),
        (None, None, "zh;q=0, en", "en"),
        (None, "zh", "en", "zh"),
        ("en", "zh", "zh", "en"),
        ("xx", "yy", "zh", "zh"),
    ],
)
def test_choice_of_language(asked: str | None, cookie: str | None, accepted: str, language: str) -> None:
    assert choose_language(asked, cookie, accepted) == language


@given(st.text())
def test_any_header_is_accepted(accepted: str) -> None:
    assert choose_language(None, None, accepted) in LANGUAGES


def test_labels_have_the_colours_of_reports() -> None:
    found = re.findall(r"--(\w+): (#[0-9a-f]{6});", (FOLDER / "style.css").read_text())
    for label, of_label in colours((*LABELS, UNCERTAIN)).items():
        assert tuple(colour for name, colour in found if name == label) == of_label
