"""The documentation: its links lead somewhere, its commands and options exist, its exit statuses are complete."""

from __future__ import annotations

import inspect
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from edge_ser import errors
from edge_ser.cli.group import cli as edge_ser_cli
from training.commands import cli as training_cli

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
TROUBLESHOOTING = ROOT / "docs" / "troubleshooting.md"
PAGES = [
    README,
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "firmware_config" / "README.md",
    ROOT / "tests" / "emulated_pi" / "README.md",
    ROOT / "training" / "results" / "README.md",
    ROOT / "edge_ser" / "features" / "SPEC.md",
]
READERS = ("maker", "home-assistant", "developer", "researcher", "troubleshooting", "architecture")

BY_CONVENTION = {0, 1, 2, 3, 130, 143}
"""Exit statuses without an error class: success, some failed, wrong use, no service, Ctrl-C, SIGTERM."""


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


# Reading Markdown ----------------------------------------------------------------------------------------------------

_FENCE = re.compile(r" *(`{3,}|~{3,})(.*)")


def blocks(text: str) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """Yield the language and the numbered lines of each fenced block."""
    fence, language, lines = "", "", []
    for number, line in enumerate(text.splitlines(), 1):
        found = _FENCE.fullmatch(line)
        if not fence and found:
            fence, language, lines = found[1], found[2].strip(), []
        elif fence and found and found[1].startswith(fence) and not found[2].strip():
            fence = ""
            yield language, lines
        elif fence:
            lines.append((number, line))
    assert not fence, "a fenced block has no end"


def prose(text: str) -> list[tuple[int, str]]:
    """Return the numbered lines outside of fenced blocks."""
    inside = {number for _, lines in blocks(text) for number, _ in lines}
    lines = enumerate(text.splitlines(), 1)
    return [(number, line) for number, line in lines if number not in inside and not _FENCE.fullmatch(line)]


def slug(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    heading = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading.strip())  # of a link its words alone
    heading = re.sub(r"[`*]", "", heading)
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@cache
def anchors(path: Path) -> set[str]:
    found: set[str] = set()
    for _, line in prose(path.read_text()):
        heading = re.match(r"#{1,6} +(.*?)(?: +#+)? *$", line)
        if heading:
            first = each = slug(heading[1])
            count = 0
            while each in found:
                count += 1
                each = f"{first}-{count}"
            found.add(each)
    return found


def links(path: Path) -> list[tuple[int, str]]:
    """Return the numbers of lines and the targets of all relative links and images."""
    found = []
    for number, line in prose(path.read_text()):
        line = re.sub(r"`[^`]*`", lambda code: "x" * len(code[0]), line)  # brackets in code are no links
        found += [(number, target) for target in re.findall(r"\]\(([^)\s]+)(?: +\"[^\"]*\")?\)", line)]
        found += [(number, target) for target in re.findall(r"^ *\[[^\]]+\]: +(\S+)", line)]
    return [(number, target) for number, target in found if not re.match(r"[a-z][a-z+.-]*:", target)]


def shell_commands(text: str) -> Iterator[tuple[int, str]]:
    """Yield the commands in shell blocks, after the prompts in blocks of output, and in blocks that are indented."""
    for language, lines in blocks(text):
        for number, line in lines:
            if language in ("sh", "bash", "shell"):
                yield number, line
            elif not language and line.startswith("$ "):
                yield number, line[2:]
    yield from ((number, line) for number, line in prose(text) if re.match(r" {4}\S", line))


def shell_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the words of each command; those of a pipe are several."""
    for number, command in shell_commands(path.read_text()):
        words = shlex.shlex(command, posix=True, punctuation_chars="|;&()")
        words.whitespace_split = True
        part: list[str] = []
        for word in words:
            if set(word) <= set("|;&()"):
                yield number, part
                part = []
            else:
                part.append(word)
        yield number, part


def calls(path: Path) -> Iterator[tuple[int, click.Command, list[str]]]:
    """Yield where a page calls one of our two programs, which, and with which words."""
    for number, words in shell_lines(path):
        for at, word in enumerate(words):
            if word.rpartition("/")[2] == "edge-ser":
                yield number, edge_ser_cli, words[at + 1 :]
                break
            if word == "-m" and words[at + 1 : at + 2] == ["training"]:
                yield number, training_cli, words[at + 2 :]
                break


def wrong_words(program: click.Command, words: list[str]) -> list[str]:
    """Return the subcommands and options among the words of a call that do not exist."""
    command = program
    wrong = []
    for word in words:
        context = click.Context(command)
        if word.startswith("--"):
            known = {
                name
                for parameter in command.get_params(context)
                for name in (*parameter.opts, *parameter.secondary_opts)
            }
            if word.partition("=")[0] not in known:
                wrong.append(word)
        elif isinstance(command, click.Group) and not word.startswith("-"):
            inner = command.get_command(context, word)
            if inner is None:
                return [*wrong, word]
            command = inner
    return wrong


def rows(text: str, column: str) -> Iterator[str]:
    """Yield the cells of a column in all tables that have it."""
    at = None
    for _, line in prose(text):
        if not line.startswith("|"):
            at = None
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if at is None:
            at = cells.index(column) if column in cells else -1
        elif at >= 0 and not set(cells[at]) <= set("-: "):
            yield cells[at]


def statuses_in(text: str) -> set[int]:
    return {int(number) for cell in rows(text, "status") for number in re.findall(r"\d+", cell)}


# Links ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_lead_to_files_and_headings(path: Path) -> None:
    broken = []
    for number, target in links(path):
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        if not there.exists() or ROOT not in there.parents:
            broken.append(f"{name_of(path)}:{number}: {target}: no such file")
        elif anchor and (there.suffix != ".md" or anchor not in anchors(there)):
            broken.append(f"{name_of(path)}:{number}: {target}: no such heading")
    assert not broken


def test_readme_is_a_landing_page() -> None:
    text = README.read_text()
    assert len(text.splitlines()) <= 150
    targets = {target.partition("#")[0] for _, target in links(README)}
    assert {f"docs/{name}.md" for name in READERS} <= targets


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_images_have_words_for_those_who_do_not_see_them(path: Path) -> None:
    for number, line in prose(path.read_text()):
        for words in re.findall(r"!\[([^\]]*)\]\(", line):
            assert len(words) > 20, f"{name_of(path)}:{number}"


# Commands ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_commands_and_options_exist(path: Path) -> None:
    wrong = [
        f"{name_of(path)}:{number}: {word}"
        for number, program, words in calls(path)
        for word in wrong_words(program, words)
    ]
    assert not wrong


def test_the_pages_show_commands_at_all() -> None:
    shown = [(program, words[0]) for path in PAGES for _, program, words in calls(path) if words]
    for name in ("listen", "classify", "bench", "service", "firmware", "mute", "history", "features", "inspect"):
        assert (edge_ser_cli, name) in shown
    for name in ("corpora", "train", "quantize", "evaluate", "card", "robustness", "compare"):
        assert (training_cli, name) in shown


# Exit statuses -------------------------------------------------------------------------------------------------------


def test_every_exit_status_is_explained() -> None:
    classes = [each for _, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, errors.EdgeSerError)]
    ours = {each.exit_status for each in classes}
    messages, _, table = TROUBLESHOOTING.read_text().partition("\n## Exit statuses\n")
    assert statuses_in(table) == ours | BY_CONVENTION
    assert ours - {errors.OutputClosed.exit_status} <= statuses_in(messages) <= ours | BY_CONVENTION


# The reading itself --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("How good it is", "how-good-it-is"),
        ("Destinations of `--publish`", "destinations-of---publish"),
        ("Hooks: `exec:`", "hooks-exec"),
        ("`soak.py`: hours of speech", "soakpy-hours-of-speech"),
        ("I2S and [PDM](x.md) microphones", "i2s-and-pdm-microphones"),
    ],
)
def test_anchors_are_those_of_github(heading: str, expected: str) -> None:
    assert slug(heading) == expected


def test_what_is_wrong_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# One\n\n## Two\n\n## Two\n\n[a](b.md#c) `[no](link.md)` ![d](e.png) [f](https://g.example/)\n\n"
        "```sh\nsudo .venv/bin/edge-ser listen --nonsense | edge-ser nowhere\n"
        "python -m training train --set a=b --bad  # edge-ser also --wrong\n```\n\n"
        "    edge-ser mute --loud\n\n| x | status |\n|---|---|\n| 7 | 8, 9 |\n"
    )
    assert anchors(page) == {"one", "two", "two-1"}
    assert [target for _, target in links(page)] == ["b.md#c", "e.png"]
    found = [wrong_words(program, words) for _, program, words in calls(page)]
    assert found == [["--nonsense"], ["nowhere"], ["--bad"], ["--loud"]]
    assert statuses_in(page.read_text()) == {8, 9}
