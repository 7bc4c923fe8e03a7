"""`edge-ser dashboard` as a server: headers, languages, tokens, signals, invalid requests and options."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge_ser.dashboard.security import Token
from edge_ser.errors import EdgeSerError, InvalidSetting, SocketInUse
from tests.cli.command import assert_refused, run
from tests.dashboard.running import SECRET, dashboard, token_file


def test_every_answer_restricts_the_browser(folder: Path) -> None:
    with dashboard(folder / "s") as page:
        for path, cache in (
            ("/", "no-store"),
            ("/state", "no-store"),
            ("/static/script.js", "no-cache"),
            ("/login", "no-store"),
        ):
            answered, headers, _ = page.ask(path)
            assert answered == 200
            assert headers["Cache-Control"] == cache
            policy = headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'")
            assert "unsafe" not in policy
            assert headers["X-Content-Type-Options"] == "nosniff"
        for path, method, status_ in (
            ("/nothing", "GET", 404),
            ("/static/../app.py", "GET", 404),
            ("/", "DELETE", 403),
        ):
            answered, headers, _ = page.ask(path, method)
            assert answered == status_
            assert headers["X-Frame-Options"] == "DENY"
        tag = page.ask("/static/style.css")[1]["ETag"]
        assert page.ask("/static/style.css", If_None_Match=tag)[0] == 304
        assert page.ask("/", Host="evil.example")[0] == 421
        assert page.ask("/state", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="cors")[0] == 403


def test_languages(folder: Path) -> None:
    with dashboard(folder / "s") as page:
        assert '<html lang="en">' in page.ask("/")[2]
        assert '<html lang="zh">' in page.ask("/", Accept_Language="zh-CN,zh;q=0.9")[2]
        _, headers, text = page.ask("/?lang=zh")
        assert '<html lang="zh">' in text
        cookie = headers["Set-Cookie"].split(";")[0]
        assert '<html lang="zh">' in page.ask("/", Cookie=cookie, Accept_Language="en")[2]


def test_other_addresses_need_a_token(folder: Path) -> None:
    for host in ("0.0.0.0", "::", ""):
        done = run("dashboard", "--host", host, "--port", "0")
        assert_refused(done, InvalidSetting, "--host")
    path = token_file(folder)
    with dashboard(folder / "s", "--host", "0.0.0.0", "--token-file", path) as page:
        answered, headers, _ = page.ask("/")
        assert (answered, headers["Location"]) == (303, "login")
        assert page.ask("/state")[0] == 401
        assert page.ask("/events")[0] == 401
        own = {"Origin": f"http://127.0.0.1:{page.port}"}
        assert page.ask("/mute", "POST", '{"mute": true}', **own)[0] == 401
        assert "finished" in page.state(Authorization=f"Bearer {SECRET}")
        assert page.ask("/state", Authorization="Bearer wrong")[0] == 401

        answered, headers, text = page.ask("/login", "POST", "token=wrong", **own)
        assert (answered, headers["Set-Cookie"]) == (401, None)
        assert "Wrong token." in text
        assert page.ask("/login", "POST", f"token={SECRET}")[0] == 403  # from nowhere
        for body in ("", "token=%ff", "&" * 100, "token=" + "x" * 10_000):
            assert page.ask("/login", "POST", body, **own)[0] == 401
        answered, headers, _ = page.ask("/login", "POST", f"token={SECRET}", **own)
        assert (answered, headers["Location"]) == (303, ".")
        cookie = headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert SECRET not in cookie
        assert "finished" in page.state(Cookie=cookie.split(";")[0])
        assert cookie.startswith(f"edge-ser={Token(SECRET).cookie};")
        assert page.stop() == 143
        assert page.process.stderr is not None
        assert page.process.stdout is not None
        assert page.process.stderr.read() + page.process.stdout.read() == ""


@pytest.mark.parametrize(("number", "exit_status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_stops_it_quickly_and_silently(folder: Path, number: signal.Signals, exit_status: int) -> None:
    with dashboard(folder / "s") as page:
        stream = page.stream()
        stream.next("everything")
        begin = time.monotonic()
        assert page.stop(number) == exit_status
        assert time.monotonic() - begin < 3
        assert page.process.stderr is not None
        assert page.process.stderr.read() == ""
        stream.close()


def test_invalid_http_is_dropped_silently(folder: Path) -> None:
    with dashboard(folder / "s") as page:
        cut_off = b"POST /mute HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nContent-Length: 99\r\n\r\n{"
        for rubbish in (cut_off, b"\x16\x03\x01 tls", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"x" * 200_000):
            with socket.create_connection(("127.0.0.1", page.port), timeout=10) as connection:
                try:
                    connection.sendall(rubbish)
                    connection.shutdown(socket.SHUT_WR)
                    assert b" 200 " not in connection.recv(1_000)
                except OSError:
                    pass
        assert page.ask("/state")[0] == 200
        page.stop()
        assert page.process.stderr is not None
        assert page.process.stderr.read() == ""


def test_invalid_options() -> None:
    assert_refused(run("dashboard", "--host", "no.such.host.invalid"), InvalidSetting, "--host", "127.0.0.1")
    assert_refused(run("dashboard", "--socket", "/" + "x" * 200), InvalidSetting, "107")
    assert_refused(run("dashboard", "--token-file", "/none"), InvalidSetting, "--token-file", "openssl")
    assert run("dashboard", "--port", "70000").returncode == 2
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert_refused(run("dashboard", "--port", port), SocketInUse, port, "--port")


def test_missing_library_is_named() -> None:
    script = (
        "import sys; sys.modules['starlette.applications'] = None; sys.argv = ['edge-ser', 'dashboard', '--port', '0'];"
        "from edge_ser.cli.main import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert_refused(done, EdgeSerError, "starlette", "pip install 'edge-ser[dashboard]'")


@pytest.mark.parametrize("arguments", [["--help"], ["dashboard", "--help"], ["watch", "--help"], ["listen", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    script = (
        "import sys; from edge_ser.cli.main import run; run(sys.argv[1:]);"
        "heavy = {'starlette', 'uvicorn', 'asyncio', 'anyio', 'numpy', 'http'};"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == "[]\n"
