"""The mute switch: in doubt, it mutes."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser import paths
from edge_ser.cli.time_span import parse_span
from edge_ser.errors import NotPermitted
from edge_ser.mute import MuteSwitch, mute, mute_reason, unmute
from edge_ser.settings import PrivacySettings, QuietHours

NOW = datetime(2026, 11, 24, 21, 30, tzinfo=timezone(timedelta(hours=1)))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "muted"


def reason(file: Path, *quiet_hours: str, now: datetime = NOW) -> str | None:
    return MuteSwitch(PrivacySettings(quiet_hours, str(file)), lambda: now).reason()


# The mute file -------------------------------------------------------------------------------------------------------


def test_muted_until_unmuted(file: Path) -> None:
    assert reason(file) is None
    mute(file)
    assert reason(file) == reason(file, now=NOW + timedelta(days=4000)) == "muted"
    assert unmute(file)
    assert reason(file) is None
    assert not unmute(file)


def test_muted_until_a_time(file: Path) -> None:
    mute(file, NOW + timedelta(minutes=30))
    assert reason(file) == "muted until 22:00"
    assert reason(file, now=NOW + timedelta(minutes=30)) is None
    mute(file, NOW + timedelta(hours=30))
    assert reason(file) == "muted until 2026-11-26 03:30"


def test_the_last_command_counts(file: Path) -> None:
    mute(file)
    mute(file, NOW + timedelta(minutes=1))
    assert reason(file, now=NOW + timedelta(minutes=2)) is None
    mute(file, NOW + timedelta(minutes=1))
    mute(file)
    assert reason(file, now=NOW + timedelta(minutes=2)) == "muted"


def test_a_clock_that_is_set_back_keeps_muting(file: Path) -> None:
    mute(file, NOW + timedelta(minutes=1))
    assert reason(file, now=NOW - timedelta(days=365)) is not None


@pytest.mark.parametrize("content", [b"soon", b"\xff\xfe", b"2026-99-99T00:00", b"0" * 100_000, b"\0"])
def test_an_invalid_file_mutes(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    assert reason(file) == "muted"


def test_an_unreadable_file_mutes(file: Path) -> None:
    file.mkdir(parents=True)
    assert reason(file) == "muted"


def test_offsets_from_utc_are_respected(file: Path) -> None:
    mute(file, (NOW + timedelta(minutes=1)).astimezone(timezone.utc))
    assert reason(file) == "muted until 21:31"


def test_a_mute_file_that_cannot_be_changed_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotPermitted, match=r"cannot change the mute file .* check the path"):
        mute(tmp_path / "file" / "muted")
    (tmp_path / "folder").mkdir()
    with pytest.raises(NotPermitted):
        unmute(tmp_path / "folder")


def test_a_full_disk_still_mutes(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(NotPermitted, match="No space left"):
        mute(file, NOW + timedelta(minutes=1))
    assert reason(file) == "muted"
    assert list(file.parent.iterdir()) == [file]


# Its path ------------------------------------------------------------------------------------------------------------


def test_a_service_obeys_the_file_in_its_state_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/edge-ser")
    assert paths.effective_mute_file() == Path("/var/lib/edge-ser/muted")


def test_without_a_service_listen_obeys_the_user_s_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(paths, "STATE", tmp_path / "none")
    assert paths.effective_mute_file() == paths.mute_file_of_commands() == tmp_path / "edge-ser" / "muted"


def test_an_installed_service_has_its_own_mute_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(paths, "STATE", tmp_path)
    monkeypatch.setattr(paths, "MUTED", tmp_path / "muted")
    assert paths.mute_file_of_commands() == tmp_path / "muted"


# Quiet hours ---------------------------------------------------------------------------------------------------------


@given(st.times(), st.times(), st.times())
def test_quiet_hours_and_the_rest_do_not_overlap(start: object, end: object, moment: object) -> None:
    if start != end:
        inside = moment in QuietHours(start, end)  # type: ignore[arg-type]
        assert inside != (moment in QuietHours(end, start))  # type: ignore[arg-type]


def test_quiet_hours_past_midnight(file: Path) -> None:
    assert reason(file, "22:00-07:00") is None
    for hours in (0.5, 3, 9.49):
        assert reason(file, "22:00-07:00", now=NOW + timedelta(hours=hours)) == "quiet hours until 07:00"
    assert reason(file, "22:00-07:00", now=NOW + timedelta(hours=9.5)) is None


def test_the_mute_file_has_precedence_over_quiet_hours(file: Path) -> None:
    mute(file)
    assert reason(file, "0:00-23:59") == "muted"
    assert mute_reason(file, NOW) == "muted"


# Spans ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("1d", 86400), ("1h30m", 5400), (" 5M ", 300)]
)
def test_time_spans_are_parsed(text: str, seconds: int) -> None:
    assert parse_span(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "5", "m", "-5m", "0m", "5 m", "1.5h", "400d", "99999999999999d", "٣m", "forever"])
def test_invalid_time_spans_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_span(text)
