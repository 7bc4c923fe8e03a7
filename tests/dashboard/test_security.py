"""Which requests are answered: host, origin, token."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.dashboard.security import Guard, RequestFacts, Token, read_token
from edge_ser.errors import InvalidSetting
from tests.cli.command import without_privileges

SECRET = "0123456789abcdef"
OPEN = Guard(None, frozenset({"raspberrypi"}))
LOCKED = Guard(Token(SECRET), frozenset({"raspberrypi"}))
READ = RequestFacts("GET", "/state", host="localhost:8765")
PRESS = RequestFacts("POST", "/mute", host="localhost:8765", origin="http://localhost:8765")


def refused(guard: Guard, request: RequestFacts) -> int | None:
    refusal = guard.refusal(request)
    return None if refusal is None else refusal.status


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:1",
        "127.0.0.1:8765",
        "[::1]:8765",
        "192.168.1.7:8765",
        "raspberrypi:8765",
        "raspberrypi.local",
    ],
)
def test_own_names_and_addresses_are_answered(host: str) -> None:
    assert refused(OPEN, replace(READ, host=host)) is None


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "evil.example:8765", "localhost.evil.example", "127.0.0.1.evil.example", "user@localhost",
     "raspberrypi.evil.example", "user@", "localhost/evil.example", "[::1", ".local", "localhost:1.evil.example",
     "evil.example\\@localhost"],
)  # fmt: skip
def test_foreign_names_are_refused(host: str) -> None:
    assert refused(OPEN, replace(READ, host=host)) == 421
    assert refused(LOCKED, replace(READ, host=host, authorization=f"Bearer {SECRET}")) == 421


@given(st.text())
def test_any_host_is_handled(host: str) -> None:
    assert refused(OPEN, replace(READ, host=host)) in (None, 421)


@pytest.mark.parametrize(
    "origin", ["", "null", "http://evil.example", "http://localhost", "http://localhost:80", "http://127.0.0.1:8765", "ftp://localhost:8765"]
)  # fmt: skip
def test_other_sites_cannot_press_the_button(origin: str) -> None:
    assert refused(OPEN, PRESS) is None
    assert refused(OPEN, replace(PRESS, origin=origin)) == 403


def test_other_sites_may_only_link_here() -> None:
    for site in ("cross-site", "same-site"):
        assert refused(OPEN, replace(READ, site=site, mode="no-cors")) == 403
        assert refused(OPEN, replace(READ, site=site, mode="navigate")) is None
        assert refused(OPEN, replace(PRESS, site=site, mode="navigate")) == 403
    assert refused(OPEN, replace(READ, site="same-origin", mode="cors")) is None


def test_token_as_bearer_and_as_cookie() -> None:
    assert refused(LOCKED, READ) == 401
    assert refused(LOCKED, replace(READ, authorization=f"Bearer {SECRET}")) is None
    assert refused(LOCKED, replace(READ, authorization=f"bearer  {SECRET} ")) is None
    assert refused(LOCKED, replace(READ, cookie=Token(SECRET).cookie)) is None
    assert refused(LOCKED, replace(PRESS, origin="", authorization=f"Bearer {SECRET}")) is None
    assert refused(LOCKED, replace(PRESS, origin="", cookie=Token(SECRET).cookie)) == 403
    for path in ("/login", "/static/style.css"):
        assert refused(LOCKED, replace(READ, path=path)) is None


@given(st.text())
def test_nothing_else_gives_access(text: str) -> None:
    if text.strip() != SECRET:
        assert refused(LOCKED, replace(READ, authorization=f"Bearer {text}")) == 401
    assert refused(LOCKED, replace(READ, cookie=text)) == 401
    assert refused(LOCKED, replace(READ, cookie=SECRET)) == 401


def token_file(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    path = folder / "token"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_token_file(tmp_path: Path) -> None:
    assert read_token(token_file(tmp_path, f" {SECRET}\n".encode(), 0o640)).fits(SECRET)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"short", b"two words of some length", b"x" * 1_025, b"\xff" * 20, "密码密码密码密码".encode()],
)  # fmt: skip
def test_invalid_token_is_refused_and_not_revealed(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvalidSetting, match="openssl rand") as caught:
        read_token(token_file(tmp_path, content))
    if content.strip():
        assert content.decode("latin-1").strip() not in str(caught.value)


def test_world_readable_token_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="chmod 600"):
        read_token(token_file(tmp_path, SECRET.encode(), 0o644))


@pytest.mark.parametrize("path", ["none", "none/token", "."])
def test_missing_token_file(tmp_path: Path, path: str) -> None:
    with pytest.raises(InvalidSetting, match="--token-file"):
        read_token(tmp_path / path)


def test_unreadable_token_file(tmp_path: Path) -> None:
    path = token_file(tmp_path, SECRET.encode(), 0o000)
    if os.geteuid() == 0:
        os.chown(path, 12_345, 12_345)
    command = [*without_privileges(), sys.executable, "-m", "edge_ser", "dashboard", "--token-file", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 51, done.stderr
    assert "may not read it" in done.stderr
