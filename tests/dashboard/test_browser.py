"""The page in a real browser: speed, mute button, meter, reconnection, languages, dark mode and a phone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.dashboard.browser import chromium
from tests.dashboard.running import (
    SECRET,
    Dashboard,
    Service,
    dashboard,
    emotion,
    level,
    status,
    token_file,
    wait_until,
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


def shown(browser: Any, element: str) -> str:
    """Return the text of an element; empty while its page is loading."""
    exceptions = pytest.importorskip("selenium.common.exceptions")
    try:
        text: str = browser.find_element("id", element).text
    except (exceptions.NoSuchElementException, exceptions.StaleElementReferenceException):
        return ""
    return text


def log_in(browser: Any, token: str) -> None:
    wait_until(lambda: browser.execute_script("return document.readyState") == "complete")
    browser.find_element("id", "token").send_keys(f"{token}\n")


def complaints(browser: Any) -> list[str]:
    """Return the messages of the browser's console since the last call."""
    return [entry["message"] for entry in browser.get_log("browser")]


def open_page(browser: Any, page: Dashboard, link: str = "Connected. No speech yet.") -> None:
    complaints(browser)
    browser.get(page.url)
    wait_until(lambda: shown(browser, "state") == link)


def test_labels_appear_within_a_second(browser: Any, folder: Path) -> None:
    with Service(folder / "s") as service, dashboard(folder / "s") as page:
        page.wait_for_link("connected")
        open_page(browser, page)
        assert shown(browser, "today") == "No speech yet."
        begin = time.monotonic()
        service.publish(emotion(1, "happiness", final=False))
        wait_until(lambda: shown(browser, "label") == "happiness")
        assert time.monotonic() - begin < 1
        assert shown(browser, "phase").endswith("speaking")
        assert shown(browser, "bars").split()[:4] == ["anger", "5%", "disgust", "5%"]
        assert browser.find_elements("css selector", "#hour rect") == []
        service.publish(emotion(1, "happiness"))
        wait_until(lambda: "happiness" in shown(browser, "finished"))
        assert shown(browser, "phase").endswith("ended")
        said = browser.find_element("id", "said")
        assert said.get_attribute("aria-live") == "polite"
        assert said.get_property("textContent") == "happiness, 75%"
        assert len(browser.find_elements("css selector", "#hour rect")) == 6
        assert len(browser.find_elements("css selector", "#day rect")) == 6
        wait_until(lambda: "most likely: happiness" in browser.find_element("id", "day").get_attribute("aria-label"))
        assert "Utterances: 1," in shown(browser, "today")
        assert shown(browser, "shares").splitlines()[0].startswith("happiness")
        assert complaints(browser) == []


def test_microphone_state_and_mute_button(browser: Any, folder: Path) -> None:
    muted = folder / "muted"
    with Service(folder / "s", muted) as service, dashboard(folder / "s") as page:
        page.wait_for_link("connected")
        open_page(browser, page)
        service.publish(status("listening"), status("deaf", "exact zeros"))
        wait_until(lambda: shown(browser, "state") == "The microphone delivers no sound.")
        assert shown(browser, "detail") == "exact zeros"
        button = browser.find_element("id", "mute")
        assert button.text == "Mute"
        button.click()
        wait_until(muted.exists)
        service.publish(status("muted", "muted"))
        wait_until(lambda: button.text == "Unmute" and button.is_enabled())
        assert shown(browser, "state") == "Muted: the microphone is off."
        button.click()
        wait_until(lambda: not muted.exists())
        service.publish(status("muted", "quiet hours until 07:00"))
        wait_until(lambda: shown(browser, "detail") == "quiet hours until 07:00" and button.is_enabled())
        assert button.text == "Unmute"
        complaints(browser)
        button.click()
        wait_until(lambda: "quiet hours end by themselves" in shown(browser, "mute-remark"))
        assert all("409" in line for line in complaints(browser))
        service.publish(status("listening"))
        wait_until(lambda: button.text == "Mute" and not shown(browser, "mute-remark"))


def test_level_meter_moves_and_is_cleared(browser: Any, folder: Path) -> None:
    with Service(folder / "s") as service, dashboard(folder / "s") as page:
        page.wait_for_link("connected")
        open_page(browser, page)
        wait_until(lambda: service.wants_levels)
        meter = browser.find_element("id", "level")
        assert (meter.aria_role, meter.accessible_name) == ("meter", "Level")
        assert browser.execute_script("return arguments[0].closest('[aria-live], [role=status]')", meter) is None
        assert shown(browser, "speech") == shown(browser, "level-words") == "–"

        def speak() -> str:
            service.publish(level(-36.0, speech=True))
            return shown(browser, "level-words")

        wait_until(lambda: speak() == "-36 dBFS")
        assert shown(browser, "speech") == "yes"
        assert meter.get_attribute("aria-valuenow") == "-36"
        assert meter.get_attribute("aria-valuetext") == "-36 dBFS"
        assert width(browser) == "50%"
        wait_until(lambda: shown(browser, "level-words") == "–", 3)  # no more levels, as when muted
        assert shown(browser, "speech") == "–"
        assert meter.get_attribute("aria-valuenow") == meter.get_attribute("aria-valuemin") == "-72"
        assert width(browser) == "0px"
        assert complaints(browser) == []
        browser.get("about:blank")
        wait_until(lambda: not service.wants_levels)


def width(browser: Any) -> str:
    return str(browser.execute_script("return document.getElementById('level-fill').style.width"))


def test_reduced_motion(browser: Any, folder: Path) -> None:
    animated = "return getComputedStyle(document.getElementById('level-fill')).transitionDuration"
    with Service(folder / "s") as service, dashboard(folder / "s") as page:
        page.wait_for_link("connected")
        open_page(browser, page)
        assert browser.execute_script(animated) != "0s"
        features = [{"name": "prefers-reduced-motion", "value": "reduce"}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        try:
            assert browser.execute_script(animated) == "0s"
            script = (
                "window.widths = new Set(); new MutationObserver(() => "
                "widths.add(document.getElementById('level-fill').style.width)).observe("
                "document.getElementById('level-fill'), {attributes: true})"
            )
            browser.execute_script(script)
            begin = time.monotonic()
            while time.monotonic() - begin < 1.5:
                service.publish(level(-70.0 + 40 * (time.monotonic() - begin)))
                time.sleep(0.05)
            assert 1 <= browser.execute_script("return widths.size") <= 2
        finally:
            browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_reconnection_after_restarts(browser: Any, folder: Path) -> None:
    with dashboard(folder / "s") as page:
        open_page(browser, page, "The service is not running.")
        port = page.port
        for label in ("fear", "anger"):
            with Service(folder / "s") as service:
                page.wait_for_link("connected")
                service.publish(emotion(1, label))
                wait_until(lambda: shown(browser, "label") == label)  # noqa: B023
            wait_until(lambda: shown(browser, "state") == "The service is not running.")
        assert complaints(browser) == []
        page.process.kill()
        page.process.wait()
        wait_until(lambda: shown(browser, "state").startswith("Connection to the dashboard lost"))
        assert not browser.find_element("id", "mute").is_enabled()
    with Service(folder / "s") as service, dashboard(folder / "s", port=port) as page:
        page.wait_for_link("connected")
        wait_until(lambda: shown(browser, "state") == "Connected. No speech yet.")
        service.publish(emotion(1, "sadness"))
        wait_until(lambda: shown(browser, "label") == "sadness")


def test_speed_beside_twenty_other_pages(browser: Any, folder: Path) -> None:
    with Service(folder / "s") as service, dashboard(folder / "s") as page, ExitStack() as stack:
        page.wait_for_link("connected")
        for _ in range(20):
            stack.callback(page.stream().close)
        open_page(browser, page)
        begin = time.monotonic()
        service.publish(emotion(1, "disgust"))
        wait_until(lambda: shown(browser, "label") == "disgust")
        assert time.monotonic() - begin < 1


def test_language_is_remembered(browser: Any, folder: Path) -> None:
    with Service(folder / "s") as service, dashboard(folder / "s") as page:
        page.wait_for_link("connected")
        open_page(browser, page)
        browser.find_element("id", "language").click()
        wait_until(lambda: shown(browser, "state") == "已连接，还没有人说话。")
        service.publish(emotion(1, "happiness"))
        wait_until(lambda: shown(browser, "label") == "高兴")
        open_page(browser, page, "正在收听。")
        browser.find_element("id", "language").click()
        wait_until(lambda: shown(browser, "label") == "happiness")
        assert complaints(browser) == []


def test_token_gives_access(browser: Any, folder: Path) -> None:
    with dashboard(folder / "s", "--host", "0.0.0.0", "--token-file", token_file(folder)) as page:
        complaints(browser)
        browser.get(f"http://127.0.0.1:{page.port}/")
        assert browser.current_url.endswith("/login")
        log_in(browser, "wrong")
        wait_until(lambda: shown(browser, "wrong") == "Wrong token.")
        log_in(browser, SECRET)
        wait_until(lambda: shown(browser, "state") == "The service is not running.")
        assert SECRET not in browser.current_url
        assert [line for line in complaints(browser) if "401" not in line] == []
        browser.delete_all_cookies()


def test_english_fits_a_phone(browser: Any, folder: Path) -> None:
    phone = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    with Service(folder / "s") as service, dashboard(folder / "s") as page:
        page.wait_for_link("connected")
        open_page(browser, page)
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
        try:
            service.publish(emotion(1, "happiness"), emotion(2, "uncertain"))
            wait_until(lambda: "uncertain" in shown(browser, "finished"))
            assert browser.execute_script("return document.documentElement.scrollWidth") <= 360
        finally:
            browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_chinese_phone_in_dark_mode(folder: Path) -> None:
    with (
        Service(folder / "s") as service,
        dashboard(folder / "s") as page,
        chromium(folder / "profile", language="zh-CN", dark=True, size=(360, 740)) as phone,
    ):
        page.wait_for_link("connected")
        open_page(phone, page, "已连接，还没有人说话。")
        service.publish(emotion(1, "uncertain"))
        wait_until(lambda: shown(phone, "label") == "不确定")
        assert phone.execute_script("return document.documentElement.scrollWidth") <= 360
        colour = "return getComputedStyle(document.body).backgroundColor"
        assert phone.execute_script(colour) == "rgb(20, 24, 27)"
        assert phone.find_element("id", "mute").size["height"] >= 44  # large enough for a thumb
        assert complaints(phone) == []
