"""The page's files, and its texts in English and Chinese."""

from __future__ import annotations

import hashlib
import html
import json
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final

LANGUAGES: Final = {"en": "English", "zh": "中文"}
"""What can be chosen; the first where nothing fits."""

LANGUAGE_COOKIE: Final = "edge-ser-language"

_FOLDER: Final = Path(__file__).resolve().parent / "static"

_TYPES: Final = {
    "meter.js": "text/javascript; charset=utf-8",
    "script.js": "text/javascript; charset=utf-8",
    "style.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "en.json": "application/json",
    "zh.json": "application/json",
}
"""What anybody may get as it is; the pages themselves are filled in first."""


@dataclass(frozen=True)
class File:
    """A file of the page.

    Attributes:
        content: Its bytes.
        type: For Content-Type.
        tag: Other content has another one.
    """

    content: bytes
    type: str
    tag: str


def files() -> dict[str, File]:
    """Read the files that go to browsers as they are."""
    found = {}
    for name, type_ in _TYPES.items():
        content = (_FOLDER / name).read_bytes()
        found[name] = File(content, type_, f'"{hashlib.sha256(content).hexdigest()[:16]}"')
    return found


class Pages:
    """The pages, in each language."""

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
            hidden: Parts of the page, and whether each is hidden.
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
        asked: By the switch on the page.
        cookie: Chosen by it before.
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
