"""Sockets that cannot be used: one clear line each, and an exit status."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from edge_ser import errors
from tests.cli.command import (
    DEMO,
    assert_refused,
    run,
    start,
    without_privileges,
)


@pytest.mark.parametrize("name", ["missing/edge-ser.sock", "file", "folder", "x" * 120, "file/below"])
def test_unusable_socket_path(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("precious")
    (tmp_path / "folder").mkdir()
    assert_refused(run(*DEMO, "--publish", f"unix:{tmp_path / name}"), errors.SocketUnwritable, name)
    assert (tmp_path / "file").read_text() == "precious"


def test_socket_in_a_read_only_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    done = run(*DEMO, "--publish", f"unix:{tmp_path}/sock", prefix=without_privileges())
    assert_refused(done, errors.SocketUnwritable, "Permission denied")
    tmp_path.chmod(0o700)


def test_socket_in_use_is_refused_and_a_stale_one_replaced(short_path: Path) -> None:
    path = short_path / "sock"
    arguments = (*DEMO, "--publish", f"unix:{path}")
    with start(*arguments, "--realtime") as first:
        assert first.stdout is not None
        assert "listening" in first.stdout.readline()
        assert_refused(run(*arguments), errors.SocketInUse, str(path))
        with socket.socket(socket.AF_UNIX) as reader:
            reader.connect(str(path))  # the refused process has left it alone
        first.kill()
    assert path.is_socket()
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert not path.exists()


def test_same_socket_twice_is_refused(short_path: Path) -> None:
    publish = ("--publish", f"unix:{short_path}/sock")
    done = run(*DEMO, *publish, *publish)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is given twice" in done.stderr
    assert list(short_path.iterdir()) == []
