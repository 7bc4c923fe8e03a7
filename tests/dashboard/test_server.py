"""`edge-ser dashboard` as it runs: what programs and browsers are answered, and what becomes of slow ones."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge_ser.dashboard.feed import MOST_PAGES
from edge_ser.dashboard.security import Token
from edge_ser.errors import EdgeSerError, InvalidSetting, SocketInUse
from tests.cli.command import assert_refused, run, start
from tests.dashboard.running import Dashboard, Service, dashboard, emotion, level, status, wait_until

SECRET = "correct-horse-battery"


def token_file(folder: Path) -> Path:
    path = folder / "token"
    path.write_text(SECRET + "\n")
    path.chmod(0o600)
    return path


def test_a_page_gets_all_that_is_known_and_then_what_changes(folder: Path) -> None:
    with Service(folder / "s") as service, dashboard(folder / "s") as page:
        service.readers(1)
        service.publish(status("listening", "listening to USB PnP"), emotion(1, "fear"))
        wait_until(lambda: page.state()["finished"])
        stream = page.stream()
        everything = stream.next("everything")
        assert everything["state"]["message"] == "listening to USB PnP"
        assert [event["label"] for event in everything["finished"]] == ["fear"]
        assert everything["minutes"][0]["utterances"] == 1
        service.publish(emotion(2, "anger", final=False))
        assert stream.next("heard")["label"] == "anger"
        service.publish(emotion(2, "anger"))
        assert stream.next("minute")["emotions"]["anger"] > 0
        service.publish(status("clipping", "much too loud"))
        assert stream.next("state")["fault"] == "clipping"
        service.publish(status("muted", "muted"))
        assert stream.next("state")["state"] == "muted"
        assert page.state()["current"] is None
        stream.close()


def test_twenty_pages_get_an_event_within_a_second(folder: Path) -> None:
    with Service(folder / "s") as service, dashboard(folder / "s") as page:
        service.readers(1)
        streams = [page.stream() for _ in range(20)]
        for stream in streams:
            stream.next("everything")
        begin = time.monotonic()
        service.publish(emotion(1, "sadness"))
        for stream in streams:
            assert stream.next("heard")["label"] == "sadness"
        assert time.monotonic() - begin < 1
        assert page.stop() == 143
        for stream in streams:
            stream.rest()  # it ends
            stream.close()


def test_a_page_that_takes_nothing_in_costs_the_others_nothing(folder: Path) -> None:
    with Service(folder / "s") as service, dashboard(folder / "s") as page:
        service.readers(1)
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        slow.connect(("127.0.0.1", page.port))
        slow.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        good = page.stream()
        good.next("everything")
        memory = resident(page.process.pid)
        rounds = 200
        for number in range(rounds):
            service.publish(*(status("listening", f"{number} {part} " + "x" * 2_000) for part in range(20)))
            while not good.next("state")["message"].startswith(f"{number} 19 "):
                pass
        assert resident(page.process.pid) - memory < 20_000
        begin = time.monotonic()
        assert page.stop() == 143
        assert time.monotonic() - begin < 5
        slow.close()
        good.close()


def resident(pid: int) -> int:
    """Return what a process holds in memory, kB."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0])


def test_more_pages_than_it_has_room_for_are_told(folder: Path) -> None:
    with dashboard(folder / "s") as page:
        streams = [page.stream() for _ in range(MOST_PAGES)]
        for stream in streams:
            stream.next("everything")
        late = page.stream()
        assert late.next("full") == {}
        streams.pop().close()

        def one_more_fits() -> bool:
            stream = page.stream()
            sent = stream.first()
            stream.close()
            return sent == "everything"

        wait_until(one_more_fits)
        for stream in (*streams, late):
            stream.close()


def test_it_takes_up_a_service_that_comes_goes_and_comes_again(folder: Path) -> None:
    with dashboard(folder / "s") as page:
        page.wait_for_link("no-socket")
        with Service(folder / "s") as service:
            page.wait_for_link("connected")
            service.publish(emotion(1, "fear"))
        page.wait_for_link("no-socket")
        with Service(folder / "s") as service:
            page.wait_for_link("connected")
            service.publish(emotion(1, "anger"))
            wait_until(lambda: [event["label"] for event in page.state()["finished"]] == ["anger", "fear"])


def test_levels_flow_only_while_somebody_looks_and_not_too_many(folder: Path) -> None:
    with Service(folder / "s") as service, dashboard(folder / "s") as page:
        service.readers(1)
        assert not service.wants_levels
        streams = [page.stream(), page.stream()]
        streams[1].next("everything")
        wait_until(lambda: service.wants_levels)
        streams[0].next("everything")
        begin = time.monotonic()
        for _ in range(100):  # in two seconds, or longer on a busy machine
            service.publish(level(-30.0, speech=True))
            time.sleep(0.02)
        service.publish(emotion(1, "fear"))
        got, called = [], ""
        while called != "heard":
            called = streams[0].first()
            got.append(called)
        assert 3 <= got.count("level") <= (time.monotonic() - begin) / 0.18 + 1, got
        streams[1].close()
        for _ in range(3):  # one that comes too soon after another is left out
            service.publish(level(-20.0))
            time.sleep(0.2)
        assert streams[0].next("level")["level"] == -20.0
        streams[0].close()
        wait_until(lambda: not service.wants_levels)


def press(page: Dashboard, mute: bool) -> tuple[int, str]:
    body = json.dumps({"mute": mute})
    answered, _, text = page.ask("/mute", "POST", body, Origin=page.url.rstrip("/"))
    return answered, text


def test_the_mute_button(folder: Path) -> None:
    muted = folder / "muted"
    with Service(folder / "s", muted) as service, dashboard(folder / "s") as page:
        service.readers(1)
        page.wait_for_link("connected")
        assert press(page, True)[0] == 204
        assert muted.exists()
        for body in ("", "{}", '{"mute": 1}', "[]", "\xff", "[" * 4_000, '{"mute": true}' + " " * 5_000):
            assert page.ask("/mute", "POST", body, Origin=page.url.rstrip("/"))[0] == 400
        for headers in ({}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
            assert page.ask("/mute", "POST", '{"mute": false}', **headers)[0] == 403
        assert muted.exists()
        assert press(page, False)[0] == 204
        assert not muted.exists()
        answered, text = press(page, False)  # in quiet hours, say
        assert answered == 409
        assert "quiet hours" in json.loads(text)["error"]


def test_a_mute_button_that_cannot_work_says_why(folder: Path) -> None:
    with dashboard(folder / "s") as page:
        page.wait_for_link("no-socket")
        assert press(page, True) == (409, '{"error":"the service is not there to be asked"}')
        with Service(folder / "s") as service:
            service.readers(1)
            page.wait_for_link("connected")
            answered, text = press(page, True)
            assert answered == 409
            assert "privacy.socket_switch" in text
        with Service(folder / "s", Path("/proc/edge-ser/muted")) as service:
            service.readers(1)
            page.wait_for_link("connected")
            answered, text = press(page, True)
            assert answered == 409
            assert "cannot change the mute file /proc/edge-ser/muted" in text


def test_the_button_closes_the_microphone_of_a_real_service(folder: Path) -> None:
    config = folder / "config.toml"
    config.write_text(f"microphone.wait = true\nprivacy.mute_file = '{folder}/muted'\n")
    # A machine without a microphone waits for one, and is muted all the same.
    listen = ("listen", "--config", config, "--device", "no such", "--format", "none", "--publish", f"unix:{folder}/s")
    with dashboard(folder / "s") as page, start(*listen) as listening:
        wait_until(lambda: page.state()["state"]["state"] == "no-microphone", 60)
        assert press(page, True)[0] == 204
        assert page.state()["state"]["state"] == "muted"
        assert press(page, False)[0] == 204
        wait_until(lambda: page.state()["state"]["state"] == "no-microphone")
        config.write_text(config.read_text() + "privacy.socket_switch = false\n")
        listening.send_signal(signal.SIGHUP)
        wait_until(lambda: press(page, True)[0] == 409)
        listening.terminate()


def test_every_answer_is_strict_about_what_a_browser_may_do(folder: Path) -> None:
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
        assert "not the token" in text
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
def test_a_signal_ends_it_at_once_and_quietly(folder: Path, number: signal.Signals, exit_status: int) -> None:
    with dashboard(folder / "s") as page:
        stream = page.stream()
        stream.next("everything")
        begin = time.monotonic()
        assert page.stop(number) == exit_status
        assert time.monotonic() - begin < 3
        assert page.process.stderr is not None
        assert page.process.stderr.read() == ""
        stream.close()


def test_what_is_no_http_is_dropped_without_a_word(folder: Path) -> None:
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


def test_wrong_use() -> None:
    assert_refused(run("dashboard", "--host", "no.such.host.invalid"), InvalidSetting, "--host", "127.0.0.1")
    assert_refused(run("dashboard", "--socket", "/" + "x" * 200), InvalidSetting, "107")
    assert_refused(run("dashboard", "--token-file", "/none"), InvalidSetting, "--token-file", "openssl")
    assert run("dashboard", "--port", "70000").returncode == 2
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert_refused(run("dashboard", "--port", port), SocketInUse, port, "--port")


def test_a_missing_library_is_named() -> None:
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


def test_the_demonstration_reaches_the_page(folder: Path) -> None:
    with dashboard(folder / "s") as page:
        listen = ("listen", "--input", "demo", "--realtime", "--duration", "6", "--format", "none")
        with start(*listen, "--publish", f"unix:{folder / 's'}") as listening:
            wait_until(lambda: [event["label"] for event in page.state()["finished"]] == ["neutral"], 30)
            assert listening.wait(30) == 0
        page.wait_for_link("no-socket")
