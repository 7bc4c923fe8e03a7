"""Steps and programs that fail, and files that are replaced whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge_ser.errors import EdgeSerError, NoRoom, NotPermitted, StepFailed
from edge_ser.service import programs
from edge_ser.service.steps import Step, carry_out, write_file


@pytest.mark.parametrize(("number", "error"), [(28, NoRoom), (30, NotPermitted), (13, NotPermitted), (5, StepFailed)])
def test_disk_failure_is_one_line(number: int, error: type[EdgeSerError]) -> None:
    def fail() -> None:
        raise OSError(number, os.strerror(number), "/etc/x")

    later: list[str] = []
    with pytest.raises(error, match=f"could not write it: /etc/x {os.strerror(number)}; "):
        carry_out([Step("write it", True, fail), Step("next", True, lambda: later.append("done"))], lambda _: None)
    assert later == []


def test_file_is_replaced_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    write_file(path, "one")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("one", 0o644)
    path.chmod(0o640)
    write_file(path, "two")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("two", 0o640)
    assert list(path.parent.iterdir()) == [path]
    with pytest.raises(UnicodeEncodeError):
        write_file(path, "\ud800")
    assert path.read_text() == "two"
    assert list(path.parent.iterdir()) == [path]


def test_failed_or_missing_program_is_one_line() -> None:
    with pytest.raises(StepFailed, match=r"the shell failed: second$"):
        programs.call("the shell", "sh", "-c", "echo first; echo second >&2; exit 3")
    with pytest.raises(StepFailed, match="/nonexistent cannot be run"):
        programs.call("it", "/nonexistent")
