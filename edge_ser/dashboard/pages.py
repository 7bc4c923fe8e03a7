"""The files of the page, and its texts in English and Chinese."""

from __future__ import annotations

import hashlib
import html
import json
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final

LANGUAGES: Final = {"en": "English", "zh": "中文"}
"""The languages of the page; the first is the default."""

LANGUAGE_COOKIE: Final = "edge-ser-language"

_FOLDER: Final = Path(__file__).resolve().parent / "static"

_TYPES: Final = {
    "meter.js": "text/javascript; charset=utf-8",
    "script.js": "text/javascript; charset=utf-8",
    "timeline.js": "text/javascript; charset=utf-8",
    "style.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "en.json": "application/json",
    "zh.json": "application/json",
}
"""Files that browsers get unchanged; the pages themselves are templates."""


@dataclass(frozen=True)
class StaticFile:
    """A file of the page.

    Attributes:
        content: Its bytes.
        type: Its Content-Type.
        tag: Its ETag, which changes with the content.
    """

    content: bytes
    type: str
    tag: str


def static_files() -> dict[str, StaticFile]:
    """Read the files that browsers get unchanged."""
    files = {}
    for name, type_ in _TYPES.items():
        content = (_FOLDER / name).read_bytes()
        files[name] = StaticFile(content, type_, f'"{hashlib.sha256(content).hexdigest()[:16]}"')
    return files


class Pages:
    """The pages in every language."""

    def __init__(self) -> None:
        self._texts: dict[str, dict[str, str]] = {
            language: json.loads((_FOLDER / f"{language}.json").read_text(encoding="utf-8")) for language in LANGUAGES
        }
        self._templates = {
            name: Template((_FOLDER / f"{name}.html").read_text(encoding="utf-8")) for name in ("index", "login")
        }

    def render(self, name: str, language: str, **hidden: bool) -> str:
        """Return a page.

        Args:
            name: ``index`` or ``login``.
            language: One of :data:`LANGUAGES`.
            hidden: Which parts of the page to hide.
        """
        texts = {key: html.escape(text) for key, text in self._texts[language].items()}
        attributes = {f"hidden_{part}": "hidden" if yes else "" for part, yes in hidden.items()}
        other = next(choice for choice in LANGUAGES if choice != language)
        return self._templates[name].substitute(
            texts | attributes, lang=language, other_lang=other, other_name=LANGUAGES[other]
        )


def choose_language(asked: str | None, cookie: str | None, accepted: str) -> str:
    """Return the language of a page.

    Args:
        asked: Language requested by the link on the page.
        cookie: Language requested by it before.
        accepted: The browser's Accept-Language.
    """
    for choice in (asked, cookie):
        if choice is not None and choice in LANGUAGES:
            return choice
    wanted = []
    for part in accepted.split(","):
        tag, _, parameter = part.strip().lower().partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            weight = 0.0
        if weight > 0:
            wanted.append((weight, tag.partition("-")[0]))
    for _, language in sorted(wanted, key=lambda one: -one[0]):
        if language in LANGUAGES:
            return language
    return next(iter(LANGUAGES))
