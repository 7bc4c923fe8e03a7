"""The mute button of the dashboard: it mutes the service, or explains why it cannot."""

from __future__ import annotations

import json
import signal
from pathlib import Path

from tests.cli.command import start
from tests.dashboard.running import Dashboard, Service, dashboard, wait_until


def press(page: Dashboard, mute: bool) -> tuple[int, str]:
    body = json.dumps({"mute": mute})
    answered, _, text = page.ask("/mute", "POST", body, Origin=page.url.rstrip("/"))
    return answered, text


def test_mute_and_unmute(folder: Path) -> None:
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


def test_failure_is_explained(folder: Path) -> None:
    with dashboard(folder / "s") as page:
        page.wait_for_link("no-socket")
        assert press(page, True) == (409, '{"error":"there is no connection to the service"}')
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


def test_real_service(folder: Path) -> None:
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
