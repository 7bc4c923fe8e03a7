"""`edge-ser listen --publish history:`, `edge-ser history` and `edge-ser report`, as a user meets them."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import jsonschema
import pytest

import edge_ser
from edge_ser.errors import EdgeSerError, InvalidSetting, NotPermitted
from edge_ser.events import EmotionEvent, Event, StatusEvent
from edge_ser.history import store
from edge_ser.history.store import Store
from edge_ser.settings import HistorySettings
from tests.cli.command import assert_refused, run, without_privileges
from tests.history.events import NOON, status, utterance

SCHEMA = json.loads((Path(edge_ser.__file__).parent / "events.schema.json").read_text())
ALL = ("--since", "2020-01-01")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite"


def written(path: Path, *events: Event) -> Path:
    made = Store(path, HistorySettings(keep_days=9_999), lambda: NOON)
    made.write(events)
    made.close()
    return path


def rows(path: Path, *arguments: str, env: dict[str, str] | None = None) -> list[dict[str, object]]:
    done = run("history", "--file", path, "--format", "json", *arguments, env=env)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


# From listening to the table -----------------------------------------------------------------------------------------


def test_history_is_kept_in_the_default_place(tmp_path: Path) -> None:
    env = os.environ | {"XDG_STATE_HOME": str(tmp_path)}
    env.pop("STATE_DIRECTORY", None)
    done = run("listen", "--input", "demo", "--format", "json", "--publish", "history:", env=env)
    assert (done.returncode, done.stderr) == (0, "")
    heard = [event for event in map(json.loads, done.stdout.splitlines()) if event.get("final", True)]
    path = tmp_path / "edge-ser" / "history.sqlite"
    assert [child.name for child in path.parent.iterdir()] == [path.name]
    kept = rows(path)
    assert kept == heard
    for event in kept:
        jsonschema.validate(event, SCHEMA)


def test_damaged_history_does_not_stop_listening(path: Path) -> None:
    path.write_bytes(b"damaged" * 999)
    done = run("listen", "--input", "demo", "--publish", f"history:{path}")
    assert done.returncode == 0
    assert "was damaged" in done.stderr
    assert len(rows(path)) >= 3
    assert len(list(path.parent.glob("history.damaged-*.sqlite"))) == 1


@pytest.mark.parametrize("uri", ["history", "history:notes.txt"])
def test_invalid_destination_is_named_with_a_valid_one(uri: str) -> None:
    assert_refused(run("listen", "--publish", uri), InvalidSetting, repr(uri), "history:", status=2)


def test_service_without_the_drop_in_is_told_about_it(path: Path) -> None:
    done = run("listen", "--input", "demo", "--publish", f"history:{path}", prefix=["prlimit", "--fsize=0"])
    assert_refused(done, InvalidSetting, "sudo edge-ser service install --with history")


def test_locked_history_does_not_stop_listening(path: Path) -> None:
    written(path, utterance(1))
    demo = ("listen", "--input", "demo", "--format", "json")
    labels = [json.loads(line).get("label") for line in run(*demo).stdout.splitlines()]
    with store.connected(path) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        done = run(*demo, "--publish", f"history:{path}")
        assert time.monotonic() - began < 20
    assert done.returncode == 0
    assert [json.loads(line).get("label") for line in done.stdout.splitlines()] == labels
    assert "another program has locked it" in done.stderr
    assert "events could not be written" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (("listen", "--input", "demo"), "sqlite3"),
        (("report", "--file", "{path}", "--since", "2020-01-01", "{path}.html"), "matplotlib numpy"),
        (("history", "--file", "{path}", "--since", "2020-01-01"), "matplotlib numpy"),
    ],
)
def test_commands_import_only_what_they_need(path: Path, arguments: tuple[str, ...], absent: str) -> None:
    written(path, utterance(1))
    code = (
        "import sys; from edge_ser.cli.main import run; assert run(sys.argv[1:]) == 0;"
        f"assert not set({absent!r}.split()) & set(sys.modules)"
    )
    command = [sys.executable, "-c", code, *(argument.format(path=path) for argument in arguments)]
    subprocess.run(command, capture_output=True, timeout=60, check=True)


# History -------------------------------------------------------------------------------------------------------------


def test_formats_agree(path: Path) -> None:
    written(path, *(utterance(number) for number in range(1_200)), status("muted", NOON - timedelta(hours=1)))
    found = rows(path, *ALL)
    assert [row["event"] for row in found] == ["status"] + ["emotion"] * 1_200
    table = list(csv.DictReader(io.StringIO(run("history", "--file", path, *ALL, "--format", "csv").stdout)))
    lines = run("history", "--file", path, *ALL).stdout.splitlines()
    assert lines[0].split() == ["local", "time", "label", "confidence", "duration"]
    assert len(lines) == 1 + len(table) == 1 + len(found)
    for row, record in zip(found, table, strict=True):
        for key in ("event", "time", "label", "status", "message"):
            assert record[key] == row.get(key, "")
    assert table[1]["anger"] == "0.5"
    assert lines[1].split()[2:] == ["(muted)", "it", "is", "muted"]
    assert lines[2].split()[2:] == ["anger", "50%", "2.0", "s"]


def test_labels_of_another_model_are_columns(path: Path) -> None:
    other = EmotionEvent(NOON, 1, True, 0.0, 1.0, "boredom", 0.75, {"boredom": 0.75, "joy": 0.25})
    written(path, StatusEvent(NOON, "listening", "on", 0.0), other)
    _, record = csv.DictReader(io.StringIO(run("history", "--file", path, *ALL, "--format", "csv").stdout))
    assert (record["boredom"], record["joy"], record["label"]) == ("0.75", "0.25", "boredom")


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (("--since", "2026-10-25", "--until", "2026-10-25"), [2, 3, 4]),  # a day of 25 hours
        (("--since", "2026-10-24", "--until", "2026-10-24"), [1]),
        (("--since", "2026-10-25T03:30", "--until", "2026-10-26"), [4, 5]),
        (("--since", "2026-10-25T00:45+00:00", "--until", "2026-10-25T01:15+00:00"), [3]),
    ],
)
def test_dates_are_local_and_days_are_whole(path: Path, period: tuple[str, ...], expected: list[int]) -> None:
    times = ("24T21:59", "24T22:00", "25T01:00", "25T22:59", "25T23:00")
    moments = [datetime.fromisoformat(f"2026-10-{text}").replace(tzinfo=timezone.utc) for text in times]
    written(path, *(utterance(number, moment) for number, moment in enumerate(moments, 1)))
    env = os.environ | {"TZ": "CET-1CEST,M3.5.0,M10.5.0/3"}
    assert [row["utterance"] for row in rows(path, *period, env=env)] == expected


def test_a_span_counts_back_from_now(path: Path) -> None:
    now = datetime.now(timezone.utc)
    written(path, *(utterance(hours, now - timedelta(hours=hours, minutes=1)) for hours in (0, 5, 30, 24 * 8)))
    assert [row["utterance"] for row in rows(path)] == [30, 5, 0]
    assert [row["utterance"] for row in rows(path, "--since", "12h")] == [5, 0]
    assert [row["utterance"] for row in rows(path, "--since", "9d", "--until", "1d")] == [192, 30]


def test_empty_period_is_reported(path: Path) -> None:
    written(path, utterance(1))
    done = run("history", "--file", path, "--since", "2020-01-01", "--until", "2020-01-02")
    assert (done.returncode, done.stdout) == (0, "")
    assert f"no entries in {path} from 2020-01-01 00:00 to" in done.stderr
    assert run("history", "--file", path, "--until", "2020-01-02", *ALL, "--format", "json").stdout == "[]\n"


@pytest.mark.parametrize("command", [("history",), ("report", "out.txt")])
def test_unreadable_history_is_one_clear_line(path: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    def refused(error: type[EdgeSerError], *words: str, prefix: list[str] | None = None) -> None:
        done = run(*command, "--file", path, cwd=tmp_path, prefix=prefix or [])
        assert_refused(done, error, str(path), *words)
        assert not (tmp_path / "out.txt").exists()

    refused(EdgeSerError, "there is no history", "edge-ser listen --publish history:")
    path.write_bytes(b"damaged" * 999)
    refused(EdgeSerError, "damaged", "rename it and start a new one")
    path.chmod(0)
    refused(NotPermitted, "sudo", prefix=without_privileges())
    path.unlink()
    path.mkdir()
    refused(EdgeSerError, "Is a directory", "a file such as history.sqlite")


def test_other_files_are_not_renamed(tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("what I have to buy\n" * 99)
    done = run("history", "--file", notes)
    assert_refused(done, EdgeSerError, f"{notes} is not a history", "check the path")
    assert "rename" not in done.stderr


def test_backup_in_a_read_only_folder_can_be_read(path: Path) -> None:
    written(path, utterance(1))
    path.parent.chmod(0o555)
    try:
        done = run("history", "--file", path, *ALL, prefix=without_privileges())
    finally:
        path.parent.chmod(0o755)
    assert (done.returncode, done.stderr) == (0, "")
    assert "anger" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--since", "yesterday"), "yesterday is neither a time span such as"),
        (("--since", "0001-01-01T00:00+14:00"), "0001-01-01T00:00+14:00 is neither"),
        (("--until", "2026-13-01"), "2026-13-01 is neither"),
        (("--until", "2026-11-01", "--since", "2026-11-02"), "before it begins"),
    ],
)
def test_invalid_periods_are_named(path: Path, arguments: tuple[str, ...], words: str) -> None:
    done = run("history", "--file", path, *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


# Report --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["out.txt", "out.html", "out.PNG"])
def test_suffix_chooses_the_form_of_the_report(path: Path, name: str) -> None:
    if name == "out.PNG":
        pytest.importorskip("matplotlib")
    written(path, *(utterance(number) for number in range(40)))
    out = path.with_name(name)
    done = run("report", "--file", path, *ALL, out)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert out.read_bytes().startswith({"t": b"Speech and", "h": b"<!DOCTYPE html>", "P": b"\x89PNG"}[name[4]])
    assert [child.name for child in path.parent.glob(".*")] == []


def test_empty_report_says_so_and_so_does_the_command(path: Path) -> None:
    written(path, status("muted"))
    out = path.with_name("out.txt")
    done = run("report", "--file", path, *ALL, out)
    assert done.returncode == 0
    assert "nobody spoke" in done.stderr
    assert "Nobody spoke" in out.read_text()


def test_unknown_suffix_is_named(path: Path) -> None:
    done = run("report", "--file", path, "out.pdf")
    assert done.returncode == 2
    assert "out.pdf: the name must end in .html, .png or .txt, for example week.html" in done.stderr


def test_report_of_a_year_is_quick(path: Path) -> None:
    hours = timedelta(minutes=20)
    written(path, *(utterance(number, NOON - number * hours) for number in range(26_000)))
    out = path.with_name("out.html")
    began = time.monotonic()
    assert run("report", "--file", path, "--since", "2025-11-24", "--until", "2026-11-24", out).returncode == 0
    assert time.monotonic() - began < 20
    assert out.stat().st_size < 20_000_000
