"""Takes a screenshot of the page: python -m tests.dashboard.screenshot OUT.png [en|zh [dark]].

It shows the demonstration recording in real time, so it takes half a minute.  The picture of the documentation, with
real recordings, is made by: python -m tests.pictures
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.cli.command import start
from tests.dashboard.browser import chromium
from tests.dashboard.running import dashboard, wait_until


def main(out: Path, language: str = "en", dark: bool = False, recording: str | Path = "demo", after: int = 4) -> None:
    """Write the screenshot.

    Args:
        out: File to write.
        language: Language of the browser.
        dark: Whether the browser prefers dark pages.
        recording: Recording to listen to.
        after: Number of utterances before the one during which it is taken.
    """
    with tempfile.TemporaryDirectory(prefix="edge-ser-") as short:
        folder = Path(short)
        name, publish = Path(recording).name, f"unix:{folder / 's'}"
        listen = ("listen", "--input", name, "--realtime", "--format", "none", "--publish", publish)
        with (
            dashboard(folder / "s") as page,
            chromium(folder / "profile", language, dark, size=(1_100, 1_320)) as browser,
            start(*listen, cwd=Path(recording).parent) as listening,
        ):
            browser.get(page.url)
            wait_until(lambda: len(page.state()["finished"]) == after, 60)
            wait_until(lambda: browser.find_element("id", "phase").text.startswith("1."), 60)
            browser.save_screenshot(str(out))
            listening.terminate()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3], dark="dark" in sys.argv[3:])
