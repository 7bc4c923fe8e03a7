"""Makes the README's picture of the page: PYTHON -m tests.dashboard.screenshot OUT.png [en|zh [dark]].

It shows the demonstration recording, played at its own speed, so it takes half a minute.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.cli.command import start
from tests.dashboard.browser import chromium
from tests.dashboard.running import dashboard, wait_until

UTTERANCES = 4
"""Of the demonstration; the picture is taken while somebody speaks the next."""


def main(out: Path, language: str = "en", dark: bool = False) -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory(prefix="edge-ser-") as name:
        folder = Path(name)
        listen = ("listen", "--input", "demo", "--realtime", "--format", "none", "--publish", f"unix:{folder / 's'}")
        with (
            dashboard(folder / "s") as page,
            chromium(folder / "profile", language, dark, size=(1_100, 1_320)) as browser,
            start(*listen) as listening,
        ):
            browser.get(page.url)
            wait_until(lambda: len(page.state()["finished"]) == UTTERANCES, 60)
            wait_until(lambda: browser.find_element("id", "phase").text.startswith("1."), 60)
            browser.save_screenshot(str(out))
            listening.terminate()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3], dark="dark" in sys.argv[3:])
